"""The RQ queues: a doorbell, never the record. Who hears it is in `hub.listener`.

A job says "there may be work", nothing more: RQ both loses and repeats jobs, so what must be done stands in
SQL. Only what RQ 2.12 and 3 share is used, with JSON (pickle runs what it reads) and no RQ retries.
"""

from __future__ import annotations

import queue as thread_queue
import re
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from redis import Redis, RedisError
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from hub.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rq import Queue as RqQueue

    from hub.clock import Clock

GATHER_S = 0.004
"""How long the doorbell waits for more of the same before it goes to Redis: requests by the hundred ring as often."""
SLOT_S = 0.25
"""Rings for the same thing within this time are one."""
RING_LIFETIME_S = 30
FAILED_KEPT_S = 600
JOB_LIMIT_S = 600
"""When RQ takes a job's worker for dead, and forgets the ring; nothing is interrupted."""
_BACKLOG = 1000
_NOT_IN_JOB_IDS = re.compile(r"[^A-Za-z0-9_-]")

log = structlog.get_logger(__name__)


class QueueName(StrEnum):
    """What a worker works on: handing texts to carriers, or everything else."""

    DISPATCH = "dispatch"
    BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring: which queue, which function (by its import path), with which words."""

    queue: QueueName
    function: str
    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Part of the job's id: what it is about, in the characters RQ allows."""
        return _NOT_IN_JOB_IDS.sub("-", "-".join((self.function.rpartition(".")[2], *self.words)))


class Doorbell(Protocol):
    """Rings that there may be work; a ring may be lost, and nothing may rest on it."""

    def ring(self, ring: Ring) -> None:
        """Ring and return at once."""
        ...

    def close(self) -> None:
        """Send what was rung, and let go."""
        ...


class NoDoorbell:
    """Without Redis nobody rings: workers poll."""

    def ring(self, ring: Ring) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class RqDoorbell:
    """Rings through RQ from a thread of its own, so that a Redis that hangs holds nobody up."""

    url: str
    clock: Clock
    _rings: thread_queue.Queue[Ring | None] = field(default_factory=lambda: thread_queue.Queue(_BACKLOG))
    _thread: threading.Thread | None = None
    _start: threading.Lock = field(default_factory=threading.Lock)
    _closing: bool = False

    def ring(self, ring: Ring) -> None:
        """Ring and return at once; when too many rings wait, this one is dropped and the poll comes later."""
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="doorbell", daemon=True)
                self._thread.start()
        try:
            self._rings.put_nowait(ring)
        except thread_queue.Full:
            log.warning("doorbell_full", ring=ring.name)

    def close(self) -> None:
        """Send what was rung, for a second at most."""
        if self._thread is not None and self._thread.is_alive():
            self._wake()
            self._thread.join(timeout=1.0)
            self._closing = True
            self._wake()

    def _wake(self) -> None:
        with suppress(thread_queue.Full):  # then it is awake
            self._rings.put_nowait(None)

    def _work(self) -> None:
        with connect(self.url) as connection:
            queues = {name: rq_queue(name, connection) for name in QueueName}
            while not self._closing and (ring := self._rings.get()) is not None:
                time.sleep(GATHER_S)
                for one in dict.fromkeys([ring, *self._waiting()]):
                    failpoint("doorbell.before_ring")
                    try:
                        _enqueue(queues[one.queue], one, self.clock)
                    except (RedisError, OSError) as error:
                        log.debug("ring_lost", ring=one.name, error=str(error))

    def _waiting(self) -> Iterator[Ring]:
        """What was rung meanwhile; the word to end stays where it is, for whoever asks next."""
        with suppress(thread_queue.Empty):
            while (ring := self._rings.get_nowait()) is not None:
                yield ring
            self._wake()


def connect(url: str, *, socket_timeout_s: float | None = 2.0) -> Redis:
    """A connection without retries: redis-py repeats commands that are not safe to repeat."""
    return Redis.from_url(
        url,
        retry=Retry(ConstantBackoff(0), 0),
        socket_timeout=socket_timeout_s,
        socket_connect_timeout=2.0,
    )


def rq_queue(name: QueueName, connection: Redis) -> RqQueue:
    """The RQ queue of that name."""
    from rq import Queue
    from rq.serializers import JSONSerializer

    return Queue(name, connection=connection, serializer=JSONSerializer, default_timeout=JOB_LIMIT_S)


def _enqueue(queue: RqQueue, ring: Ring, clock: Clock) -> None:
    from rq.exceptions import DuplicateJobError

    slot = int(clock.now().timestamp() / SLOT_S)
    try:
        queue.enqueue(
            ring.function,
            *ring.words,
            job_id=f"{ring.name}-{slot}",
            unique=True,
            ttl=RING_LIFETIME_S,
            result_ttl=0,
            failure_ttl=FAILED_KEPT_S,
        )
    except DuplicateJobError:
        return


current_worker: ContextVar[Any] = ContextVar("current_worker")
"""What RQ's job functions work on; set in the thread that runs them."""


def clean_up(url: str) -> None:
    """Drop the registry entries of workers that died; their rings are worth nothing. A Redis that is away waits."""
    from rq.registry import StartedJobRegistry
    from rq.serializers import JSONSerializer

    with connect(url) as connection:
        try:
            for name in QueueName:
                StartedJobRegistry(name, connection=connection, serializer=JSONSerializer).cleanup()
        except (RedisError, OSError) as error:
            log.debug("redis_away", error=str(error))
