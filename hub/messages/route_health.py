"""How routes are, in SQL: one row each, which all workers write to and everybody reads."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import bindparam, delete, select, update

from hub.errors import StoreUnavailable
from hub.messages import breaker
from hub.messages.breaker import Condition, RouteState, Success
from hub.messages.pulse import COUNTS, Pulse
from hub.messages.tables import route_minutes, route_states
from hub.store.bulk import insert_new
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.messages.breaker import Signal
    from hub.messages.connector import Outcome
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

FLUSH_S = 1.0
WELLNESS_FOR_S = 1.0
MINUTES_KEPT = 60

_STATE = ("condition", *(name for name in RouteState.__dataclass_fields__ if name != "condition"))
_ALL = select(route_states.c.route, *(route_states.c[name] for name in _STATE))
_ONE = _ALL.where(route_states.c.route == bindparam("of"))

log = structlog.get_logger(__name__)


class Turn(Enum):
    """What a worker may do with a route now."""

    REST = auto()
    PROBE = auto()
    GO = auto()


@dataclass
class RouteHealth:
    """Gathers what this process sees of routes, writes it down, and tells what all know. For several threads."""

    store: Store
    clock: Clock
    routes: Mapping[str, Route]
    chance: Callable[[], float] = random.random
    _pulses: dict[str, Pulse] = field(default_factory=dict)
    _wellness: tuple[float, Mapping[str, float]] | None = None
    _troubled: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # --- what is known ---

    def states(self, connection: Connection | None = None) -> dict[str, RouteState]:
        """What is known of each route of hub.ini."""
        if connection is None:
            with self.store.read() as own:
                return self.states(own)
        known = {row.route: state_of(row) for row in connection.execute(_ALL)}
        return {name: known.get(name, RouteState()) for name in self.routes}

    def wellness(self) -> Mapping[str, float]:
        """How well the routes are that are not wholly well, 0 to 1; as it was a second ago at most."""
        at = self.clock.monotonic()
        known = self._wellness
        if known is None or not 0 <= at - known[0] < WELLNESS_FOR_S:
            now = self.clock.now()
            parts = {name: breaker.wellness(state, now) for name, state in self.states().items()}
            known = self._wellness = (at, {name: part for name, part in parts.items() if part < 1.0})
        return known[1]

    def state(self, connection: Connection, route: str) -> RouteState:
        """What is known of one route."""
        row = connection.execute(_ONE, {"of": route}).first()
        state = state_of(row) if row is not None else RouteState()
        self._watch(route, state)
        return state

    def turn(self, state: RouteState) -> Turn:
        """What may be done with a route that is so."""
        now = self.clock.now()
        if breaker.may_go(state, now):
            return Turn.GO
        return Turn.PROBE if breaker.may_probe(state, now) else Turn.REST

    # --- what is seen ---

    def pulse(self, route: str) -> Pulse:
        """What this process has seen of a route, and not written down yet."""
        with self._lock:
            return self._pulses.setdefault(route, Pulse())

    def note(self, route: str, signal: Signal, outcomes: Iterable[Outcome] = (), seconds: float | None = None) -> None:
        """Add what came of a call; what others must know at once is written down at once."""
        pulse = self.pulse(route)
        pulse.note(signal, outcomes, seconds)
        urgent = not isinstance(signal, Success) or route in self._troubled
        if urgent or self._is_late(pulse):
            self.flush(route)

    def flush_late(self) -> None:
        """Write down what has waited for a second."""
        for route, pulse in list(self._pulses.items()):
            if not pulse.is_empty and self._is_late(pulse):
                self.flush(route)

    def flush_all(self) -> None:
        """Write down whatever is left."""
        for route in list(self._pulses):
            self.flush(route)

    def flush(self, route: str) -> None:
        """Write down what this process has seen of a route; it waits while the database does not take it."""
        pulse = self.pulse(route)
        counts, signals, latency_s = pulse.take(self.clock.monotonic())
        if not (counts or signals):
            return
        try:
            before, now_is = self._write(route, counts, signals, latency_s)
        except StoreUnavailable as error:
            pulse.give_back(counts, signals)
            log.warning("route_not_noted", route=route, error=str(error))
            return
        self._watch(route, now_is)
        _say(route, before, now_is)

    def begin_probe(self, route: str, until: datetime) -> bool:
        """Be the one that tries an open route; False when another is at it. After `until` somebody else may."""
        now = self.clock.now()
        with self.store.write("begin_probe") as connection:
            state = _locked(connection, route)
            if not breaker.may_probe(state, now):
                return False
            probing = {"condition": Condition.PROBING, "retry_at": until, "noted_at": now}
            connection.execute(update(route_states).where(route_states.c.route == route).values(probing))
        return True

    def end_probe(self, route: str, at: datetime) -> None:
        """Nothing was there to try a route with: it stays open, and may be tried at that time."""
        self._change(route, route_states.c.condition == Condition.PROBING, condition=Condition.OPEN, retry_at=at)

    def retry_now(self, route: str) -> bool:
        """Somebody knows that the carrier is back: do not wait until it is time. False where nothing waited."""
        now = self.clock.now()
        waits = (route_states.c.condition == Condition.OPEN) | (route_states.c.rest_until > now)
        return self._change(route, waits, retry_at=now, rest_until=None)

    def _change(self, route: str, state: ColumnElement[bool], **values: Any) -> bool:
        """Change a route that is in this state; whether it was."""
        with self.store.write("end_probe") as connection:
            changed = connection.execute(
                update(route_states).where(route_states.c.route == route, state).values(values)
            )
        return changed.rowcount == 1

    def _watch(self, route: str, state: RouteState) -> None:
        """Where something was wrong, the first success is news for all."""
        well = state.condition is Condition.CLOSED and not state.failures
        (self._troubled.discard if well else self._troubled.add)(route)

    def _is_late(self, pulse: Pulse) -> bool:
        return self.clock.monotonic() - pulse.flushed_at >= FLUSH_S

    def _write(
        self, route: str, counts: Counter[str], signals: Iterable[Signal], latency_s: float | None
    ) -> tuple[RouteState, RouteState]:
        now = self.clock.now()
        known = self.routes.get(route)
        open_after = known.open_after if known else 1
        # By itself, and after nothing else: whoever holds this row waits for nobody.
        with self.store.write("note_route") as connection:
            before = state = _locked(connection, route)
            for signal in signals:
                state = breaker.after(state, signal, now, open_after=open_after, chance=self.chance())
            mine = route_states.c.route == route
            values: dict[str, Any] = {name: getattr(state, name) for name in _STATE}
            values["reason"] = storable(state.reason) if state.reason else None
            values |= {name: route_states.c[name] + counts[name] for name in COUNTS if counts[name]}
            if latency_s is not None:
                values["latency_s"] = latency_s
            if counts["taken"]:
                values["last_success_at"] = now
            connection.execute(update(route_states).where(mine).values(values))
            _count_minute(connection, route, counts, now)
        return before, state


def state_of(row: AnyRow) -> RouteState:
    """A row of the table as what is known of its route."""
    values = {name: getattr(row, name) for name in _STATE}
    return RouteState(**values | {"condition": Condition(row.condition)})


def _locked(connection: Connection, route: str) -> RouteState:
    insert_new(connection, route_states, [{"route": route}])
    return state_of(connection.execute(_ONE.with_for_update(), {"of": route}).one())


def _count_minute(connection: Connection, route: str, counts: Counter[str], now: datetime) -> None:
    minute = int(now.timestamp() // 60)
    key = {"route": route, "minute": minute}
    mine = (route_minutes.c.route == route) & (route_minutes.c.minute == minute)
    if insert_new(connection, route_minutes, [{**key, **{name: counts[name] for name in COUNTS}}]):
        old = (route_minutes.c.route == route) & (route_minutes.c.minute < minute - MINUTES_KEPT)
        connection.execute(delete(route_minutes).where(old))
        return
    added = {name: route_minutes.c[name] + counts[name] for name in COUNTS}
    connection.execute(update(route_minutes).where(mine).values(added))


def _say(route: str, before: RouteState, now_is: RouteState) -> None:
    """What an operator should hear of, once for all workers: who wrote it down says it."""
    if before.condition is Condition.CLOSED and now_is.condition is Condition.OPEN:
        log.error("route_opened", route=route, reason=now_is.reason, retry_at=str(now_is.retry_at))
    elif before.condition is not Condition.CLOSED and now_is.condition is Condition.CLOSED:
        log.info("route_closed", route=route)
    elif before.pace is None and now_is.pace is not None:
        log.warning("route_slowed", route=route, pace=now_is.pace)
