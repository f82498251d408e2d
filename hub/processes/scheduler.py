"""The scheduler process: whoever holds the lease ticks, mends the record and rings the doorbells."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from hub.bootstrap import redis_url_of
from hub.errors import HubError
from hub.failpoints import failpoint
from hub.leader import Lease
from hub.periodic import Periodic
from hub.processes.heartbeat import Heart, forget_dead
from hub.queue import clean_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.bootstrap import Core

TICK_S = 1.0
YOUNG_RECEIPT = timedelta(minutes=10)
"""Parked receipts of this age are tried every few seconds; older ones, mostly nobody's, every hour."""

log = structlog.get_logger(__name__)


@dataclass
class Scheduler:
    """Ticks while it leads; several may run, one leads."""

    core: Core
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lease = Lease(self.core.store, self.core.clock)
        self._last: dict[int, float] = {}
        sweeper = self.core.sweeper
        self._duties: tuple[tuple[float, Callable[[], object]], ...] = (
            (TICK_S, self.core.failover.fail_over),
            (TICK_S, self._ring_for_messages),
            (TICK_S, self._ring_for_the_rest),
            (2.0, sweeper.recover_leases),
            (5.0, self._retry_young_receipts),
            (5.0, sweeper.finish_campaigns),
            (2.0, self.core.store.checkpoint),
            (30.0, sweeper.give_up_waiting),
            (30.0, self.core.freezer.freeze_figures),
            (30.0, sweeper.reroute),
            (30.0, self.core.campaigns.finish_cancelling),
            (30.0, self.core.held.expire_held),
            (60.0, self.core.held.forget_counted),
            (30.0, self._clean_up_redis),
            (60.0, self._forget_dead),
            (60.0, sweeper.forget_last_texts),
            (60.0, self.core.lists.clear_deleted),
            (30.0, self.core.erasures.go_on),
            (3600.0, self.core.retention.empty_old),
            (3600.0, self.core.imports.forget),
            (3600.0, sweeper.forget),
            (3600.0, self.core.settler.retry_parked),
            (3600.0, self.core.settler.forget_parked),
            (600.0, self.core.mails.expire_old),
            (3600.0, self.core.mails.forget_ended),
            (60.0, self.core.counting.count_entries),
            (30.0, self.core.balance_alerts.look),
            (3600.0, self.core.post_paid.order_months),
            (3600.0, self.core.validity.tell_idle),
            (3600.0, self.core.webhooks.forget_old),
            (3600.0, self.core.links.forget_dead),
            (3600.0, self.core.files.forget_files),
        )

    def run(self) -> None:
        """Tick until `stopping` is set, then let the next one lead at once."""
        heart = Heart(self.core.data_dir, "scheduler", self.core.clock)
        heart.start()
        while not self.stopping.wait(TICK_S):
            self.tick()
        self._guarded("let_go", self._lease.release)
        self.core.close()
        heart.stop()

    def tick(self) -> bool:
        """Do what is due, if this one leads; a duty that fails keeps the others from nothing."""
        if not self._guarded("lead", self._lease.acquire):
            return False
        failpoint("tick.leading")
        for place, (period_s, duty) in enumerate(self._duties):  # by its place: names may be alike
            now = self.core.clock.monotonic()
            if now - self._last.get(place, -1e9) >= period_s - TICK_S / 2:
                self._last[place] = now
                self._guarded(duty.__qualname__, duty)
                failpoint("tick.duty_done")
        return True

    def _guarded(self, name: str, duty: Callable[[], object]) -> object:
        """What a duty gives, or None: the database may be away, and comes back."""
        try:
            return duty()
        except HubError as error:
            log.warning("try_again_later", duty=name, error=str(error))
        except Exception:
            log.exception("duty_failed", duty=name)
        return None

    def _retry_young_receipts(self) -> None:
        self.core.settler.retry_parked(younger_than=YOUNG_RECEIPT)

    def _ring_for_messages(self) -> None:
        for route in self.core.dispatcher.due_routes():
            self.core.ring_dispatch(route)

    def _ring_for_the_rest(self) -> None:
        if self.core.sweeper.has_chunks():
            self.core.ring_expand()
        if self.core.desk.has_new():
            self.core.ring_inbound()
        for name in Periodic(self.core.store, self.core.clock, self.core.plugins.registry.jobs).due():
            self.core.ring_periodic(name)
        if self.core.postman.has_due():
            self.core.ring_mails()
        if self.core.import_work.has_work():
            self.core.ring_imports()
        if self.core.deliverer.has_due():
            self.core.ring_events()

    def _clean_up_redis(self) -> None:
        url = redis_url_of(self.core.settings)
        if url is not None:
            clean_up(url)

    def _forget_dead(self) -> None:
        forget_dead(self.core.data_dir, self.core.clock)
