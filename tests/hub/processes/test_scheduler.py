"""Several schedulers, one leader: what is due is rung for, and the record is mended."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from hub import hookimpl
from hub.contacts.imports.service import Imports
from hub.leader import TERM
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.messages.model import MessageState
from hub.messages.sweep import Sweeper
from hub.plugin_manager import Plugins
from hub.processes import scheduler as scheduler_module
from hub.processes.heartbeat import beats
from hub.processes.scheduler import Scheduler
from hub.store.engine import Store

if TYPE_CHECKING:
    import pytest

    from hub import Hub, Registry
    from hub.queue import Ring
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker


@dataclass
class Bell:
    """Writes down what is rung."""

    rung: list[Ring] = field(default_factory=list)

    def ring(self, ring: Ring) -> None:
        """Write it down."""
        self.rung.append(ring)

    def close(self) -> None:
        """Do nothing."""


class Nightly:
    """A plugin with a periodic job."""

    hub_api = 1

    @hookimpl
    def hub_register_jobs(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_job("nightly", self._run, period_s=3600)

    def _run(self, _: Hub) -> None:
        """Do nothing."""


def rung(hub: TestHub) -> list[tuple[str, ...]]:
    """What a new scheduler rings for."""
    hub.core.doorbell = bell = Bell()
    assert Scheduler(hub.core).tick()
    return sorted((ring.function.rpartition(".")[2], *ring.words) for ring in bell.rung)


def test_one_of_two_leads(hub: TestHub) -> None:
    """The one that came first, as long as it ticks."""
    first, second = Scheduler(hub.core), Scheduler(hub.core)
    for _ in range(30):
        assert (first.tick(), second.tick()) == (True, False)
        hub.clock.advance(seconds=1)


def test_the_other_takes_over_when_the_leader_falls_silent(hub: TestHub) -> None:
    """Ten seconds later, and no sooner; the first does not get it back by waking up."""
    first, second = Scheduler(hub.core), Scheduler(hub.core)
    first.tick()
    hub.clock.advance(TERM)
    too_soon = second.tick()
    hub.clock.advance(timedelta(milliseconds=1))
    assert (too_soon, second.tick(), first.tick()) == (False, True, False)


def test_a_leader_that_stops_lets_the_next_one_lead_at_once(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deploy costs no ten seconds; its sign of life is taken away."""
    monkeypatch.setattr(scheduler_module, "TICK_S", 0.01)
    first, second = Scheduler(hub.core), Scheduler(hub.core)
    ticked = threading.Event()
    monkeypatch.setattr(Sweeper, "recover_leases", lambda _: ticked.set())
    first = Scheduler(hub.core)
    thread = threading.Thread(target=first.run)
    thread.start()
    assert ticked.wait(5)
    led_meanwhile = second.tick()
    first.stopping.set()
    thread.join(timeout=20)
    assert (led_meanwhile, second.tick()) == (False, True)
    assert list(beats(hub.core.data_dir, hub.clock)) == []


def test_nothing_to_do_rings_for_nothing(hub: TestHub) -> None:
    """Workers are left in peace."""
    assert rung(hub) == []


def test_routes_with_something_due_are_rung_for(make: HubMaker) -> None:
    """And no others."""
    hub = make(settings={"HUB_ROUTE_SPARE_CONNECTOR": "carrier", "HUB_ROUTE_SPARE_PRIORITY": "99"})
    hub.send(send_at=hub.clock.now() + timedelta(hours=1))
    early = rung(hub)
    hub.clock.advance(hours=2)
    assert (early, rung(hub)) == ([], [("submit_due", "main")])


def test_campaigns_that_wait_to_be_expanded_are_rung_for(make: HubMaker) -> None:
    """Until they are."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    hub.send("0612345678", "0612345679")
    assert ("expand",) in rung(hub)


def test_periodic_jobs_that_are_due_are_rung_for(make: HubMaker) -> None:
    """Of plugins; a worker runs them."""
    plugins = Plugins()
    plugins.add(Nightly(), "nightly")
    assert rung(make(plugins=plugins)) == [("run_periodic", "nightly")]


def test_what_a_dead_worker_held_is_due_again(hub: TestHub) -> None:
    """Once its lease is over: nothing had been sent."""
    campaign = hub.send().campaign_id
    hub.core.dispatcher._claim(hub.core.routes["main"], hub.core.lines.get("carrier"))
    held = hub.states(campaign)
    hub.clock.advance(minutes=2)
    Scheduler(hub.core).tick()
    assert (held, hub.states(campaign)) == ([MessageState.CLAIMED], [MessageState.PENDING])


def test_a_duty_is_done_as_often_as_it_should_be(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every two seconds, however often the scheduler ticks."""
    done: list[float] = []
    monkeypatch.setattr(Sweeper, "recover_leases", lambda _: done.append(hub.clock.monotonic()))
    scheduler = Scheduler(hub.core)
    for _ in range(10):
        scheduler.tick()
        hub.clock.advance(seconds=1)
    assert done == [0, 2, 4, 6, 8]


def test_duties_of_one_name_are_each_done(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several rooms have something to forget."""
    done: list[str] = []
    monkeypatch.setattr(Sweeper, "forget", lambda _: done.append("keys"))
    monkeypatch.setattr(Imports, "forget", lambda _: done.append("imports"))
    scheduler = Scheduler(hub.core)
    scheduler.tick()
    scheduler.tick()
    assert sorted(done) == ["imports", "keys"]


def test_a_duty_that_fails_leaves_the_others(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again the next time."""

    def fail(_: Sweeper) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(Sweeper, "recover_leases", fail)
    hub.send()
    assert rung(hub) == [("submit_due", "main")]


def test_a_database_that_is_away_does_not_end_a_scheduler(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leads again once the database is back."""

    def fail(_: Store) -> None:
        raise RuntimeError("the server closed the connection")

    scheduler = Scheduler(hub.core)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "write", fail)
        away = scheduler.tick()
    assert (away, scheduler.tick()) == (False, True)


def test_a_redis_that_is_away_is_no_failure(make: HubMaker, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is alarmed twice a minute."""
    hub = make(settings={"HUB_HUB_REDIS_URL": "unix:///nowhere/redis.sock"})
    hub.core.doorbell = Bell()
    Scheduler(hub.core).tick()
    assert "duty_failed" not in capsys.readouterr().out


def test_mail_that_waits_is_rung_for(make: HubMaker) -> None:
    """Once there is a relay to hand it to."""
    hub = make(settings={"HUB_SMTP_HOST": "127.0.0.1"})
    put_a_mail(hub)
    assert rung(hub) == [("send_mails",)]


def test_without_a_relay_mail_is_not_rung_for(hub: TestHub) -> None:
    """Nobody could send it."""
    put_a_mail(hub)
    assert rung(hub) == []


def test_mail_of_a_week_ago_is_given_up(hub: TestHub) -> None:
    """Relay or none."""
    put_a_mail(hub)
    hub.clock.advance(timedelta(days=8))
    Scheduler(hub.core).tick()
    assert [one.state for one in hub.core.mails.all()] == ["expired"]


def put_a_mail(hub: TestHub) -> None:
    """Keep a mail to be sent."""
    mail = OutgoingMail(hub.account.id, "inbound", "1", "a@salon.example", "SMS", "Oui")
    with hub.core.write() as connection:
        post(connection, [mail], hub.clock.now())
