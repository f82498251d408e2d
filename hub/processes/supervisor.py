"""`hub serve`: everything on one machine - a private Redis, web, services, workers, scheduler - kept alive."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from hub.embedded import NoServer, PrivateServer
from hub.errors import HubError
from hub.processes.forking import fork, prepare
from hub.processes.heartbeat import beats, forget_dead
from hub.processes.lock import ServeLock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from hub.bootstrap import Core

    Call = Callable[[Sequence[str]], None]

LOOK_EVERY_S = 0.3
GRACE_S = 25.0
READY_WITHIN_S = 30.0
_SHORTEST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_AFTER_S = 60.0

log = structlog.get_logger(__name__)


@dataclass
class Patience:
    """How long to wait before something that ended is started again: longer each time, until it stays up."""

    pause_s: float = _SHORTEST_PAUSE_S
    again_at: float | None = None

    def is_over(self, name: str, outcome: object, up_for_s: float) -> bool:
        """Whether to start it again now; the first time this is asked, it says that something ended."""
        now = time.monotonic()
        if self.again_at is None:
            if up_for_s > _STEADY_AFTER_S:
                self.pause_s = _SHORTEST_PAUSE_S
            log.warning("process_ended", process=name, exit_code=outcome, again_in_s=self.pause_s)
            self.again_at = now + self.pause_s
            self.pause_s = min(_LONGEST_PAUSE_S, self.pause_s * 2)
        if now < self.again_at:
            return False
        self.again_at = None
        return True


@dataclass
class Child:
    """A process of the hub and how to start it again; `stage` 0 is stopped first, `vital` ones must start at all."""

    name: str
    arguments: Sequence[str]
    stage: int
    vital: bool = True
    process: BaseProcess | None = None
    started_at: float = 0.0
    patience: Patience = field(default_factory=Patience)

    def start(self, call: Call, config: Path | None) -> None:
        """Start it; it ends by itself should this process be killed."""
        self.process = fork(call, [*(("--config", str(config)) if config else ()), *self.arguments])
        self.started_at = time.monotonic()

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.is_alive()


@dataclass
class Supervisor:
    """Starts the processes, starts again those that end, and stops them in order.

    `call` runs a command line of the hub; each process calls it once.
    """

    core: Core
    call: Call
    children: list[Child] = field(default_factory=list)
    redis: PrivateServer | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    _lock: ServeLock = field(init=False)
    _redis_patience: Patience = field(default_factory=Patience)
    _redis_started_at: float = 0.0

    def __post_init__(self) -> None:
        self._lock = ServeLock(self.core.data_dir)
        self.children = self.children or children_of(self.core)

    def start(self) -> None:
        """Prepare the database and Redis, start every process, and wait until all are ready.

        Raises HubError when another `hub serve` runs here, the database is a newer hub's, or a vital process ends
        at once; a plugin's service that does so is started again and again, and the others go on.
        """
        self._lock.take()
        try:
            self._prepare()
            began = self.core.clock.now()
            for child in self.children:
                child.start(self.call, self.core.settings.path)
            self._wait_until_ready(began)
        except BaseException:
            self.stop()
            raise
        if self.missing and not self.stopping.is_set():
            log.error("did_not_start", processes=self.missing, detail="they are tried again; `hub check` may help")

    @property
    def missing(self) -> tuple[str, ...]:
        """The processes that should run, and do not."""
        return tuple(child.name for child in self.children if not child.is_alive())

    def run(self) -> None:
        """Keep everything alive until `stopping` is set, then stop it all."""
        try:
            while not self.stopping.wait(LOOK_EVERY_S):
                self._look_after_redis()
                for child in self.children:
                    self._look_after(child)
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop intake first, then the workers once they have finished what is in hand, then Redis."""
        for stage in sorted({child.stage for child in self.children}):
            _stop([child for child in self.children if child.stage == stage])
        if self.redis is not None:
            self.redis.stop()
        self._lock.release()

    def _prepare(self) -> None:
        forget_dead(self.core.data_dir, self.core.clock)
        if self.core.store.is_sqlite:
            self.core.upgrade()
        else:
            self.core.require_schema()
        self.core.store.close()
        self._start_redis()
        prepare()

    def _start_redis(self) -> None:
        if self.core.settings.hub.redis_url:
            return
        self.redis = PrivateServer(self.core.data_dir)
        self._redis_started_at = time.monotonic()
        try:
            self.redis.start()
        except NoServer as error:
            self.redis = None
            log.warning("no_redis", detail=str(error))
        except HubError as error:
            log.error("redis_does_not_start", error=str(error), detail="until it does, workers poll the database")

    def _look_after_redis(self) -> None:
        if self.redis is None or self.redis.is_alive():
            return
        up_for_s = time.monotonic() - self._redis_started_at
        if self._redis_patience.is_over("redis", self.redis.exit_code, up_for_s):
            self._start_redis()

    def _look_after(self, child: Child) -> None:
        if child.is_alive():
            return
        code = child.process.exitcode if child.process else None
        if child.patience.is_over(child.name, code, time.monotonic() - child.started_at):
            forget_dead(self.core.data_dir, self.core.clock)
            child.start(self.call, self.core.settings.path)

    def _wait_until_ready(self, began: datetime) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while not self.stopping.is_set() and time.monotonic() < end:
            dead = sorted({child.name for child in self.children if child.vital and not child.is_alive()})
            if dead:
                raise HubError(f"{', '.join(dead)} did not start; the lines above say why. `hub check` may help.")
            if Counter(child.name for child in self.children if child.is_alive()) <= self._heard_since(began):
                return
            self.stopping.wait(0.05)
        if not self.stopping.is_set():
            log.warning("slow_start", waited_s=READY_WITHIN_S)

    def _heard_since(self, began: datetime) -> Counter[str]:
        """Not what a hub that was killed left behind."""
        found = list(beats(self.core.data_dir, self.core.clock))
        elapsed_s = (self.core.clock.now() - began).total_seconds()
        return Counter(beat.name for beat in found if beat.age_s <= elapsed_s)


def children_of(core: Core) -> list[Child]:
    """The processes that a hub on one machine is made of."""
    workers = core.settings.workers
    return [
        Child("web", ("web",), stage=0),
        *(
            Child(f"service-{name}", ("service", name), stage=0, vital=False)
            for name in sorted(core.plugins.registry.services)
        ),
        *(Child("worker-dispatch", ("worker", "--queue", "dispatch"), stage=1) for _ in range(workers.dispatch)),
        *(Child("worker-background", ("worker", "--queue", "background"), stage=1) for _ in range(workers.background)),
        Child("scheduler", ("scheduler",), stage=1),
    ]


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        if child.process is not None and child.is_alive():
            child.process.terminate()
    end = time.monotonic() + GRACE_S
    for child in children:
        if child.process is None:
            continue
        child.process.join(timeout=max(0.1, end - time.monotonic()))
        if child.is_alive():
            log.warning("process_killed", process=child.name, detail="it did not stop in time")
            child.process.kill()
            child.process.join()
