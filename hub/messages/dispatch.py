"""Submit due messages: claim a batch, say on disk what is about to be written, write it, record the answers."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from hub.errors import CommitInDoubt, ConnectorError, StoreUnavailable
from hub.ids import new_id
from hub.messages.breaker import Failure, Success, Throttle, pace_now
from hub.messages.claim import claim_batch, has_due
from hub.messages.connector import NotSent, Submitted
from hub.messages.handover import Answers, failure_of, hand_over
from hub.messages.lanes import Lanes, Round, Trickle
from hub.messages.model import MessageState
from hub.messages.outcomes import FREE, NotAllOurs, changes_by, kept_ids, owned_by, record_outcomes
from hub.messages.route_health import Turn
from hub.messages.routing import OnUnknown
from hub.messages.settle import look_again, unpark, waits
from hub.messages.stride import Stride
from hub.messages.tables import messages
from hub.store.bulk import among, fetch, in_batches, update_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from hub.clock import Clock
    from hub.messages.breaker import Signal
    from hub.messages.connector import Connector, Outcome
    from hub.messages.limits import Limits
    from hub.messages.lines import Lines
    from hub.messages.outcomes import Changes
    from hub.messages.recheck import Recheck
    from hub.messages.route_health import RouteHealth
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

log = structlog.get_logger(__name__)

LONGEST_BEHIND_S = 20.0
"""How long at most a message that was refused alone lets others go first: as long as an open route waits."""
MOST_REFUSED = 1000
RECORD_AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits between tries to record what a carrier answered: lost answers would leave the messages in doubt."""
PROBE_AGAIN = timedelta(seconds=1)
"""Until the next try of a route for which nothing was there to try it with."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Hands messages to carriers. `tell` is called with what each transaction changed, after its commit."""

    store: Store
    clock: Clock
    routes: Mapping[str, Route]
    lines: Lines
    recheck: Recheck
    limits: Limits
    tell: Callable[[Changes, datetime], None]
    health: RouteHealth
    pause: Callable[[float], None] = time.sleep
    strides: dict[str, Stride] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    wires: dict[str, threading.Semaphore] = field(default_factory=dict)

    def drain(self, route_name: str, *, budget_s: float = 5.0, stop: Callable[[], bool] = lambda: False) -> int:
        """Submit what is due on a route, for at most about `budget_s` seconds; how many messages were handled.

        Never raises a ConnectorError: what a carrier did not take waits for another try. A route that is left alone
        is, until its time is over; then one message goes first.
        """
        route = self.routes.get(route_name)
        turn = self._turn(route) if route is not None else Turn.REST
        if route is None or turn is Turn.REST:
            return 0
        end = self.clock.monotonic() + budget_s
        if turn is Turn.PROBE:
            tried = self._probe(route, stop)
            return tried + self.drain(route.name, budget_s=end - self.clock.monotonic(), stop=stop) if tried else 0
        connector = self._line(route)
        if connector is None:
            return 0
        lanes, trickle = connector.capabilities.lanes, Trickle(self.pause)
        work = Lanes(
            work=lambda: trickle.after(self._round(route, connector, lambda: stop() or work.is_over)),
            may_go_on=lambda: not stop() and self.clock.monotonic() < end,
            beside=lanes if lanes > 1 else 0,
        )
        return work.run()

    def due_routes(self, *, since: timedelta = timedelta(0)) -> tuple[str, ...]:
        """The routes on which something should be on its way, and has been for that long, and may be."""
        self.health.flush_late()
        then = self.clock.now() - since
        with self.store.read() as connection:
            states = self.health.states(connection)
            going = [name for name in self.routes if self.health.turn(states[name]) is not Turn.REST]
            return tuple(name for name in going if has_due(connection, name, then))

    def closed_lines(self) -> tuple[str, ...]:
        """The routes whose connector this process does not hold open, and might."""
        closed = [route.name for route in self.routes.values() if not self.lines.is_open(route.connector)]
        states = self.health.states() if closed else {}
        return tuple(name for name in closed if self.health.turn(states[name]) is not Turn.REST)

    def open_line(self, route_name: str) -> bool:
        """Open a route's connector, though there may be nothing to submit: receipts and texts come in by it.

        Where it does not open, that is said of the route, and it is tried again when the route is.
        """
        route = self.routes[route_name]
        turn = self._turn(route)
        if turn is Turn.PROBE:
            self._probe(route, lambda: False)
        elif turn is Turn.GO:
            self._line(route)
        return self.lines.is_open(route.connector)

    def _turn(self, route: Route) -> Turn:
        with self.store.read() as connection:
            turn = self.health.turn(self.health.state(connection, route.name))
            if turn is Turn.PROBE and self.lines.is_open(route.connector):
                return turn if has_due(connection, route.name, self.clock.now()) else Turn.REST
        return turn

    def _line(self, route: Route) -> Connector | None:
        """The connector, open; where it does not open, that is said of its route."""
        try:
            return self.lines.get(route.connector)
        except ConnectorError as error:
            log.warning("connector_down", connector=route.connector, error=str(error))
            self.health.note(route.name, failure_of(error))
            return None

    def _probe(self, route: Route, stop: Callable[[], bool]) -> int:
        """Try an open route with one message, alone among all workers; how many were handled, 0 where that failed."""
        until = self.clock.now() + self.limits.lease
        if stop() or not self.health.begin_probe(route.name, until):
            return 0
        try:
            connector = self._line(route)
            done = self._round(route, connector, stop, probing=True) if connector else Round(0)
        finally:
            self.health.end_probe(route.name, self.clock.now() + PROBE_AGAIN)
        return done.count if done.go_on else 0

    def _stride(self, route: Route) -> Stride:
        return self.strides.setdefault(route.name, Stride(self.limits.batch))

    def _round(
        self, route: Route, connector: Connector, stop: Callable[[], bool] = lambda: False, *, probing: bool = False
    ) -> Round:
        stride = self._stride(route)
        size = 1 if probing else _whole_windows(stride.size, connector.capabilities.batch_size)
        owner, claimed, kept = self._claim(route, connector, size, probing=probing)
        began, go_on = self.clock.monotonic(), True
        windows = list(in_batches(kept, connector.capabilities.batch_size))
        for place, window in enumerate(windows, start=1):
            if place > 1 and stop():
                self._give_back(owner, _ids(windows[place - 1 :]))
                return Round(claimed, go_on=False)
            answers = self._submit_window(route, connector, owner, window)
            go_on = go_on and not answers.slower and answers.failure is None
            if answers.stops:
                self._give_back(owner, _ids(windows[place:]))
                break
        if go_on and not probing:
            stride.took(len(kept), self.clock.monotonic() - began)
        return Round(claimed, claimed >= size, go_on)

    def _claim(
        self, route: Route, connector: Connector, size: int | None = None, *, probing: bool = False
    ) -> tuple[str, int, list[AnyRow]]:
        now = self.clock.now()
        owner = new_id(now)
        with self.store.write("claim") as connection:
            state = self.health.state(connection, route.name)
            if not probing and self.health.turn(state) is not Turn.GO:
                return owner, 0, []
            rates = (route.rate, connector.capabilities.rate, pace_now(state, now))
            claim = claim_batch(
                connection,
                route.name,
                owner=owner,
                now=now,
                until=now + self.limits.lease,
                size=self.limits.batch if size is None else size,
                rate=min((rate for rate in rates if rate), default=None),
                most=self.limits.batch,
            )
            kept, changes = self.recheck.keep(connection, claim.rows, now)
        self.tell(changes, now)
        return owner, len(claim.rows), kept

    def _submit_window(self, route: Route, connector: Connector, owner: str, window: Sequence[AnyRow]) -> Answers:
        wire = self.wires.setdefault(route.connector, threading.Semaphore(connector.capabilities.lanes))
        with wire:  # announced only now: what waits for its turn was certainly not sent
            ours = self._announce_submit(route, owner, window)
            if not ours:
                return Answers({})
            began = self.clock.monotonic()
            answers = hand_over(connector, ours)
            seconds = self.clock.monotonic() - began
        if len(ours) == 1 and answers.stops:
            answers = self._behind_the_others(route, ours[0].id, answers)
        self._keep(route, connector, owner, answers, ours)
        self._note(route, answers, ours, seconds)
        return answers

    def _behind_the_others(self, route: Route, message: int, answers: Answers) -> Answers:
        """Let a message that was refused alone wait a little where others are due: it may be what is refused."""
        times = self.refused[message] = self.refused.get(message, 0) + 1
        if len(self.refused) > MOST_REFUSED:
            del self.refused[next(iter(self.refused))]
        if times == 1 and answers.failure is None:
            return answers  # a line that is only slow keeps its order
        try:
            with self.store.read() as connection:
                if not has_due(connection, route.name, self.clock.now()):
                    return answers
        except StoreUnavailable:
            return answers  # what the carrier said is recorded as soon as the database is back
        wait_s = min(LONGEST_BEHIND_S, 2.0 ** (times - 1))
        later = {
            one: replace(outcome, retry_after_s=max(wait_s, outcome.retry_after_s))
            for one, outcome in answers.outcomes.items()
            if isinstance(outcome, NotSent)
        }
        return replace(answers, outcomes={**answers.outcomes, **later})

    def _note(self, route: Route, answers: Answers, ours: Sequence[AnyRow], seconds: float) -> None:
        """Say what a call was like."""
        at = self.clock.monotonic()
        carried = sum(row.segments for row in ours if isinstance(answers.outcomes[row.id], Submitted))
        pulse = self.health.pulse(route.name)
        pulse.carried(carried, at)
        signal: Signal = Success()
        if answers.failure is not None:
            signal = answers.failure
        elif answers.slower:
            signal = Throttle(pulse.rate(at), answers.pause_s)
        elif route.slow_after_s is not None and seconds > route.slow_after_s:
            signal = Failure(f"A call took {seconds:.0f} seconds.", rest_s=0.0)
        self.health.note(route.name, signal, answers.outcomes.values(), seconds)

    def _keep(self, route: Route, connector: Connector, owner: str, answers: Answers, ours: Sequence[AnyRow]) -> None:
        """Record what the carrier said, however long the database is away."""
        resend = route.on_unknown is OnUnknown.RESEND or connector.capabilities.idempotent
        for wait_s in RECORD_AGAIN_S:
            try:
                self._record_at_once(route.connector, owner, answers.outcomes, ours, resend=resend)
            except StoreUnavailable as error:
                log.warning("outcomes_not_recorded", again_in_s=wait_s, error=str(error))
                self.pause(wait_s)
            else:
                return
        self._record(route.connector, owner, answers.outcomes, resend=resend)

    def _record_at_once(
        self, connector: str, owner: str, outcomes: Mapping[int, Outcome], ours: Sequence[AnyRow], *, resend: bool
    ) -> None:
        """Record by what the claim has read; the few whose lease ran out meanwhile cost a second, slower try."""
        at = self.clock.now()
        changes = changes_by(ours, outcomes, connector, at=at, resend_unknown=resend)
        named = _named_by(outcomes)
        try:
            with self.store.write("record") as connection:
                changes.write(connection, at, only=owned_by(owner))
                changes.join(unpark(connection, connector, named, at))
        except NotAllOurs:
            self._record(connector, owner, outcomes, resend=resend)
        else:
            self.tell(changes, at)
            self._look_again(connector, named)

    def _record(self, connector: str, owner: str, outcomes: Mapping[int, Outcome], *, resend: bool) -> None:
        at = self.clock.now()
        named = _named_by(outcomes)
        with self.store.write("record_some") as connection:
            changes = record_outcomes(connection, connector, owner, outcomes, at=at, resend_unknown=resend)
            changes.join(unpark(connection, connector, named, at))
        self.tell(changes, at)
        self._look_again(connector, named)

    def _look_again(self, connector: str, named: Sequence[str]) -> None:
        """A receipt that came to wait during the commit saw no answer, and was not seen. SQLite has one writer."""
        if self.store.is_sqlite or not named:
            return
        with suppress(StoreUnavailable):  # the answers are kept, and the scheduler looks every few seconds too
            if waits(self.store, connector, named):
                at = self.clock.now()
                self.tell(look_again(self.store, connector, named, at), at)

    def _give_back(self, owner: str, ids: Sequence[int]) -> None:
        """What was claimed and not written to the wire is due as before: it is the route that waits."""
        if not ids:
            return
        with self.store.write("give_back") as connection:
            rows = [{"id": one, "state": MessageState.PENDING, **FREE} for one in ids]
            update_rows(connection, messages, messages.c.id, rows, only=_in_hand(owner, MessageState.CLAIMED))

    def _announce_submit(self, route: Route, owner: str, window: Sequence[AnyRow]) -> list[AnyRow]:
        """Commit that these are about to be written to the wire; without this a crash could not be told apart.

        When the answer to that commit is lost, look what became of it: only this worker knows the owner token,
        and it has handed nothing over yet, so what is announced under it is its own to submit.
        """
        try:
            return self._announce(route, owner, window, (MessageState.CLAIMED,))
        except CommitInDoubt as doubt:
            log.warning("announcement_in_doubt", route=route.name, error=str(doubt))
        states = (MessageState.CLAIMED, MessageState.SUBMITTING)
        for wait_s in RECORD_AGAIN_S:
            try:
                return self._announce(route, owner, window, states)
            except StoreUnavailable:
                self.pause(wait_s)
        return self._announce(route, owner, window, states)

    def _announce(
        self, route: Route, owner: str, window: Sequence[AnyRow], states: Sequence[MessageState]
    ) -> list[AnyRow]:
        now = self.clock.now()
        values = {
            "state": MessageState.SUBMITTING,
            "connector": route.connector,
            "lease_until": now + self.limits.lease,
        }
        rows = [{"id": row.id, **values} for row in window]
        # What stood still past its lease, as on a machine that was asleep, was rechecked too long ago to leave now.
        ours = (*_in_hand(owner, *states), messages.c.lease_until > now)
        with self.store.write("announce") as connection:
            if update_rows(connection, messages, messages.c.id, rows, only=ours) == len(window):
                return list(window)
            these = among(connection, messages.c.id, [row.id for row in window])
            query = select(messages.c.id).where(these, *_in_hand(owner, MessageState.SUBMITTING))
            ids = {row.id for row in fetch(connection, query)}
        return [row for row in window if row.id in ids]


def _whole_windows(size: int, window: int) -> int:
    """No more than so many messages, and no window that is half empty."""
    return size - size % window if size > window else size


def _in_hand(owner: str, *states: MessageState) -> tuple[ColumnElement[bool], ...]:
    """That a message is `owner`'s, and stands there; as a word that is in no index: see `owned_by`."""
    return (*owned_by(owner), func.lower(messages.c.state).in_(states))


def _named_by(outcomes: Mapping[int, Outcome]) -> tuple[str, ...]:
    """Every id that the carrier gave."""
    given = (outcome.carrier_ids for outcome in outcomes.values() if isinstance(outcome, Submitted))
    return kept_ids(chain.from_iterable(given))


def _ids(windows: Sequence[Sequence[AnyRow]]) -> list[int]:
    return [row.id for window in windows for row in window]
