"""The time zones a number may be in, for countries that have several."""

from __future__ import annotations

from functools import lru_cache

from phonenumbers import parse
from phonenumbers.timezone import time_zones_for_number

_UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=4096)
def zones_of(e164: str) -> tuple[str, ...]:
    """IANA names of every zone the number's range covers; empty when none is known."""
    return tuple(zone for zone in time_zones_for_number(parse(e164)) if zone != _UNKNOWN)
