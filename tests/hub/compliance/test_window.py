from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.compliance.model import HolidayCalendar
from hub.compliance.policies import load_policies
from hub.compliance.window import is_open, is_zone, local_to_utc, next_opening

if TYPE_CHECKING:
    from hub.compliance.model import CountryPolicy
    from hub.compliance.policies import PolicyBook

MARGIN = timedelta(minutes=5)


def utc(text: str) -> datetime:
    """An instant, from its ISO form without offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def with_rule(policy: CountryPolicy, **words: Any) -> CountryPolicy:
    """The policy with another window."""
    return replace(policy, marketing=replace(policy.marketing, **words))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-23T06:59:59.999999", False),
        ("2026-11-23T07:00:00", True),
        ("2026-11-23T18:59:59.999999", True),
        ("2026-11-23T19:00:00", False),
        ("2026-11-22T12:00:00", False),
        ("2026-12-25T12:00:00", False),
    ],
)
def test_the_window_is_half_open_on_working_days(book: PolicyBook, at: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Paris, 08:00 included, 20:00 excluded, neither Sunday nor Christmas."""
    assert is_open(book.countries["FR"], utc(at)) is expected


def test_the_close_margin_ends_the_day_early(book: PolicyBook) -> None:
    """Five minutes before 20:00 nothing leaves any more, and it waits for the next day."""
    policy = book.countries["FR"]
    last, late = utc("2026-11-23T18:54:59"), utc("2026-11-23T18:55:00")
    assert is_open(policy, last, close_margin=MARGIN)
    assert not is_open(policy, late, close_margin=MARGIN)
    assert next_opening(policy, late, close_margin=MARGIN) == utc("2026-11-24T07:00:00")


def test_a_margin_longer_than_the_day_never_opens(book: PolicyBook) -> None:
    """There is no opening to find."""
    assert next_opening(book.countries["FR"], utc("2026-11-23T12:00:00"), close_margin=timedelta(hours=13)) is None


@pytest.mark.parametrize(
    ("at", "opening"),
    [
        ("2026-11-23T07:30:00", "2026-11-23T09:00:00"),
        ("2026-11-23T08:30:00", "2026-11-23T09:00:00"),
        ("2026-11-23T12:00:00", "2026-11-23T12:00:00"),
        ("2026-11-23T19:30:00", "2026-11-24T09:00:00"),
    ],
)
def test_a_spanish_number_waits_for_the_canaries_too(book: PolicyBook, at: str, opening: str) -> None:
    """Madrid opens at 08:00Z and closes at 19:00Z, the Canaries an hour later each."""
    assert next_opening(book.countries["ES"], utc(at)) == utc(opening)


def test_a_known_zone_stands_for_the_row_s_own(book: PolicyBook) -> None:
    """A list of people in Madrid need not wait for the Canaries."""
    assert is_open(book.countries["ES"], utc("2026-11-23T08:30:00"), zones=["Europe/Madrid"])


@pytest.mark.parametrize("zones", [None, [], ["Etc/Unknown"], ["America/New_York", "Etc/Unknown"]])
def test_without_a_known_zone_it_is_closed(book: PolicyBook, zones: list[str] | None) -> None:
    """A number whose zone is not known is never texted at a guess."""
    policy = book.countries["US"]
    assert not is_open(policy, utc("2026-11-23T17:00:00"), zones=zones)
    assert next_opening(policy, utc("2026-11-23T17:00:00"), zones=zones) is None


def test_every_zone_of_a_number_must_be_open(book: PolicyBook) -> None:
    """09:00 in Los Angeles is the first moment at which New York and Los Angeles are both open."""
    zones = ["America/New_York", "America/Los_Angeles"]
    assert next_opening(book.countries["US"], utc("2026-11-23T15:00:00"), zones=zones) == utc("2026-11-23T17:00:00")


def test_zones_that_are_never_open_together_never_open(book: PolicyBook) -> None:
    """Noon to one in Paris is midnight in Tahiti; the search ends."""
    policy = with_rule(book.countries["FR"], start=time(12), end=time(13))
    assert next_opening(policy, utc("2026-11-23T12:00:00"), zones=["Europe/Paris", "Pacific/Tahiti"]) is None


def test_a_subdivision_brings_its_holidays(book: PolicyBook) -> None:
    """Good Friday is off in Moselle only."""
    at = utc("2026-04-03T10:00:00")
    assert is_open(book.countries["FR"], at)
    assert not is_open(book.countries["FR"], at, subdivision="57")


def test_an_unknown_subdivision_is_never_open(book: PolicyBook) -> None:
    """The rule raises, and the message is held."""
    with pytest.raises(ValueError, match="no holiday calendar"):
        is_open(book.countries["FR"], utc("2026-11-23T12:00:00"), subdivision="99")


def test_added_and_removed_days_count(book: PolicyBook) -> None:
    """A row may close on 24 December and open on 8 May."""
    policy = replace(book.countries["FR"], holidays=HolidayCalendar("FR", add=("12-24",), remove=("05-08",)))
    assert not is_open(policy, utc("2026-12-24T12:00:00"))
    assert is_open(policy, utc("2026-05-08T12:00:00"))


@pytest.mark.parametrize("question", [is_open, next_opening])
def test_a_naive_time_is_no_instant(book: PolicyBook, question: Any) -> None:
    """The machine's own zone must never decide."""
    with pytest.raises(ValueError, match="aware"):
        question(book.countries["FR"], datetime(2026, 11, 23, 12))  # noqa: DTZ001 - naive on purpose


