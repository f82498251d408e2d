"""Submit due messages: claim a batch, say on disk what is about to be written, write it, record the answers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from hub.errors import CommitInDoubt, ConnectorError, StoreUnavailable
from hub.ids import new_id
from hub.messages.claim import claim_batch, has_due
from hub.messages.connector import Submitted
from hub.messages.handover import BACK_OFF, Answers, hand_over
from hub.messages.model import MessageState
from hub.messages.outcomes import FREE, NotAllOurs, changes_by, kept_ids, owned_by, record_outcomes
from hub.messages.routing import OnUnknown
from hub.messages.rules import patience
from hub.messages.settle import unpark
from hub.messages.tables import messages
from hub.store.bulk import among, fetch, in_batches, update_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from hub.clock import Clock
    from hub.messages.connector import Connector, Outcome
    from hub.messages.limits import Limits
    from hub.messages.lines import Lines
    from hub.messages.outcomes import Changes
    from hub.messages.recheck import Recheck
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

log = structlog.get_logger(__name__)

RECORD_AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Waits between tries to record what a carrier answered: lost answers would leave the messages in doubt."""


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
    pause: Callable[[float], None] = time.sleep
    rests_until: dict[str, float] = field(default_factory=dict)

    def drain(self, route_name: str, *, budget_s: float = 5.0, stop: Callable[[], bool] = lambda: False) -> int:
        """Submit what is due on a route, for at most about `budget_s` seconds; how many messages were handled.

        Never raises a ConnectorError: what a carrier did not take waits for another try.
        """
        route = self.routes.get(route_name)
        if route is None or self._rests(route_name):
            return 0
        handled, end = 0, self.clock.monotonic() + budget_s
        while not stop() and self.clock.monotonic() < end:
            count, go_on = self._round(route, stop)
            handled += count
            if not count or not go_on:
                break
        return handled

    def due_routes(self, *, since: timedelta = timedelta(0)) -> tuple[str, ...]:
        """The routes on which something should be on its way, and has been for that long."""
        now = self.clock.now() - since
        with self.store.read() as connection:
            return tuple(name for name in self.routes if not self._rests(name) and has_due(connection, name, now))

    def _rests(self, route: str) -> bool:
        return self.clock.monotonic() < self.rests_until.get(route, 0.0)

    def _let_rest(self, route: Route, pause: timedelta) -> None:
        """A carrier that said "later", or that cannot be reached, is left alone by all of the backlog."""
        self.rests_until[route.name] = self.clock.monotonic() + patience(pause.total_seconds()).total_seconds()

    def _round(self, route: Route, stop: Callable[[], bool] = lambda: False) -> tuple[int, bool]:
        try:
            connector = self.lines.get(route.connector)
        except ConnectorError as error:
            log.error("connector_down", connector=route.connector, error=str(error))
            self._let_rest(route, BACK_OFF)
            return 0, False
        owner, claimed, kept = self._claim(route, connector)
        go_on = True
        windows = list(in_batches(kept, connector.capabilities.batch_size))
        for place, window in enumerate(windows, start=1):
            if place > 1 and stop():
                self._give_back(owner, _ids(windows[place - 1 :]), timedelta(0))
                return claimed, False
            answers = self._submit_window(route, connector, owner, window)
            go_on = go_on and not answers.slower
            if answers.pause is not None:
                self._let_rest(route, answers.pause)
                self._give_back(owner, _ids(windows[place:]), answers.pause)
                break
        return claimed, go_on

    def _claim(self, route: Route, connector: Connector) -> tuple[str, int, list[AnyRow]]:
        now = self.clock.now()
        owner = new_id(now)
        rates = [rate for rate in (route.rate, connector.capabilities.rate) if rate]
        with self.store.write("claim") as connection:
            claim = claim_batch(
                connection,
                route.name,
                owner=owner,
                now=now,
                until=now + self.limits.lease,
                size=self.limits.batch,
                rate=min(rates, default=None),
            )
            kept, changes = self.recheck.keep(connection, claim.rows, now)
        self.tell(changes, now)
        return owner, len(claim.rows), kept

    def _submit_window(self, route: Route, connector: Connector, owner: str, window: Sequence[AnyRow]) -> Answers:
        ours = self._announce_submit(route, owner, window)
        if not ours:
            return Answers({})
        answers = hand_over(connector, ours)
        resend = route.on_unknown is OnUnknown.RESEND or connector.capabilities.idempotent
        for wait_s in RECORD_AGAIN_S:
            try:
                self._record_at_once(route.connector, owner, answers.outcomes, ours, resend=resend)
            except StoreUnavailable as error:
                log.warning("outcomes_not_recorded", again_in_s=wait_s, error=str(error))
                self.pause(wait_s)
            else:
                return answers
        self._record(route.connector, owner, answers.outcomes, resend=resend)
        return answers

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

    def _record(self, connector: str, owner: str, outcomes: Mapping[int, Outcome], *, resend: bool) -> None:
        at = self.clock.now()
        with self.store.write("record_some") as connection:
            changes = record_outcomes(connection, connector, owner, outcomes, at=at, resend_unknown=resend)
            changes.join(unpark(connection, connector, _named_by(outcomes), at))
        self.tell(changes, at)

    def _give_back(self, owner: str, ids: Sequence[int], pause: timedelta) -> None:
        """What was claimed and not written to the wire, when the carrier would not take it now."""
        due_at = self.clock.now() + patience(pause.total_seconds())
        with self.store.write("give_back") as connection:
            rows = [{"id": one, "state": MessageState.PENDING, "due_at": due_at, **FREE} for one in ids]
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


def _in_hand(owner: str, *states: MessageState) -> tuple[ColumnElement[bool], ...]:
    """That a message is `owner`'s, and stands there; as a word that is in no index: see `owned_by`."""
    return (*owned_by(owner), func.lower(messages.c.state).in_(states))


def _named_by(outcomes: Mapping[int, Outcome]) -> tuple[str, ...]:
    """Every id that the carrier gave."""
    given = (outcome.carrier_ids for outcome in outcomes.values() if isinstance(outcome, Submitted))
    return kept_ids(chain.from_iterable(given))


def _ids(windows: Sequence[Sequence[AnyRow]]) -> list[int]:
    return [row.id for window in windows for row in window]
