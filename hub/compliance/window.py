"""When marketing may leave: half-open hours in the recipient's own time, on working days.

Opening and closing are always computed from a local date and a local time, never by adding 24 hours: the
day on which the clocks change has 23 or 25. Where several zones are possible all of them must be open,
and where none is known none is. The window speaks of hours only: `marketing.enabled` is another rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hub.compliance.calendars import days_off

if TYPE_CHECKING:
    from collections.abc import Collection

    from hub.compliance.model import CountryPolicy, HolidayCalendar, MarketingRule

SEARCH_DAYS = 370
NO_MARGIN = timedelta(0)


def is_open(
    policy: CountryPolicy,
    at: datetime,
    *,
    subdivision: str | None = None,
    zones: Collection[str] | None = None,
    close_margin: timedelta = NO_MARGIN,
) -> bool:
    """Whether marketing may leave at `at` (aware).

    `subdivision` replaces the row's own part of the holiday calendar; `zones` replaces its zones (for rows
    whose zone is read from the number). Nothing leaves during the `close_margin` before closing time.
    Raises `ValueError` for a naive time, or a subdivision that has no calendar.
    """
    moment = _utc(at)
    hours = _Hours.of(policy, subdivision, close_margin)
    candidates = _candidates(policy, zones)
    return bool(candidates) and all(hours.are_on(moment, zone) for zone in candidates)


def next_opening(
    policy: CountryPolicy,
    at: datetime,
    *,
    subdivision: str | None = None,
    zones: Collection[str] | None = None,
    close_margin: timedelta = NO_MARGIN,
) -> datetime | None:
    """The first moment from `at` on (UTC; `at` itself when open) at which marketing may leave.

    None where there is none within 370 days, or no zone is known. Arguments and errors as for `is_open`.
    """
    moment = _utc(at)
    last = moment + timedelta(days=SEARCH_DAYS)
    hours = _Hours.of(policy, subdivision, close_margin)
    candidates = _candidates(policy, zones)
    while candidates and moment <= last:
        openings = [hours.next_on(moment, zone) for zone in candidates]
        known = [opening for opening in openings if opening is not None]
        if len(known) < len(openings):
            return None
        if max(known) == moment:
            return moment
        moment = max(known)
    return None


def local_to_utc(naive: datetime, zone: str) -> datetime:
    """The instant that a wall clock in `zone` means by `naive`.

    A time that the spring change skips goes forward by the gap (02:30 becomes 03:30); one that the autumn
    change repeats is the first of the two (both: PEP 495, `fold=0`).
    """
    return naive.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether the time zone database has a zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name at all; a folder such as "Europe"
        return False
    return True


def calendar_of(policy: CountryPolicy, subdivision: str | None) -> HolidayCalendar:
    """The policy's holiday calendar, for one part of the country where one is named."""
    return replace(policy.holidays, subdiv=subdivision) if subdivision else policy.holidays


@dataclass(frozen=True, slots=True)
class _Hours:
    rule: MarketingRule
    calendar: HolidayCalendar
    margin: timedelta

    @classmethod
    def of(cls, policy: CountryPolicy, subdivision: str | None, margin: timedelta) -> _Hours:
        return cls(policy.marketing, calendar_of(policy, subdivision), margin)

    def are_on(self, moment: datetime, zone: str) -> bool:
        today = moment.astimezone(ZoneInfo(zone)).date()
        if not self._works(today):
            return False
        opens, closes = self._interval(today, zone)
        return opens <= moment < closes

    def next_on(self, moment: datetime, zone: str) -> datetime | None:
        today = moment.astimezone(ZoneInfo(zone)).date()
        for ahead in range(SEARCH_DAYS + 1):
            day = today + timedelta(days=ahead)
            if not self._works(day):
                continue
            opens, closes = self._interval(day, zone)
            if opens < closes and moment < closes:
                return max(moment, opens)
        return None

    def _works(self, day: date) -> bool:
        if day.isoweekday() not in self.rule.days:
            return False
        return not (self.rule.closed_on_holidays and day in days_off(self.calendar, day.year))

    def _interval(self, day: date, zone: str) -> tuple[datetime, datetime]:
        opens = local_to_utc(datetime.combine(day, self.rule.start), zone)
        closes = local_to_utc(datetime.combine(day, self.rule.end), zone)
        return opens, closes - self.margin


def _candidates(policy: CountryPolicy, zones: Collection[str] | None) -> tuple[str, ...]:
    candidates = tuple(policy.timezones if zones is None else zones)
    return candidates if all(map(is_zone, candidates)) else ()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a sending window is asked about an instant: give an aware datetime")
    return at.astimezone(UTC)
