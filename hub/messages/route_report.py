"""What an operator sees of each route: whether it is used, how fast, what waits for it, what its carrier answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, text

from hub.messages import breaker
from hub.messages.breaker import Condition
from hub.messages.model import Finding
from hub.messages.pulse import COUNTS
from hub.messages.route_health import state_of
from hub.messages.tables import route_minutes, route_states
from hub.messages.writing import PURPOSES
from hub.store.metadata import UtcDateTime
from hub.switches import Way, switched_off

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.breaker import RouteState
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow

LAST = timedelta(minutes=5)

# Written out, not bound, so that both databases use the partial index made for it.
_WAITING = text("""
    SELECT route, priority, count(*) AS messages, sum(CASE WHEN due_at <= :now THEN 1 ELSE 0 END) AS due
    FROM messages WHERE state = 'pending' GROUP BY route, priority
""").bindparams(bindparam("now", type_=UtcDateTime))


@dataclass(frozen=True, slots=True)
class Queue:
    """How many messages should be on their way, and how many have a later time."""

    due: int = 0
    later: int = 0


@dataclass(frozen=True, slots=True)
class RouteReport:
    """A route as it is now. `state` is closed, open, probing, resting or paused, `until` when that may end.

    `rate` is the one of hub.ini and `pace` that of a throttled route, in segments per second; `latency_ms` that of a
    call to the carrier. `queue` is by purpose. `recent` and `total` count messages by what became of their submission,
    and calls that failed: in the last five minutes, and ever.
    """

    name: str
    connector: str
    priority: int
    weight: int
    state: str
    since: datetime | None
    until: datetime | None
    reason: str | None
    rate: float | None
    pace: float | None
    share: float
    latency_ms: float | None
    last_success_at: datetime | None
    queue: Mapping[str, Queue] = field(default_factory=dict)
    recent: Mapping[str, int] = field(default_factory=dict)
    total: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_out(self) -> bool:
        """Whether messages go around it, or wait for it, because of its carrier."""
        return self.state in {Condition.OPEN, Condition.PROBING}


def route_reports(connection: Connection, routes: Iterable[Route], now: datetime) -> tuple[RouteReport, ...]:
    """How each route is, in the order in which they are tried."""
    rows = {row.route: row for row in connection.execute(select(route_states))}
    paused = {one.route: one.since for one in switched_off(connection) if one.way is Way.OUT}
    queues = _queues(connection, now)
    recent = _recent(connection, now)
    ordered = sorted(routes, key=lambda route: (route.priority, route.name))
    return tuple(
        _report(
            route,
            rows.get(route.name),
            now,
            paused_since=paused.get(route.name, paused.get("")),
            queue=queues.get(route.name, {}),
            recent=recent.get(route.name, dict.fromkeys(COUNTS, 0)),
        )
        for route in ordered
    )


def findings_of(reports: Iterable[RouteReport]) -> Iterator[Finding]:
    """What is wrong with routes, with why."""
    for one in reports:
        if one.is_out:
            since = f" since {one.since:%Y-%m-%d %H:%M} UTC" if one.since else ""
            message = f"Its carrier takes nothing{since}: {one.reason or 'unknown'}. `hub routes` says more."
            yield Finding(f"[route.{one.name}]", message)


def _report(
    route: Route,
    row: AnyRow | None,
    now: datetime,
    *,
    paused_since: datetime | None,
    queue: Mapping[str, Queue],
    recent: Mapping[str, int],
) -> RouteReport:
    state = state_of(row) if row is not None else breaker.RouteState()
    word, since, until = _standing(state, now, paused_since)
    troubled = word != Condition.CLOSED or state.failures > 0 or breaker.is_recovering(state, now)
    latency_s = row.latency_s if row is not None else None
    return RouteReport(
        name=route.name,
        connector=route.connector,
        priority=route.priority,
        weight=route.weight,
        state=word,
        since=since,
        until=until,
        reason=state.reason if troubled and word != "paused" else None,
        rate=route.rate,
        pace=breaker.pace_now(state, now),
        share=breaker.wellness(state, now),
        latency_ms=latency_s * 1000 if latency_s is not None else None,
        last_success_at=row.last_success_at if row is not None else None,
        queue=queue,
        recent=recent,
        total={name: getattr(row, name) if row is not None else 0 for name in COUNTS},
    )


def _standing(
    state: RouteState, now: datetime, paused_since: datetime | None
) -> tuple[str, datetime | None, datetime | None]:
    """The word for how a route is, since when, and until when."""
    if paused_since is not None:
        return "paused", paused_since, None
    if state.condition is not Condition.CLOSED:
        return state.condition, state.since, state.retry_at
    if breaker.is_resting(state, now):
        return "resting", state.noted_at, state.rest_until
    return Condition.CLOSED, state.since, None


def _queues(connection: Connection, now: datetime) -> dict[str, dict[str, Queue]]:
    found: dict[str, dict[str, Queue]] = {}
    for row in connection.execute(_WAITING, {"now": now}):
        queue = Queue(due=int(row.due), later=row.messages - int(row.due))
        found.setdefault(row.route, {})[str(PURPOSES[row.priority].value)] = queue
    return found


def _recent(connection: Connection, now: datetime) -> dict[str, dict[str, int]]:
    sums = [func.sum(route_minutes.c[name]).label(name) for name in COUNTS]
    since = int((now - LAST).timestamp() // 60)
    query = select(route_minutes.c.route, *sums).where(route_minutes.c.minute > since).group_by(route_minutes.c.route)
    return {row.route: {name: int(getattr(row, name)) for name in COUNTS} for row in connection.execute(query)}
