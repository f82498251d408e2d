"""Whether the hub is well: `/health/live` for who restarts processes, `/health/ready` for who sends them requests.

Neither asks for a token, nor tells what only an operator may know; who may ask at all is for the proxy in
front to say.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response
from pydantic import BaseModel
from redis import RedisError
from sqlalchemy import text

from hub.errors import StoreUnavailable
from hub.leader import Lease
from hub.messages.breaker import Condition
from hub.observe import redacted
from hub.queue import RqDoorbell, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.bootstrap import Core

LEAST_FREE_DISK = 0.05
REDIS_WITHIN_S = 0.5

_VERSIONS = text("SELECT version_num FROM schema_versions")

log = structlog.get_logger(__name__)


class Status(StrEnum):
    """How the hub is, or one thing it needs: without what is degraded it still takes and sends texts."""

    READY = "ready"
    DEGRADED = "degraded"
    DOWN = "down"


class Check(BaseModel):
    """One thing that was looked at."""

    name: str
    status: Status
    detail: str = ""


class Readiness(BaseModel):
    """The worst of all checks, and each of them."""

    status: Status
    checks: list[Check]


@dataclass
class Health:
    """Looks at what a hub needs.

    `left_out` are sentences about what could not be mounted; `least_free_disk` is a part of the whole, 0 to 1.
    """

    core: Core
    left_out: Sequence[str] = ()
    least_free_disk: float = LEAST_FREE_DISK
    _heads: tuple[str, ...] = field(default=(), init=False)

    def blueprint(self) -> Blueprint:
        """The two routes."""
        routes = Blueprint("hub_health", __name__, url_prefix="/health")
        routes.add_url_rule("/live", view_func=self.live)
        routes.add_url_rule("/ready", view_func=self.ready)
        return routes

    def live(self) -> Response:
        """Answer: the process does."""
        return Response('{"status":"alive"}', mimetype="application/json")

    def ready(self) -> Response:
        """Look at everything; 503 when requests had better go elsewhere."""
        found = self.look()
        status = HTTPStatus.SERVICE_UNAVAILABLE if found.status is Status.DOWN else HTTPStatus.OK
        return Response(found.model_dump_json(), status, mimetype="application/json")

    def look(self) -> Readiness:
        """Run every check."""
        looks: tuple[tuple[str, Status, Callable[[], str | None]], ...] = (
            ("database", Status.DOWN, self._database),
            ("schema", Status.DOWN, self._schema),
            ("disk", Status.DOWN, self._disk),
            ("redis", Status.DEGRADED, self._redis),
            ("plugins", Status.DEGRADED, self._plugins),
            ("paused", Status.DEGRADED, self._paused),
            ("held", Status.DEGRADED, self._held),
            ("routes", Status.DEGRADED, self._routes),
        )
        checks = [_check(name, weight, look) for name, weight, look in looks]
        worst = max((check.status for check in checks), key=list(Status).index)
        return Readiness(status=worst, checks=checks)

    def _database(self) -> str | None:
        """Write one row and commit it: only that shows a disk that is full or a standby that only reads."""
        lease = Lease(self.core.store, self.core.clock, name="health", owner="health")
        return None if lease.acquire() else "It does not keep what is written."

    def _schema(self) -> str | None:
        """Compare with the revisions found good before, and only where they differ with those on disk."""
        with self.core.store.read() as connection:
            heads = tuple(sorted(connection.execute(_VERSIONS).scalars()))
        if heads and heads == self._heads:
            return None
        if not self.core.schema_status().is_ready:
            return "Its tables are not those of this version; `hub db upgrade` may be due."
        self._heads = heads
        return None

    def _disk(self) -> str | None:
        usage = shutil.disk_usage(self.core.data_dir)
        if usage.free > usage.total * self.least_free_disk:
            return None
        return f"Less than {self.least_free_disk:.0%} of the disk is free."

    def _redis(self) -> str | None:
        bell = self.core.doorbell
        if not isinstance(bell, RqDoorbell):
            return None  # workers poll, as they were set up to
        client = connect(bell.url, socket_timeout_s=REDIS_WITHIN_S)
        try:
            client.ping()
        except (RedisError, OSError) as error:
            log.warning("redis_away", error=str(error))
            return "It does not answer; workers poll, and texts leave up to two seconds later."
        finally:
            client.close()
        return None

    def _paused(self) -> str | None:
        ways = sorted({one.way.value for one in self.core.switches.known()})
        return f"Paused by the operator: {' and '.join(ways)}." if ways else None

    def _held(self) -> str | None:
        if not self._heads:
            return None  # its tables may not be there; the look at the schema says so
        return "Campaigns wait for review; `hub held` lists them." if self.core.held.count() else None

    def _routes(self) -> str | None:
        """Only which: a carrier's own words are for `hub routes`."""
        if not self._heads:
            return None
        out = [name for name, one in self.core.route_health.states().items() if one.condition is not Condition.CLOSED]
        return f"Carriers that take nothing: {', '.join(sorted(out))}; `hub routes` says why." if out else None

    def _plugins(self) -> str | None:
        found = [f"{one.where}: {one.message}" for one in self.core.plugin_findings()]
        return redacted(" ".join((*self.left_out, *found))) or None


def _check(name: str, weight: Status, look: Callable[[], str | None]) -> Check:
    try:
        detail = look()
    except StoreUnavailable as error:
        log.warning("store_unavailable", error=str(error))
        detail = "The database does not answer."
    except Exception:
        log.exception("health_check_failed", check=name)
        detail = "This could not be looked at; the log says why."
    return Check(name=name, status=weight if detail else Status.READY, detail=detail or "")
