"""Go around routes that are out: what is due on them takes another that takes it, and what cannot waits its time.

Only messages that nobody has claimed, and that no carrier may have had, are moved: what was in doubt once is asked for
again where it was, if at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, func, select, text, true, update

from hub.accounts.tables import accounts
from hub.messages import breaker
from hub.messages.claim import has_due
from hub.messages.routing import by_priority, names_of
from hub.messages.sweep import NEVER_TRIED, end_expired
from hub.messages.tables import messages
from hub.messages.writing import PURPOSES
from hub.store.bulk import among, fetch
from hub.switches import Way, is_paused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.messages.breaker import RouteState
    from hub.messages.outcomes import Changes
    from hub.messages.route_health import RouteHealth
    from hub.messages.routing import Route
    from hub.store.engine import Store

BATCH = 1000
MOST_AT_ONCE = 10_000
"""How many messages one tick moves at most; the next one is a second later."""
SOON = timedelta(seconds=2)
"""A route that is to be tried within a tick or two."""
AHEAD = timedelta(seconds=25)
"""What is due by then moves: a message that was refused alone waits up to twenty seconds behind others."""
LONGEST_IDLE_S = 10.0
IDLE_FACTOR = 20.0
"""What a search in vain took, so many times, is how long it is not made again: long backlogs cost more."""

_PENDING = text("messages.state = 'pending'")  # written out, so that both databases use the partial index


@dataclass(frozen=True, slots=True)
class _Scene:
    """How all routes are now, and whose accounts choosy routes take."""

    now: datetime
    out: Sequence[Route]
    well: Sequence[Route]
    states: Mapping[str, RouteState]
    accounts: Mapping[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Failover:
    """Moves messages between routes. `tell` is called with what each transaction ended, after its commit."""

    store: Store
    clock: Clock
    routes: Mapping[str, Route]
    health: RouteHealth
    tell: Callable[[Changes, datetime], None]
    _idle_until: dict[tuple[str, str], float] = field(default_factory=dict)

    def fail_over(self) -> int:
        """Move what is due on routes that are out to routes that are well; how many messages moved."""
        with self.store.read() as connection:
            scene = self._look(connection)
        moved = 0
        for route in scene.out:
            for other in scene.well:
                if moved < MOST_AT_ONCE:
                    moved += self._unless_idle(route, other, scene, MOST_AT_ONCE - moved)
            late = and_(_PENDING, messages.c.route == route.name, messages.c.expires_at <= scene.now)
            end_expired(self.store, late, scene.now, self.tell)
            self._lend_one(route, scene)
        return moved

    def _look(self, connection: Connection) -> _Scene:
        now = self.clock.now()
        states = self.health.states(connection)
        out = [route for route in self.routes.values() if breaker.is_out(states[route.name], now)]
        if not out:
            return _Scene(now, (), (), states, {})
        going = [route for route in self.routes.values() if not is_paused(connection, Way.OUT, route.name)]
        well = [route for route in going if not breaker.is_out(states[route.name], now)]
        well.sort(key=lambda route: (breaker.is_recovering(states[route.name], now), *by_priority(route)))
        known = connection.execute(select(accounts.c.id, accounts.c.name)) if _any_choosy(self.routes) else ()
        names = {row.id: names_of(row.id, row.name) for row in known}
        return _Scene(now, [route for route in out if route in going], well, states, names)

    def _unless_idle(self, route: Route, other: Route, scene: _Scene, most: int) -> int:
        began, pair = self.clock.monotonic(), (route.name, other.name)
        if began < self._idle_until.get(pair, 0.0):
            return 0
        moved = self._move(route, other, scene, most)
        ended = self.clock.monotonic()
        pause_s = 0.0 if moved else min(LONGEST_IDLE_S, IDLE_FACTOR * (ended - began))
        self._idle_until[pair] = ended + pause_s
        return moved

    def _move(self, route: Route, other: Route, scene: _Scene, most: int) -> int:
        """Alerts first; of a route that is about to be tried the last message stays, for it to be tried with."""
        keeps_one = _is_tried_soon(scene.states[route.name], scene.now)
        due = messages.c.due_at <= scene.now + AHEAD
        these = and_(_PENDING, NEVER_TRIED, messages.c.route == route.name, due, taken_by(other, scene.accounts))
        query = select(messages.c.id).where(these).order_by(messages.c.priority)
        moved = 0
        while moved < most:
            size = min(BATCH, most - moved)
            with self.store.read() as connection:  # nobody is kept waiting by a search in vain
                if not fetch(connection, query.limit(1 + keeps_one))[keeps_one:]:
                    return moved
            with self.store.write("fail_over") as connection:
                ids = [row.id for row in fetch(connection, query.limit(size).with_for_update(skip_locked=True))]
                if keeps_one and len(ids) < size:
                    ids = ids[:-1]
                _redirect(connection, ids, other)
            moved += len(ids)
            if len(ids) < size:
                break
        return moved

    def _lend_one(self, route: Route, scene: _Scene) -> None:
        """Give a route that is to be tried, and has nothing to be tried with, one of another."""
        if not _is_tried_soon(scene.states[route.name], scene.now):
            return
        others = [one.name for one in scene.well]
        theirs = and_(_PENDING, NEVER_TRIED, messages.c.route.in_(others), messages.c.due_at <= scene.now)
        query = select(messages.c.id).where(theirs, taken_by(route, scene.accounts))
        query = query.order_by(messages.c.priority.desc()).limit(1)
        with self.store.read() as connection:
            if has_due(connection, route.name, scene.now) or not fetch(connection, query):
                return
        with self.store.write("lend") as connection:
            ids = [row.id for row in fetch(connection, query.with_for_update(skip_locked=True))]
            _redirect(connection, ids, route)


def taken_by(route: Route, known: Mapping[int, frozenset[str]]) -> ColumnElement[bool]:
    """Which messages a route takes: `Route.takes` in SQL. `known` are the names of accounts by their ids."""
    conditions: list[ColumnElement[bool]] = [true()]
    if route.countries:
        conditions.append(messages.c.country.in_(sorted(route.countries)))
    if route.purposes:
        conditions.append(
            messages.c.priority.in_([one for one, purpose in sorted(PURPOSES.items()) if purpose in route.purposes])
        )
    if route.accounts:
        ids = [account_id for account_id, names in known.items() if not route.accounts.isdisjoint(names)]
        conditions.append(messages.c.account_id.in_(ids) if ids else false())
    if route.senders:
        conditions.append(func.lower(func.ltrim(messages.c.sender, "+")).in_(sorted(route.senders)))
    return and_(*conditions)


def _redirect(connection: Connection, ids: Sequence[int], route: Route) -> None:
    if ids:
        these = among(connection, messages.c.id, ids)
        connection.execute(update(messages).where(these).values(route=route.name))


def _is_tried_soon(state: RouteState, now: datetime) -> bool:
    return breaker.may_probe(state, now + SOON)


def _any_choosy(routes: Mapping[str, Route]) -> bool:
    return any(route.is_choosy for route in routes.values())
