"""Times as SMSFactor writes them: `yyyy-MM-dd HH:mm:ss`, in Paris."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.plugin_kit import local_to_utc
from hub_smsfactor_api.statuses import Refused, Status

ZONE = "Europe/Paris"
PARIS = ZoneInfo(ZONE)
_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d))?(?:\.\d+)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


def written(at: datetime) -> str:
    """A time as it is answered."""
    return f"{at.astimezone(PARIS):%Y-%m-%d %H:%M:%S}"


def written_or_none(at: datetime | None) -> str | None:
    """A time as it is answered, where there is one."""
    return None if at is None else written(at)


def with_offset(at: datetime) -> str:
    """A time as webhooks are told it: to the second, with the offset of Paris."""
    return at.astimezone(PARIS).replace(microsecond=0).isoformat()


def read_time(said: str, name: str, status: Status = Status.DATA) -> datetime:
    """The moment that a time in Paris means, or one with its own offset; of a day alone its first one.

    Raises Refused for what is none.
    """
    refused = Refused(status, f"{name} is to be a time as in 2027-01-04 09:30:00.")
    found = _FORM.fullmatch(said.strip())
    if found is None:
        raise refused
    try:
        said_at = datetime.fromisoformat(f"{found[1]} {found[2] or '00:00'}:{found[3] or '00'}{found[4] or ''}")
        moment = said_at if found[4] else local_to_utc(said_at, ZONE)
        return moment.astimezone(PARIS)
    except (ValueError, OverflowError):
        raise refused from None


def read_day(said: str, name: str) -> date:
    """The day of a time in Paris."""
    return read_time(said, name).astimezone(PARIS).date()
