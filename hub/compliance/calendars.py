"""Which days are public holidays: the `holidays` library, with the days a row adds and removes."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from holidays import country_holidays, list_supported_countries

if TYPE_CHECKING:
    from hub.compliance.model import HolidayCalendar

LEAP_YEAR = 2024
"""Any year that has all 366 days."""


@lru_cache(maxsize=1024)
def days_off(calendar: HolidayCalendar, year: int) -> frozenset[date]:
    """Every public holiday of `year`, after additions and removals.

    Raises `ValueError` where the library knows no such country or subdivision: a rule that cannot tell
    must not say "open".
    """
    if not is_known(calendar.country, calendar.subdiv):
        raise ValueError(f"There is no holiday calendar {calendar.country} {calendar.subdiv or ''}".rstrip())
    public = frozenset(country_holidays(calendar.country, subdiv=calendar.subdiv, years=year))
    return (public | _dates(calendar.add, year)) - _dates(calendar.remove, year)


@lru_cache(maxsize=1024)
def is_known(country: str, subdiv: str | None = None) -> bool:
    """Whether the library has this country, and this part of it (codes and names such as `57`, `Moselle`)."""
    try:
        country_holidays(country, subdiv=subdiv)
    except NotImplementedError:
        return False
    return True


def subdivisions(country: str) -> tuple[str, ...]:
    """The parts of a country that have a calendar of their own."""
    return tuple(list_supported_countries(include_aliases=False).get(country, ()))


def parse_day(text: str, year: int = LEAP_YEAR) -> date:
    """The date that `MM-DD` means in `year`, or `YYYY-MM-DD` in its own; `ValueError` otherwise."""
    full = f"{year:04}-{text}" if len(text) == len("MM-DD") else text
    if len(full) != len("YYYY-MM-DD"):
        raise ValueError(f"{text!r} is neither MM-DD nor YYYY-MM-DD")
    return date.fromisoformat(full)


def _dates(days: tuple[str, ...], year: int) -> frozenset[date]:
    found = set()
    for day in days:
        try:
            found.add(parse_day(day, year))
        except ValueError:  # 02-29, in most years
            continue
    return frozenset(found)
