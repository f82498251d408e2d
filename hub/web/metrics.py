"""The figures that Prometheus collects at `/metrics`.

What stands in the database is read when it is asked for, so that any process can be asked; what happened to
requests is counted in this process. No label is ever a number, an account or a name that callers choose: labels
are kept for ever. No token is asked for; who may ask at all is for the proxy in front to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Response, request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import bindparam, select, text

from hub.errors import StoreUnavailable
from hub.events import service as events
from hub.mailing.service import figures_in
from hub.messages.breaker import Condition, RouteState, pace_now, wellness
from hub.messages.model import UNSETTLED, MessageState
from hub.messages.pulse import COUNTS
from hub.messages.route_health import state_of
from hub.messages.tables import route_states
from hub.store.metadata import UtcDateTime
from hub.switches import Way, is_paused
from hub.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from prometheus_client.core import Metric
    from sqlalchemy import Connection

    from hub.bootstrap import Core

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# States are written out, not bound: only then does either database use the partial indexes made for them,
# and pass over the millions of messages that have come to their end.
_UNSETTLED = text("""
    SELECT state, CASE WHEN state = 'unknown' THEN connector END AS connector, count(*) AS messages
    FROM messages WHERE state IN ('pending', 'claimed', 'submitting', 'submitted', 'unknown') GROUP BY 1, 2
""")
_DUE = (
    text("""
    SELECT route, count(*) AS messages, min(due_at) AS oldest
    FROM messages WHERE state = 'pending' AND due_at <= :now GROUP BY route
