from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.errors import RequestRefused
from hub.web.schedule import read_moment

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-04T09:30", datetime(2027, 1, 4, 8, 30, tzinfo=UTC)),
        ("2027-01-04 09:30:15", datetime(2027, 1, 4, 8, 30, 15, tzinfo=UTC)),
        ("2027-07-04T09:30", datetime(2027, 7, 4, 7, 30, tzinfo=UTC)),
        ("2027-01-04T09:30:00Z", datetime(2027, 1, 4, 9, 30, tzinfo=UTC)),
        ("2027-01-04t09:30:00z", datetime(2027, 1, 4, 9, 30, tzinfo=UTC)),
        ("2027-01-04T09:30:00.250+05:30", datetime(2027, 1, 4, 4, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_of_the_hubs_zone(text: str, moment: datetime) -> None:
    """And of one that comes twice, the first is meant."""
    assert read_moment(text, PARIS) == moment


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "schedule_form"),
        ("tomorrow", "schedule_form"),
        ("2027-01-04", "schedule_form"),
        ("04/01/2027 09:30", "schedule_form"),
        ("2027-02-30T09:30", "schedule_form"),
        ("2027-01-04T25:00", "schedule_form"),
        ("2027-01-04T09:30+99:00", "schedule_form"),
        ("2027-01-04T09:30 Europe/Paris", "schedule_form"),
        ("٢٠٢٧-01-04T09:30", "schedule_form"),
        ("2027-03-28T02:30", "schedule_gap"),
        ("9999-12-31T23:59:59-12:00", "schedule_too_far"),
        ("0001-01-01T00:00", "schedule_past"),
    ],
)
def test_what_is_no_time_is_refused_with_its_reason(text: str, code: str) -> None:
    """Each code is about the schedule."""
    with pytest.raises(RequestRefused) as refused:
        read_moment(text, PARIS)
    assert (refused.value.code, refused.value.faults[0].field) == (code, "send_at")


def test_a_time_that_the_clocks_skip_names_its_zone_and_the_next_one() -> None:
    """Who plans half past two on that night reads what to write instead."""
    with pytest.raises(RequestRefused, match=r"does not exist in Europe/Paris.*2027-03-28T03:30"):
        read_moment("2027-03-28T02:30", PARIS)
