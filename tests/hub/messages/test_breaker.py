"""When a route is left alone, tried again and slowed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.messages import breaker
from hub.messages.breaker import Condition, Failure, RouteState, Signal, Success, Throttle

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
AWAY = Failure("connection refused")


def seconds(count: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=count)


def after(
    state: RouteState, *signals: Signal, at: datetime = NOW, open_after: int = 3, chance: float = 0.0
) -> RouteState:
    """A route after some signals, each as soon as its pause is over."""
    for signal in signals:
        at = max(at, state.rest_until or at)
        state = breaker.after(state, signal, at, open_after=open_after, chance=chance)
    return state


def opened(failure: Failure = AWAY, at: datetime = NOW) -> RouteState:
    """A route that has just been opened."""
    return after(RouteState(), failure, at=at, open_after=1)


def probed(state: RouteState, signal: Signal) -> RouteState:
    """An open route after one worker tried it, when it was time to."""
    at = state.retry_at or NOW
    return after(replace(state, condition=Condition.PROBING), signal, at=at)


# --- failures ---


def test_failures_in_a_row_open_a_route() -> None:
    """Three, unless hub.ini says otherwise."""
    states = [after(RouteState(), *[AWAY] * count).condition for count in (1, 2, 3)]
    assert states == [Condition.CLOSED, Condition.CLOSED, Condition.OPEN]


def test_a_success_between_them_begins_the_count_anew() -> None:
    """They were not in a row."""
    assert after(RouteState(), AWAY, AWAY, Success(), AWAY, AWAY).condition is Condition.CLOSED


def test_after_each_failure_the_route_rests_for_longer() -> None:
    """A second, then two; a whole backlog is not thrown at who does not answer."""
    first = after(RouteState(), AWAY)
    second = after(first, AWAY, at=NOW + seconds(1))
    assert (first.rest_until, second.rest_until) == (NOW + seconds(1), NOW + seconds(3))


def test_failures_beside_each_other_are_one() -> None:
    """Four lanes hear of one broken line."""
    state = RouteState()
    for _ in range(4):
        state = breaker.after(state, AWAY, NOW, open_after=3, chance=0.0)
    assert (state.failures, state.condition) == (1, Condition.CLOSED)


def test_what_only_a_person_can_mend_opens_a_route_at_once() -> None:
    """And for a minute: a wrong password is not tried every second."""
    state = after(RouteState(), Failure("wrong password", is_final=True))
    assert (state.condition, state.retry_at) == (Condition.OPEN, NOW + seconds(60))


def test_a_carrier_that_says_when_to_come_back_is_believed() -> None:
    """For an hour at most."""
    rests = [after(RouteState(), Failure("later", asked)).rest_until for asked in (33.0, 1e9)]
    assert rests == [NOW + seconds(33), NOW + seconds(3600)]


# --- open, tried, closed ---


def test_an_open_route_is_left_alone_and_then_tried() -> None:
    """After five seconds at first."""
    state = opened()
    found = [breaker.may_probe(state, NOW + seconds(later)) for later in (0, 4.9, 5)]
    assert (found, breaker.may_go(state, NOW + seconds(5))) == ([False, False, True], False)


@pytest.mark.parametrize(
    ("failure", "waits"),
    [(AWAY, [10, 20, 20, 20, 20]), (replace(AWAY, is_final=True), [120, 240, 300, 300, 300])],
)
def test_each_try_in_vain_doubles_the_time_to_the_next(failure: Failure, waits: list[float]) -> None:
    """Up to twenty seconds, for alerts wait where there is no other way; to five minutes where a person must act."""
    state, found = opened(), []
    for _ in waits:
        before = state.retry_at or NOW
        state = probed(state, failure)
        found.append(((state.retry_at or NOW) - before).total_seconds())
    assert found == waits


def test_a_route_that_was_open_before_for_other_reasons_waits_a_minute_for_a_person_at_first() -> None:
    """Only tries in vain make it longer."""
    state = probed(probed(probed(opened(), AWAY), AWAY), Success())
    closed_at = state.since or NOW
    final = after(state, replace(AWAY, is_final=True), at=closed_at)
    assert (final.openings, (final.retry_at or closed_at) - closed_at) == (4, seconds(60))


def test_chance_shortens_a_pause_by_a_fifth_at_most() -> None:
    """Hubs that lost the same carrier do not come back in one moment."""
    waits = [after(RouteState(), AWAY, open_after=1, chance=chance).retry_at for chance in (0.0, 0.5, 1.0)]
    assert waits == [NOW + seconds(5), NOW + seconds(4.5), NOW + seconds(4)]


@pytest.mark.parametrize("signal", [Success(), Throttle(5.0)])
def test_a_try_that_the_carrier_answers_closes_the_route(signal: Signal) -> None:
    """Also when it only says "slower"."""
    state = probed(opened(), signal)
    assert (state.condition, state.failures, state.retry_at) == (Condition.CLOSED, 0, None)


def test_since_when_it_is_open_outlasts_tries_in_vain() -> None:
    """An operator wants to know for how long."""
    assert probed(probed(opened(), AWAY), AWAY).since == NOW


@pytest.mark.parametrize("signal", [Success(), AWAY])
def test_what_was_on_its_way_when_the_route_opened_changes_nothing(signal: Signal) -> None:
    """It says nothing new."""
    state = opened()
    assert breaker.after(state, signal, NOW + seconds(1), open_after=3, chance=0.0) == state


def test_a_route_that_has_just_closed_opens_at_its_second_failure_and_for_longer() -> None:
    """It does not flap; one answer that got lost says little."""
    closed = probed(opened(), Success())
    once = after(closed, replace(AWAY, rest_s=0.0), at=NOW + seconds(30))
    again = after(once, AWAY, at=NOW + seconds(30))
    assert once.condition is Condition.CLOSED
    assert (again.condition, again.retry_at) == (Condition.OPEN, NOW + seconds(40))


def test_a_route_that_was_well_for_long_begins_anew() -> None:
    """What was an hour ago does not count."""
    closed = probed(opened(), Success())
    later = after(closed, AWAY, AWAY, AWAY, at=NOW + timedelta(hours=1))
    assert (later.condition, later.openings) == (Condition.OPEN, 1)


# --- what part of new messages it gets ---


def test_new_messages_come_back_little_by_little() -> None:
    """All of them after a minute."""
    closed = probed(opened(), Success())
    since = closed.since or NOW
    parts = [breaker.wellness(closed, since + seconds(later)) for later in (0, 3, 30, 60)]
    assert parts == [0.1, 0.1, 0.5, 1.0]


def test_an_open_route_gets_none_until_it_is_to_be_tried() -> None:
    """Then some, for without any it could not be."""
    state = opened()
    assert [breaker.wellness(state, NOW + seconds(later)) for later in (0, 5)] == [0.0, breaker.PROBE_PART]


@pytest.mark.parametrize(("asked_s", "part"), [(5.0, 1.0), (60.0, 0.0)])
def test_who_wants_to_be_left_alone_for_long_is_gone_around(asked_s: float, part: float) -> None:
    """For some seconds, messages wait."""
    assert breaker.wellness(after(RouteState(), Failure("later", asked_s)), NOW) == part


# --- throttled ---


def test_a_throttled_route_goes_a_little_slower_than_what_was_taken() -> None:
    """And nothing counts as a failure."""
    state = after(RouteState(), Throttle(100.0))
    assert (breaker.pace_now(state, NOW), state.failures, state.condition) == (80.0, 0, Condition.CLOSED)


def test_its_pace_rises_again_and_is_forgotten() -> None:
    """By a tenth a second, for two minutes."""
    state = after(RouteState(), Throttle(100.0))
    assert [breaker.pace_now(state, NOW + seconds(later)) for later in (10, 121)] == [160.0, None]


def test_a_second_excess_cuts_what_the_pace_has_risen_to() -> None:
    """Whatever was taken beside: the lower of both counts."""
    state = after(RouteState(), Throttle(100.0))
    again = after(state, Throttle(150.0), at=NOW + seconds(5))
    assert breaker.pace_now(again, NOW + seconds(5)) == pytest.approx(96.0)


def test_one_excess_that_several_lanes_hear_of_is_one() -> None:
    """Or four lanes would quarter the pace."""
    state = after(RouteState(), *[Throttle(100.0)] * 4)
    assert breaker.pace_now(state, NOW) == 80.0


def test_the_slowest_pace_is_a_segment_a_second() -> None:
    """A carrier that takes nothing at all is not given up."""
    state = RouteState()
    for second in range(60):
        state = after(state, Throttle(0.0), at=NOW + seconds(second))
    assert 1.0 <= (state.pace or 0) <= 2.0


def test_what_little_was_taken_lately_may_be_all_there_was() -> None:
    """A line of which nothing is known is cut to ten a second, not to a standstill."""
    assert breaker.pace_now(after(RouteState(), Throttle(0.1)), NOW) == 10.0


def test_a_pace_far_above_what_is_taken_falls_by_more_than_half_at_once() -> None:
    """It comes down soon, and not to a chance figure."""
    state = after(RouteState(), Throttle(1000.0))
    assert breaker.pace_now(after(state, Throttle(10.0), at=NOW + seconds(1)), NOW + seconds(1)) == 352.0


# --- clocks ---


@pytest.mark.parametrize("state", [opened(), after(RouteState(), Failure("later", 3600.0))])
def test_a_clock_that_was_set_back_does_not_silence_a_route(state: RouteState) -> None:
    """A time in the future says so (F27)."""
    earlier = NOW - timedelta(hours=1)
    assert breaker.may_go(state, earlier) or breaker.may_probe(state, earlier)
