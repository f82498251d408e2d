"""Days and months as they are kept: `2026-10-31` and `2026-10`, in the hub's time zone. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hub.errors import RequestRefused

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_MONTH = re.compile(r"2\d{3}-(0[1-9]|1[0-2])")
_DECEMBER = 12


def day_of(at: datetime, zone: ZoneInfo) -> str:
    """The day of a time."""
    return at.astimezone(zone).date().isoformat()


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month of a time."""
    return day_of(at, zone)[:7]


def next_month(month: str) -> str:
    """The month after."""
    year, number = map(int, month.split("-"))
    return f"{year + 1:04}-01" if number == _DECEMBER else f"{year:04}-{number + 1:02}"


def previous_month(month: str) -> str:
    """The month before."""
    year, number = map(int, month.split("-"))
    return f"{year - 1:04}-12" if number == 1 else f"{year:04}-{number - 1:02}"


def past_month(month: str, now: datetime, zone: ZoneInfo) -> str:
    """The month, if it is over; raises RequestRefused."""
    if not _MONTH.fullmatch(month):
        raise RequestRefused.because("month", "month_form", f"{month!r} is no month; write 2026-10.")
    if month >= month_of(now, zone):
        raise RequestRefused.because("month", "month_not_over", "This month is not over; a statement is of a past one.")
    return month