@pytest.mark.parametrize(
    ("at", "opening"),
    [("2026-03-28T19:30:00", "2026-03-30T06:00:00"), ("2026-10-24T18:30:00", "2026-10-26T07:00:00")],
)
def test_an_opening_after_a_clock_change_is_at_eight_local_time(book: PolicyBook, at: str, opening: str) -> None:
    """The weekend has 47 or 49 hours; Monday opens at 08:00 all the same."""
    assert next_opening(book.countries["FR"], utc(at)) == utc(opening)


def test_a_window_inside_the_skipped_hour_does_not_open_that_day(book: PolicyBook) -> None:
    """02:00 to 03:00 does not exist on 29 March 2026."""
    policy = with_rule(book.countries["FR"], start=time(2), end=time(3), days=frozenset(range(1, 8)))
    assert next_opening(policy, utc("2026-03-28T12:00:00")) == utc("2026-03-30T00:00:00")


def test_a_window_that_ends_in_the_doubled_hour_ends_at_the_first(book: PolicyBook) -> None:
    """On 25 October 2026 02:30 comes twice; the window closes once."""
    policy = with_rule(
        book.countries["FR"], start=time(1), end=time(2, 30), days=frozenset(range(1, 8)), closed_on_holidays=False
    )
    assert is_open(policy, utc("2026-10-25T00:29:59"))
    assert not is_open(policy, utc("2026-10-25T01:10:00"))


def test_a_window_without_days_never_opens(book: PolicyBook) -> None:
    """The search is bounded."""
    assert next_opening(with_rule(book.countries["FR"], days=frozenset()), utc("2026-11-23T12:00:00")) is None


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2026-03-29T01:59:00", "2026-03-29T00:59:00"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00"),
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00"),
    ],
)
def test_a_wall_clock_is_read_forward_and_first(local: str, instant: str) -> None:
    """Paris: a skipped time goes forward, a doubled one is the first."""
    assert local_to_utc(datetime.fromisoformat(local), "Europe/Paris") == utc(instant)


def test_the_fold_of_a_wall_clock_is_not_trusted() -> None:
    """A second 02:30 asked for by its fold is still read as the first."""
    doubled = datetime(2026, 10, 25, 2, 30, fold=1)  # noqa: DTZ001 - a wall clock has no zone
    assert local_to_utc(doubled, "Europe/Paris") == utc("2026-10-25T00:30:00")


@pytest.mark.parametrize(
    ("name", "known"),
    [("Europe/Paris", True), ("Europe", False), ("", False), ("../etc/passwd", False), ("Etc/Unknown", False)],
)
def test_only_zones_of_the_database_are_zones(name: str, known: bool) -> None:  # noqa: FBT001 - a table's column
    """A folder, a path and an unknown name are none."""
    assert is_zone(name) is known


POLICIES = load_policies()
ROWS = [
    *((row, None) for row in POLICIES.countries.values()),
    *((POLICIES.profile(name), None) for name in POLICIES.profiles),
    (POLICIES.countries["FR"], "57"),
    (POLICIES.countries["CH"], "TI"),
    (POLICIES.countries["DE"], "BY"),
]
NORTH_AMERICA = ("America/New_York", "America/Los_Angeles")

questions = st.tuples(
    st.sampled_from(ROWS),
    st.datetimes(datetime(2024, 1, 1), datetime(2034, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - as Hypothesis takes its bounds
    st.sampled_from([timedelta(0), MARGIN]),
)


def asked(row: tuple[CountryPolicy, str | None], margin: timedelta) -> dict[str, Any]:
    """The arguments of a question about a row."""
    return {"subdivision": row[1], "zones": row[0].timezones or NORTH_AMERICA, "close_margin": margin}


@settings(max_examples=300, deadline=None)
@given(questions)
def test_the_next_opening_is_open_and_nothing_before_it_is(
    question: tuple[tuple[CountryPolicy, str | None], datetime, timedelta],
) -> None:
    """From 2024 to 2034: within four days, open, never in the past, and closed at every sampled moment before."""
    row, at, margin = question
    how = asked(row, margin)
    opening = next_opening(row[0], at, **how)
    assert opening is not None
    assert at <= opening <= at + timedelta(hours=96)
    assert is_open(row[0], opening, **how)
    before = [at + (opening - at) * step / 40 for step in range(40)]
    assert not any(is_open(row[0], moment, **how) for moment in before if moment < opening)


@settings(max_examples=300, deadline=None)
@given(questions)
def test_open_means_that_the_next_opening_is_now(
    question: tuple[tuple[CountryPolicy, str | None], datetime, timedelta],
) -> None:
    """The two questions never contradict each other."""
    row, at, margin = question
    how = asked(row, margin)
    assert is_open(row[0], at, **how) == (next_opening(row[0], at, **how) == at)


@settings(max_examples=200, deadline=None)
@given(questions)
def test_an_open_moment_lies_in_the_hours_of_every_zone(
    question: tuple[tuple[CountryPolicy, str | None], datetime, timedelta],
) -> None:
    """Read back on the wall clocks: an allowed day, from the first minute on, before the last."""
    row, at, margin = question
    how = asked(row, margin)
    opening = next_opening(row[0], at, **how)
    assert opening is not None
    rule = row[0].marketing
    for zone in how["zones"]:
        wall = opening.astimezone(ZoneInfo(zone))
        assert rule.start <= wall.time() < rule.end
        assert wall.isoweekday() in rule.days
