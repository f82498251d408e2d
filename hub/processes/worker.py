"""A worker process: does what the doorbell says, and looks for itself when the doorbell stays silent."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

import structlog

from hub.bootstrap import redis_url_of
from hub.errors import HubError
from hub.listener import Listener
from hub.periodic import Periodic
from hub.processes.heartbeat import Heart
from hub.processes.lifeline import wait_for
from hub.processes.turns import Turns
from hub.queue import NoDoorbell, QueueName

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.bootstrap import Core

POLL_S = 1.0
"""How often a worker looks for work itself: what it costs to have no doorbell; a silent one costs twice that."""
GRACE = timedelta(seconds=1)
"""What has been due for this long was not rung for, where there is a doorbell."""

TURN_S = 5.0
SHORT_TURN_S = 0.5
"""For how long a route is worked on; where several share a connector, an alert on one waits for the turn of another."""

JOBS_MAY_TAKE_S = 10.0
"""How long a worker that stops waits for the periodic jobs in hand."""

log = structlog.get_logger(__name__)


@dataclass
class Worker:
    """One worker process on one queue. Jobs and polls share a connector, one at a time.

    Where there are several connectors, each has a thread that works on its routes.
    """

    core: Core
    queue: QueueName
    stopping: threading.Event = field(default_factory=threading.Event)
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _bell: threading.Event = field(default_factory=threading.Event)
    _jobs: dict[str, threading.Thread] = field(default_factory=dict)
    _turns: dict[str, Turns] = field(default_factory=dict)
    _late: WeakSet[threading.Thread] = field(default_factory=WeakSet)

    def run(self) -> None:
        """Work until `stopping` is set; then finish what is in hand."""
        poller = threading.Thread(target=self._poll, name="poller")
        desk = threading.Thread(target=self._attend, name="desk")
        url = redis_url_of(self.core.settings)
        listener = Listener(url, self.queue, self) if url else None
        heart = Heart(self.core.data_dir, f"worker-{self.queue}", self.core.clock, is_well=poller.is_alive)
        self._start_turns()
        poller.start()
        if self.queue is QueueName.BACKGROUND:
            desk.start()
        heart.start()
        if listener is not None:
            listener.start()
        try:
            wait_for(self.stopping)
        finally:
            self.stopping.set()
            poller.join()
            for turns in self._turns.values():
                turns.stop()
            self._bell.set()
            if desk.ident is not None:
                desk.join()
            self._finish_what_is_in_hand()
            if listener is not None:
                listener.stop()
            self._guarded(self._let_go)
            heart.stop()

    def submit_due(self, route: str) -> None:
        """Submit what is due on a route, then ring again if there is more: others want their turn."""
        known = self.core.routes.get(route)
        turns = self._turns.get(known.connector) if known else None
        if turns is not None:
            turns.ask(route)
        elif self._do(lambda: self._drain(route)):
            self._ring_if_more(route)

    def expand(self) -> None:
        """Expand large campaigns, chunk after chunk."""
        while self._do(self.core.expander.expand_next):
            pass

    def work_imports(self) -> None:
        """Start reading and storing files of contacts; where that is being done, what is new comes next."""
        self._start("imports", self._work_imports_off)

    def handle_inbound(self) -> None:
        """Wake who works texts from phones off: a thread of its own, for long lists must not hold answers up."""
        self._bell.set()

    def run_periodic(self, name: str) -> None:
        """Start a plugin's periodic job, if it is due."""
        running = self._start(f"job {name}", partial(self._periodic.run, self.core, name))
        if running is not None:
            self._warn_once(running)

    def send_mails(self) -> None:
        """Start sending the hub's own mail; where that is being done, what is new goes with it."""
        self._start("mails", partial(self.core.postman.send_due, self.stopping.is_set))

    def deliver_events(self) -> None:
        """Start telling webhooks what waits; where that is being done, what is new goes with it."""
        self._start("webhooks", partial(self.core.deliverer.deliver_due, self.stopping.is_set))

    def _start(self, name: str, act: Callable[[], int | bool]) -> threading.Thread | None:
        """Start a job in a thread of its own, so that one that hangs hangs alone; the thread that still does it."""
        with self._busy:
            running = self._jobs.get(name)
            if running is not None and running.is_alive():
                return None if self.stopping.is_set() else running
            if not self.stopping.is_set():
                thread = threading.Thread(target=self._guarded, args=(act,), name=name, daemon=True)
                self._jobs[name] = thread
                thread.start()
        return None

    def _work_imports_off(self) -> int:
        done = 0
        while not self.stopping.is_set() and self.core.import_work.work_next():
            done += 1
        return done

    def _start_turns(self) -> None:
        connectors = {route.connector for route in self.core.routes.values()}
        if self.queue is not QueueName.DISPATCH or len(connectors) == 1:
            return
        self._turns |= {name: Turns(name, self._have_turn) for name in sorted(connectors)}
        for turns in self._turns.values():
            turns.start()

    def _have_turn(self, route: str) -> None:
        if not self.stopping.is_set() and self._guarded(lambda: self._drain(route)):
            self._guarded(lambda: self._ring_if_more(route))

    def _drain(self, route: str) -> int:
        mine = self.core.routes.get(route)
        beside = sum(one.connector == mine.connector for one in self.core.routes.values()) if mine else 0
        turn_s = SHORT_TURN_S if beside > 1 else TURN_S
        return self.core.dispatcher.drain(route, budget_s=turn_s, stop=self.stopping.is_set)

    def _ring_if_more(self, route: str) -> bool:
        more = not self.stopping.is_set() and route in self.core.dispatcher.due_routes()
        if more:
            self.core.ring_dispatch(route)
            turns = self._turns.get(self.core.routes[route].connector)
            if turns is not None:  # the bell may have nobody to ring it
                turns.ask(route)
        return more

    @property
    def _periodic(self) -> Periodic:
        return Periodic(self.core.store, self.core.clock, self.core.plugins.registry.jobs)

    def _poll(self) -> None:
        look = self._look_for_messages if self.queue is QueueName.DISPATCH else self._look_for_the_rest
        while not self.stopping.wait(POLL_S):
            self._guarded(look)

    def _attend(self) -> None:
        while not self.stopping.is_set():
            self._bell.wait(POLL_S)
            self._bell.clear()
            while not self.stopping.is_set() and self._guarded(self._work_off):
                pass

    def _work_off(self) -> int:
        return self.core.desk.work_off(self.core, self.stopping.is_set)

    def _look_for_messages(self) -> int:
        nobody_rings = isinstance(self.core.doorbell, NoDoorbell)
        due = self.core.dispatcher.due_routes(since=timedelta(0) if nobody_rings else GRACE)
        for route in due:
            self.submit_due(route)
        for route in self.core.dispatcher.closed_lines():
            self._open_line(route)
        return len(due)

    def _open_line(self, route: str) -> None:
        """What a carrier owes since before this worker began should not wait for the next message."""
        turns = self._turns.get(self.core.routes[route].connector)
        if turns is not None:
            turns.ask(route)
        else:
            self._do(lambda: self.core.dispatcher.open_line(route))

    def _look_for_the_rest(self) -> int:
        if self.core.sweeper.has_chunks():
            self.expand()
        due = self._periodic.due()
        for name in due:
            self.run_periodic(name)
        if self.core.postman.has_due():
            self.send_mails()
        if self.core.import_work.has_work():
            self.work_imports()
        if self.core.deliverer.has_due():
            self.deliver_events()
        return len(due)

    def _finish_what_is_in_hand(self) -> None:
        with self._busy:
            running = list(self._jobs.values())
        end = time.monotonic() + JOBS_MAY_TAKE_S
        for thread in running:
            thread.join(timeout=max(0.0, end - time.monotonic()))

    def _let_go(self) -> bool:
        self.core.close()
        return True

    def _warn_once(self, running: threading.Thread) -> None:
        if running not in self._late:
            self._late.add(running)
            log.warning("periodic_job_still_runs", job=running.name, detail="it is due again, and has not ended")

    def _do(self, act: Callable[[], int | bool]) -> int:
        with self._busy:
            return 0 if self.stopping.is_set() else self._guarded(act)

    def _guarded(self, act: Callable[[], int | bool]) -> int:
        """What must not end the worker is logged: the database may be away, and comes back."""
        try:
            return int(act())
        except HubError as error:
            log.warning("try_again_later", error=str(error))
        except Exception:
            log.exception("worker_stumbled")
        return 0
