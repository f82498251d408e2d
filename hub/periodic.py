"""Periodic jobs of plugins: each once per period, whatever the number of processes that are asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import or_, select, update

from hub.plugin_guard import same_process
from hub.store.bulk import insert_new
from hub.store.tables import periodic_jobs as table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hub.clock import Clock
    from hub.registry import JobEntry
    from hub.running import Hub
    from hub.store.engine import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Knows which jobs are due, and runs one when nobody else has taken its turn."""

    store: Store
    clock: Clock
    jobs: Mapping[str, JobEntry]

    def due(self) -> tuple[str, ...]:
        """The jobs whose time has come; those never seen before are due at once."""
        if not self.jobs:
            return ()
        now = self.clock.now()
        with self.store.read() as connection:
            next_at = {row.name: row.next_at for row in connection.execute(select(table))}
        return tuple(
            name
            for name, job in self.jobs.items()
            if name not in next_at or not now < next_at[name] <= _latest(job, now)
        )

    def run(self, hub: Hub, name: str) -> bool:
        """Run a job unless its turn was taken already; one that raises is logged and waits for its next turn."""
        job = self.jobs.get(name)
        if job is None or not self._take_turn(job):
            return False
        try:
            with same_process():
                job.run(hub)
        except (Exception, SystemExit):
            log.exception("periodic_job_failed", job=name)
        return True

    def _take_turn(self, job: JobEntry) -> bool:
        now = self.clock.now()
        row = {"name": job.name, "next_at": now + _period(job)}
        with self.store.write("turn") as connection:
            if insert_new(connection, table, [row]) == 1:
                return True
            ripe = or_(table.c.next_at <= now, table.c.next_at > _latest(job, now))
            mine = update(table).where(table.c.name == job.name, ripe)
            return connection.execute(mine.values(next_at=row["next_at"])).rowcount == 1


def _period(job: JobEntry) -> timedelta:
    return timedelta(seconds=job.period_s)


def _latest(job: JobEntry, now: datetime) -> datetime:
    """The latest that a turn taken by now can have put the next one: later means that the clock was set back."""
    return now + 2 * _period(job)
