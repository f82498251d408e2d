from __future__ import annotations

from datetime import date

import pytest

from hub.compliance.calendars import days_off, is_known, parse_day, subdivisions
from hub.compliance.model import HolidayCalendar


@pytest.mark.parametrize(
    ("subdiv", "day"),
    [
        ("57", date(2026, 4, 3)),
        ("57", date(2026, 12, 26)),
        ("6AE", date(2026, 12, 26)),
        ("971", date(2026, 5, 27)),
        ("972", date(2026, 5, 22)),
        ("973", date(2026, 6, 10)),
        ("974", date(2026, 12, 20)),
        ("976", date(2026, 4, 27)),
        ("BL", date(2026, 10, 9)),
        ("MF", date(2026, 5, 28)),
        ("NC", date(2026, 9, 24)),
        ("PF", date(2026, 3, 5)),
        ("WF", date(2026, 7, 29)),
    ],
)
def test_a_part_of_france_has_holidays_of_its_own(subdiv: str, day: date) -> None:
    """Local days are off there, and working days elsewhere."""
    assert day in days_off(HolidayCalendar("FR", subdiv), day.year)
    assert day not in days_off(HolidayCalendar("FR"), day.year)


def test_metropolitan_france_has_eleven_days() -> None:
    """The Labour Code's list."""
    assert len(days_off(HolidayCalendar("FR"), 2026)) == 11


def test_days_are_added_every_year_or_once() -> None:
    """`12-24` is yearly, `2026-12-31` is not."""
    calendar = HolidayCalendar("FR", add=("12-24", "2026-12-31"))
    assert {date(2026, 12, 24), date(2026, 12, 31)} <= days_off(calendar, 2026)
    assert date(2027, 12, 24) in days_off(calendar, 2027)
    assert date(2027, 12, 31) not in days_off(calendar, 2027)


def test_days_are_removed() -> None:
    """A removed holiday is a working day."""
    assert date(2026, 5, 8) not in days_off(HolidayCalendar("FR", remove=("05-08",)), 2026)


def test_the_29th_of_february_is_off_when_there_is_one() -> None:
    """An added 02-29 is left out in other years."""
    calendar = HolidayCalendar("FR", add=("02-29",))
    assert date(2028, 2, 29) in days_off(calendar, 2028)
    assert len(days_off(calendar, 2026)) == 11


@pytest.mark.parametrize("calendar", [HolidayCalendar("QQ"), HolidayCalendar("FR", "99")])
def test_an_unknown_calendar_never_means_no_holidays(calendar: HolidayCalendar) -> None:
    """It raises, so that the rule fails closed."""
    with pytest.raises(ValueError, match="no holiday calendar"):
        days_off(calendar, 2026)


@pytest.mark.parametrize(
    ("country", "subdiv", "known"),
    [("FR", None, True), ("FR", "57", True), ("FR", "99", False), ("QQ", None, False), ("CH", "TI", True)],
)
def test_known_calendars_are_told_from_unknown_ones(country: str, subdiv: str | None, known: bool) -> None:  # noqa: FBT001 - a table's column
    """Countries, and parts of them."""
    assert is_known(country, subdiv) is known


def test_a_country_without_parts_has_no_subdivisions() -> None:
    """Luxembourg is one, Switzerland has cantons."""
    assert subdivisions("LU") == ()
    assert "GE" in subdivisions("CH")


@pytest.mark.parametrize("text", ["1-1", "13-01", "2026-02-30", "20261224", "", "12-2x"])
def test_only_real_days_are_days(text: str) -> None:
    """MM-DD or YYYY-MM-DD, and on the calendar."""
    with pytest.raises(ValueError, match=r"MM-DD|Invalid|must be in|out of range"):
        parse_day(text)
