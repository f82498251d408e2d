"""Read a moment as people write it, such as the time at which a campaign is to leave."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.compliance.window import local_to_utc
from hub.config.words import shown
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_FAR_YEAR = 5000
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_moment(text: str, zone: ZoneInfo, field: str = "send_at") -> datetime:
    """The moment (UTC) that an ISO 8601 date and time means; one without an offset is of `zone`.

    Of a time that the autumn change repeats the first is meant. Raises RequestRefused: `schedule_form`;
    `schedule_gap` for a time that the spring change skips; `schedule_past` and `schedule_too_far` for years at
    the edge of the calendar (nearer ones are the engine's to judge). A fault names `field`.
    """
    moment = _parse(text, field)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else _from_wall_clock(moment, zone, field)
    except OverflowError:
        code = "schedule_too_far" if moment.year > _FAR_YEAR else "schedule_past"
        raise _refused(
            field, code, f"{shown(text)} is at the edge of the calendar; write a time of this year."
        ) from None


def _parse(text: str, field: str) -> datetime:
    if _FORM.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper())
        except ValueError:
            raise _refused(field, "schedule_form", f"{shown(text)} is no day and time of the calendar.") from None
    message = f"{shown(text)} is no date and time; write it as in 2027-01-04T09:30 or 2027-01-04T09:30:00+01:00."
    raise _refused(field, "schedule_form", message)


def _from_wall_clock(naive: datetime, zone: ZoneInfo, field: str) -> datetime:
    moment = local_to_utc(naive, zone.key)
    shows = moment.astimezone(zone).replace(tzinfo=None)
    if shows != naive:
        message = (
            f"{naive.isoformat(' ')} does not exist in {zone.key}: the clocks go forward over it. "
            f"Write {shows.isoformat('T')}, or give the offset."
        )
        raise _refused(field, "schedule_gap", message)
    return moment


def read_edge(field: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    """The same of a filter called `field`, where a day alone is its first moment; None where there is none."""
    if text is None:
        return None
    return read_moment(f"{text}T00:00" if _DAY.fullmatch(text) else text, zone, field)


def _refused(field: str, code: str, message: str) -> RequestRefused:
    return RequestRefused.because(field, code, message)
