"""When a route is left alone, when it is tried again, and how fast it goes: rules over what all workers saw of it.

A route is closed, as a circuit is, while messages leave by it. After some failures in a row it opens; once its time
is over one worker tries it with one message, and what comes of that closes it or keeps it open for longer. A route
that has just closed gets few new messages at first, and opens again sooner than others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Condition(StrEnum):
    """Whether messages leave by a route; `probing` while one worker tries it."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@dataclass(frozen=True, slots=True)
class RouteState:
    """What all workers know of a route.

    `failures` and `openings` are counted in a row; `retry_at` is when an open route is tried again (while it is
    probed, when somebody else may). Until `rest_until` nothing is handed over, though the route is closed. `pace` is
    what it was cut to at `pace_at`, in segments per second, as of when it rises again. `noted_at` is when anything of
    this was last said: a time in the future means that the clock was set back.
    """

    condition: Condition = Condition.CLOSED
    since: datetime | None = None
    reason: str | None = None
    failures: int = 0
    openings: int = 0
    retry_at: datetime | None = None
    rest_until: datetime | None = None
    noted_at: datetime | None = None
    pace: float | None = None
    pace_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that did not do its work; after `rest_s` seconds another may, None for as long as the rules have it.

    `is_final`: trying again will not help before a person has mended something.
    """

    reason: str
    rest_s: float | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Throttle:
    """The carrier wants us slower: `rate` is what it took lately, in segments per second."""

    rate: float
    rest_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Success:
    """A call that did its work."""


Signal = Failure | Throttle | Success

FIRST_REST_S, LONGEST_REST_S = 1.0, 5.0
"""Between failures of a closed route: twice as long each time."""
FIRST_OPEN_S, LONGEST_OPEN_S = 5.0, 20.0
"""How long a route stays open at first, and at most: where it is the only one, alerts wait for the next try."""
FIRST_FINAL_S, LONGEST_FINAL_S = 60.0, 300.0
"""The same where only a person can mend it."""
LONGEST_ASKED_S = 3600.0
JITTER = 0.2
"""Part of a pause that is left to chance: many workers, or hubs, do not come back in the same moment."""
RELAPSE_AFTER = 2
"""Failures in a row that open a route which has just closed."""
RECOVERY = timedelta(seconds=60)
"""How long a route that was open gets fewer new messages than its part."""
STEADY = timedelta(minutes=5)
"""A route that opens again within this time stays open for longer than the last time."""
LEAST_WELL, PROBE_PART = 0.1, 0.25
"""The part of its messages that a route gets as it closes, and while it waits to be tried."""
LONG_REST = timedelta(seconds=10)
"""A carrier that wants to be left alone for longer is gone around."""

LEAST_PACE = 1.0
FIRST_PACE = 25.0
"""What a line of which nothing is known is taken to reach at least, when it is first asked to go slower."""
CUT = 0.8
RISE_PER_S = 0.1
"""The part of a pace, one segment per second at least, by which it rises each second."""
CUT_AT_MOST_EVERY = timedelta(seconds=1)
"""Several lanes hear of one excess, and it is one."""
PACE_FORGOTTEN = timedelta(minutes=2)
_SKEW = timedelta(seconds=10)


def after(state: RouteState, signal: Signal, now: datetime, *, open_after: int, chance: float) -> RouteState:
    """What is known of a route after one more signal; `chance` (0 to 1) is that of the jitter."""
    match signal:
        case Failure():
            return _failed(state, signal, now, open_after, chance)
        case Throttle():
            return _throttled(state, signal, now)
        case Success():
            return _succeeded(state, now)


def may_go(state: RouteState, now: datetime) -> bool:
    """Whether messages may be handed over as fast as they go."""
    return state.condition is Condition.CLOSED and not is_resting(state, now)


def may_probe(state: RouteState, now: datetime) -> bool:
    """Whether it is time to try an open route."""
    if state.condition is Condition.CLOSED:
        return False
    return state.retry_at is None or state.retry_at <= now or _clock_was_set_back(state, now)


def is_resting(state: RouteState, now: datetime) -> bool:
    """Whether the carrier is left alone for a moment."""
    return state.rest_until is not None and now < state.rest_until and not _clock_was_set_back(state, now)


def is_out(state: RouteState, now: datetime) -> bool:
    """Whether what waits for this route had better take another."""
    if state.condition is not Condition.CLOSED:
        return True
    return state.rest_until is not None and is_resting(state, now) and state.rest_until - now > LONG_REST


def is_recovering(state: RouteState, now: datetime) -> bool:
    """Whether a route has closed only just now."""
    return state.openings > 0 and state.since is not None and now - state.since < RECOVERY


def wellness(state: RouteState, now: datetime) -> float:
    """What part of the new messages that a route would take it is to get, 0 to 1."""
    if state.condition is not Condition.CLOSED:
        return PROBE_PART if may_probe(state, now) else 0.0
    if is_out(state, now):
        return 0.0
    if state.since is None or not is_recovering(state, now):
        return 1.0
    return min(1.0, max(LEAST_WELL, (now - state.since) / RECOVERY))


def pace_now(state: RouteState, now: datetime) -> float | None:
    """Segments per second that a throttled route may take now; None for as fast as it goes."""
    if state.pace is None or state.pace_at is None:
        return None
    elapsed = now - state.pace_at
    if elapsed > PACE_FORGOTTEN:
        return None
    return state.pace + max(1.0, state.pace * RISE_PER_S) * max(0.0, elapsed.total_seconds())


def _failed(state: RouteState, failure: Failure, now: datetime, open_after: int, chance: float) -> RouteState:
    if state.condition is Condition.OPEN or (is_resting(state, now) and not failure.is_final):
        return state  # it was on its way beside the one that failed before, and says nothing new
    failures = state.failures + 1
    enough = min(open_after, RELAPSE_AFTER) if is_recovering(state, now) else open_after
    opens = failure.is_final or failures >= enough or state.condition is Condition.PROBING
    if not opens:
        usual_s = min(LONGEST_REST_S, FIRST_REST_S * 2.0 ** (failures - 1))
        rest_until = now + timedelta(seconds=usual_s if failure.rest_s is None else _asked(failure))
        return replace(state, failures=failures, reason=failure.reason, rest_until=rest_until, noted_at=now)
    relapse = state.condition is Condition.PROBING or (state.since is not None and now - state.since < STEADY)
    openings = state.openings + 1 if relapse else 1
    first_s, longest_s, times = FIRST_OPEN_S, LONGEST_OPEN_S, openings
    if failure.is_final:  # what opened the route before may have been of another kind: its next try tells
        first_s, longest_s = FIRST_FINAL_S, LONGEST_FINAL_S
        times = openings if state.condition is Condition.PROBING else 1
    open_s = min(longest_s, first_s * 2.0 ** min(times - 1, 30)) * (1 - JITTER * chance)
    return replace(
        state,
        condition=Condition.OPEN,
        since=state.since if state.condition is Condition.PROBING else now,
        reason=failure.reason,
        failures=failures,
        openings=openings,
        retry_at=now + timedelta(seconds=max(open_s, _asked(failure))),
        rest_until=None,
        noted_at=now,
    )


def _throttled(state: RouteState, throttle: Throttle, now: datetime) -> RouteState:
    """A carrier that says "slower" is there: slower it goes, and no failure is counted."""
    state = _succeeded(state, now)
    rest_until = now + timedelta(seconds=min(throttle.rest_s, LONGEST_ASKED_S)) if throttle.rest_s > 0 else None
    state = replace(state, rest_until=rest_until or state.rest_until, noted_at=now)
    if state.pace_at is not None and timedelta(0) <= now - state.pace_at < CUT_AT_MOST_EVERY:
        return state
    known = pace_now(state, now)
    reached = max(FIRST_PACE, throttle.rate) if known is None else known
    cut = CUT * max(min(reached, throttle.rate), reached / 2)  # what little was taken lately may be all there was
    return replace(state, pace=max(LEAST_PACE, cut), pace_at=now)


def _succeeded(state: RouteState, now: datetime) -> RouteState:
    if state.condition is Condition.PROBING:
        return replace(
            state, condition=Condition.CLOSED, since=now, failures=0, retry_at=None, rest_until=None, noted_at=now
        )
    if state.condition is Condition.OPEN or not state.failures:
        return state
    return replace(state, failures=0)


def _asked(failure: Failure) -> float:
    asked = failure.rest_s if failure.rest_s is not None and failure.rest_s > 0 else 0.0
    return min(asked, LONGEST_ASKED_S)


def _clock_was_set_back(state: RouteState, now: datetime) -> bool:
    return state.noted_at is not None and now < state.noted_at - _SKEW
