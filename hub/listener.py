"""What hears the doorbell: an RQ worker in a thread, on one queue (several lose jobs), that does not fork.

A carrier's connection outlives the job. What is overridden here has the same name in RQ 2.12 and 3.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from redis import RedisError
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty
from rq.worker import SimpleWorker

from hub.queue import QueueName, connect, current_worker, rq_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rq import Queue
    from rq.job import Job

JOBS = "hub.messages.jobs."
"""Where every function is that a ring may call; whoever can write to Redis can ask for no other."""
WORKER_TTL_S = 16
"""RQ waits for a job for 15 seconds less than this: one, so that it soon hears that it is to stop."""
MAINTENANCE_S = 30
GOODBYE_S = 2.0
"""How long stopping waits for RQ to sign off; a Redis that hangs is left as it is."""
_SHORTEST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0

log = structlog.get_logger(__name__)


@dataclass
class Listener:
    """Hears the rings of one queue, whatever becomes of Redis meanwhile; `context` is what jobs work on.

    RQ runs in a thread of its own and gets no signals: whoever stops it waits for the job in hand, and not
    for a Redis that has stopped answering.
    """

    url: str
    queue: QueueName
    context: Any
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _away: bool = False

    def start(self) -> None:
        """Begin to listen; return at once."""
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more rings, and sign off if Redis answers; the caller has seen to the job in hand."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=GOODBYE_S)

    def _listen(self) -> None:
        current_worker.set(self.context)
        pause_s = _SHORTEST_PAUSE_S
        while not self._stopping.is_set():
            pause_s = _SHORTEST_PAUSE_S if self._work_until_redis_goes() else min(_LONGEST_PAUSE_S, pause_s * 2)
            self._stopping.wait(pause_s)

    def _work_until_redis_goes(self) -> bool:
        """Whether Redis was there at all; only the first of many tries in vain is worth a warning."""
        there = False
        try:
            worker = make_worker(self.url, self.queue, self._stopping)
            there, self._away = True, False
            worker.work(logging_level="WARNING")
        except (RedisError, OSError, ValueError) as error:
            (log.debug if self._away else log.warning)("redis_away", queue=self.queue, error=str(error))
            self._away = True
        except Exception:
            log.exception("listener_stumbled", queue=self.queue)
        return there


def make_worker(url: str, name: QueueName, stopping: threading.Event) -> RqWorker:
    """An RQ worker on one queue that ends once `stopping` is set. Raises RedisError while Redis is away."""
    connection = connect(url, socket_timeout_s=None)  # RQ sets one that is longer than it waits for a job
    worker = RqWorker(
        [rq_queue(name, connection)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=WORKER_TTL_S,
        maintenance_interval=MAINTENANCE_S,
        log_job_description=False,
    )
    worker.stopping = stopping
    return worker


@contextmanager
def _ending_well() -> Iterator[None]:
    """RQ calls a Redis that goes in the middle of its work an unhandled fault; here it ends it, to begin anew."""
    try:
        yield
    except RedisError:
        raise StopRequested from None


class _NoAlarm(BaseDeathPenalty):
    """RQ's own would break into a job anywhere, into a submit as well, and needs the main thread."""

    def setup_death_penalty(self) -> None:
        """Do nothing."""

    def cancel_death_penalty(self) -> None:
        """Do nothing."""


class RqWorker(SimpleWorker):
    """Fit for a thread: no signals, no alarms, no commands over Redis, no functions but the hub's own."""

    death_penalty_class = _NoAlarm
    stopping: threading.Event

    def _install_signal_handlers(self) -> None:
        """Leave signals to the main thread, which stops the listener."""

    def subscribe(self) -> None:
        """Take no commands over Redis."""

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Beat, before each wait and after each job: there RQ ends well, when told so or when Redis goes."""
        if pipeline is None and self.stopping.is_set():
            raise StopRequested
        with _ending_well():
            super().heartbeat(timeout, pipeline)

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 - RQ's own signature
        """Ask whether to pause, between two jobs."""
        with _ending_well():
            super().check_for_suspension(burst)

    def run_maintenance_tasks(self) -> None:
        """Tidy up RQ's books."""
        with _ending_well():
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]  # RQ gives it no types

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        """Wait for a job."""
        with _ending_well():
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run what a ring may call, and forget anything else."""
        if str(job.func_name).startswith(JOBS):
            with _ending_well():
                super().execute_job(job, queue)
            return
        log.error("ring_refused", job=job.id, function=job.func_name)
        job.delete()
