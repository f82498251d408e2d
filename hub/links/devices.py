"""What a browser says of itself and of the device it runs on, read by ua-parser."""

from __future__ import annotations

from functools import lru_cache

from ua_parser import parse

from hub.links.model import Device
from hub.store.storable import storable

LONGEST_AGENT = 400
"""Characters of a User-Agent that are read: what comes after them says nothing of the device."""
LONGEST_NAME = 64
_NO_DEVICE = frozenset({"Spider", "Generic", "Generic_Android"})
"""What the library says where it knows no brand."""


@lru_cache(maxsize=2000)
def device_of(agent: str) -> Device:
    """The device of a User-Agent."""
    found = parse(agent[:LONGEST_AGENT])
    device, system, browser = found.device, found.os, found.user_agent
    has_brand = device is not None and device.brand not in _NO_DEVICE
    return Device(
        brand=_name(device.brand) if device and has_brand else None,
        model=_name(device.model) if device and has_brand else None,
        system=_name(" ".join(filter(None, (system.family, system.major)))) if system else None,
        browser=_name(browser.family) if browser else None,
    )


def _name(said: str | None) -> str | None:
    return storable(said, LONGEST_NAME) if said else None