""")
    .bindparams(bindparam("now", type_=UtcDateTime))
    .columns(oldest=UtcDateTime)
)
_HELD = text("SELECT count(*) FROM messages WHERE state = 'held'")
_HELD_CAMPAIGNS = text("SELECT count(*) FROM campaigns WHERE held_at IS NOT NULL")
_PARKED = text("SELECT count(*) FROM parked_receipts")

log = structlog.get_logger(__name__)


class Metrics:
    """The figures of one process, in a registry of their own."""

    def __init__(self, core: Core) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hub_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "hub_http_request_seconds", "Time to answer a request.", ("method", "route"), registry=self._registry
        )
        self._registry.register(StoreCollector(core))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is its template, not its path."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    def show(self) -> Response:
        """All figures in the form that the caller prefers."""
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(self._registry), content_type=kind)


class StoreCollector(Collector):
    """The figures that are read from the database each time."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Give no example: making one would read the database while the hub is put together."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Read every figure; with the database away only `hub_up` is left, and is 0."""
        yield _filled(
            GaugeMetricFamily("hub_build_info", "The version that runs.", labels=("version",)), {__version__: 1}
        )
        try:
            with self._core.store.read() as connection:
                figures = [
                    *self._messages(connection),
                    *self._queues(connection),
                    *_waiting(connection),
                    *_mails(connection, self._core.clock.now()),
                    *_events(connection, self._core.clock.now()),
                    self._paused(connection),
                    *self._routes(connection),
                ]
        except StoreUnavailable as error:
            log.warning("store_unavailable", error=str(error))
            figures = []
        yield GaugeMetricFamily("hub_up", "Whether the database answers.", int(bool(figures)))
        yield from figures

    def _messages(self, connection: Connection) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily("hub_messages", "Messages whose end is not known yet.", labels=("state",))
        unknown = GaugeMetricFamily("hub_unknown_messages", "Messages whose answer was lost.", labels=("connector",))
        counts: dict[str, int] = dict.fromkeys(sorted(UNSETTLED), 0)
        counts[MessageState.HELD] = connection.execute(_HELD).scalar_one()
        lost = dict.fromkeys(self._core.settings.connectors, 0)
        for row in connection.execute(_UNSETTLED):
            counts[row.state] += row.messages
            if row.state == MessageState.UNKNOWN:
                lost[row.connector or ""] = row.messages
        yield _filled(states, counts)
        yield _filled(unknown, lost)

    def _queues(self, connection: Connection) -> Iterator[GaugeMetricFamily]:
        due = GaugeMetricFamily("hub_queue_messages", "Messages that should be on their way.", labels=("route",))
        oldest = GaugeMetricFamily("hub_queue_oldest_seconds", "How long the oldest has waited.", labels=("route",))
        now = self._core.clock.now()
        counts = dict.fromkeys(self._core.routes, 0)
        waits = dict.fromkeys(self._core.routes, 0.0)
        for row in connection.execute(_DUE, {"now": now}):
            counts[row.route] = row.messages
            waits[row.route] = _seconds_since(row.oldest, now)
        yield _filled(due, counts)
        yield _filled(oldest, waits)

    def _paused(self, connection: Connection) -> GaugeMetricFamily:
        paused = GaugeMetricFamily("hub_paused", "1 where the operator has paused a way.", labels=("way", "route"))
        paused.add_metric((Way.IN, ""), is_paused(connection, Way.IN))
        for route in self._core.routes:
            paused.add_metric((Way.OUT, route), is_paused(connection, Way.OUT, route))
        return paused

    def _routes(self, connection: Connection) -> Iterator[Metric]:
        known = {row.route: row for row in connection.execute(_ROUTES) if row.route in self._core.routes}
        now = self._core.clock.now()
        states = {name: state_of(known[name]) if name in known else RouteState() for name in self._core.routes}
        out = {name: int(state.condition is not Condition.CLOSED) for name, state in states.items()}
        yield _filled(GaugeMetricFamily("hub_route_open", _OPEN, labels=("route",)), out)
        shares = {name: wellness(state, now) for name, state in states.items()}
        yield _filled(GaugeMetricFamily("hub_route_share", _SHARE, labels=("route",)), shares)
        paces = {name: pace for name, state in states.items() if (pace := pace_now(state, now)) is not None}
        yield _filled(GaugeMetricFamily("hub_route_pace", _PACE, labels=("route",)), paces)
        latencies = {name: row.latency_s for name, row in known.items() if row.latency_s is not None}
        yield _filled(GaugeMetricFamily("hub_route_call_seconds", _LATENCY, labels=("route",)), latencies)
        yes = {name: row.last_success_at.timestamp() for name, row in known.items() if row.last_success_at}
        yield _filled(GaugeMetricFamily("hub_route_last_success_timestamp_seconds", _YES, labels=("route",)), yes)
        outcomes = CounterMetricFamily("hub_route_outcomes", _OUTCOMES, labels=("route", "outcome"))
        for name in self._core.routes:
            for kind in COUNTS:
                outcomes.add_metric((name, kind), getattr(known[name], kind) if name in known else 0)
        yield outcomes


_ROUTES = select(route_states)
_OPEN = "1 where a route's carrier fails, and messages go around it or wait."
_SHARE = "The part of its new messages that a route gets: 1 but for one that is out, or was."
_PACE = "Segments per second of a route that its carrier has throttled."
_LATENCY = "How long a call to the carrier takes; the last ones count most."
_YES = "When a carrier last took a message."
_OUTCOMES = "Messages by what the carrier answered, and calls that failed."


def _seconds_since(moment: datetime, now: datetime) -> float:
    return (now - moment).total_seconds()


def _filled(family: GaugeMetricFamily, values: Mapping[str, float]) -> GaugeMetricFamily:
    for label, value in values.items():
        family.add_metric((label,), value)
    return family


def _waiting(connection: Connection) -> Iterator[GaugeMetricFamily]:
    held = connection.execute(_HELD_CAMPAIGNS).scalar_one()
    yield GaugeMetricFamily("hub_held_campaigns", "Campaigns that wait for review.", held)
    parked = connection.execute(_PARKED).scalar_one()
    yield GaugeMetricFamily("hub_parked_receipts", "Receipts that fit no message yet.", parked)


def _events(connection: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    figures = events.figures_in(connection)
    waited = (now - figures.oldest).total_seconds() if figures.oldest else 0.0
    yield GaugeMetricFamily("hub_events_waiting", "Events that wait to be told to webhooks.", figures.waiting)
    yield GaugeMetricFamily("hub_events_oldest_seconds", "How long the oldest that waits has waited.", waited)
    webhooks = GaugeMetricFamily("hub_webhooks_unwell", "Webhooks that take nothing.", labels=("state",))
    yield _filled(webhooks, {"failing": figures.failing, "disabled": figures.disabled})


def _mails(connection: Connection, now: datetime) -> Iterator[GaugeMetricFamily]:
    figures = figures_in(connection)
    counts = {"waiting": figures.waiting, "failed": figures.failed, "expired": figures.expired}
    mails = GaugeMetricFamily("hub_mails", "Mail of the hub's own that was not sent.", labels=("state",))
    yield _filled(mails, counts)
    waited = _seconds_since(figures.oldest, now) if figures.oldest else 0.0
    yield GaugeMetricFamily("hub_mails_oldest_seconds", "How long the oldest that waits has waited.", waited)
