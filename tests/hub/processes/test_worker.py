"""A worker in one process: jobs, polls, and what goes wrong in them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hub import InboundText, hookimpl
from hub.errors import StoreUnavailable
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.messages.model import MessageState
from hub.plugin_manager import Plugins
from hub.processes import worker as worker_module
from hub.processes.heartbeat import beats
from hub.processes.worker import Worker
from hub.queue import QueueName, Ring
from hub.testing.connector import FakeConnector, FakeSettings
from hub.testing.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub import Hub, Registry
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


@dataclass
class SecondCarrier:
    """A plugin that brings a connector of the type `second`."""

    connector: FakeConnector
    hub_api: int = 1

    @hookimpl
    def hub_register_connectors(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_connector("second", FakeSettings, lambda *_: self.connector)


@dataclass
class Nightly:
    """A plugin with two periodic jobs, one of which does what a test says."""

    does: Callable[[], object] = lambda: None
    ran: list[str] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_register_jobs(self, registry: Registry) -> None:
        """Bring them."""
        registry.add_job("odd", self._odd, period_s=1)
        registry.add_job("well", self._well, period_s=1)

    def _odd(self, _: Hub) -> None:
        self.ran.append("odd")
        self.does()

    def _well(self, _: Hub) -> None:
        self.ran.append("well")


def until(true: Callable[[], object], within_s: float = 20.0) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end and not true():
        time.sleep(0.01)
    return bool(true())


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that poll twenty times a second, and wait half a second for jobs in hand."""
    monkeypatch.setattr(worker_module, "POLL_S", 0.05)
    monkeypatch.setattr(worker_module, "JOBS_MAY_TAKE_S", 0.5)


@pytest.fixture
def running(quick: None, hub: TestHub) -> Iterator[Worker]:  # noqa: ARG001 - it sets the pace
    """A dispatch worker that runs in a thread."""
    made = Worker(hub.core, QueueName.DISPATCH)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stopping.set()
    thread.join(timeout=10)
    assert not thread.is_alive()


def test_what_is_due_is_submitted(hub: TestHub) -> None:
    """As a ring asks for it."""
    campaign = hub.send("0612345678", "0612345679").campaign_id
    Worker(hub.core, QueueName.DISPATCH).submit_due("main")
    assert hub.states(campaign) == [MessageState.SUBMITTED] * 2


def test_a_worker_that_is_to_stop_begins_nothing(make: HubMaker) -> None:
    """Neither a submit, nor an expansion, nor a job."""
    nightly = Nightly()
    plugins = Plugins()
    plugins.add(nightly, "nightly")
    hub = make(plugins=plugins, settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    worker = Worker(hub.core, QueueName.DISPATCH)
    worker.stopping.set()
    small, large = hub.send().campaign_id, hub.send("0612345678", "0612345679").campaign_id
    worker.submit_due("main")
    worker.expand()
    worker.run_periodic("well")
    worker._finish_what_is_in_hand()
    assert (hub.states(small), hub.states(large), nightly.ran) == ([MessageState.PENDING], [], [])


def test_more_than_one_turn_takes_is_rung_for_again(make: HubMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other routes have their turn in between."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "1"})
    hub.core.doorbell = bell = Bell()
    hub.send("0612345678", "0612345679")
    bell.rung.clear()
    one_round = lambda self, route, **_: self._round(self.routes[route], self.lines.get("carrier")).count  # noqa: E731 - a turn that is soon over
    monkeypatch.setattr(type(hub.core.dispatcher), "drain", one_round)
    worker = Worker(hub.core, QueueName.DISPATCH)
    worker.submit_due("main")
    worker.submit_due("main")
    assert [(ring.queue, ring.words) for ring in bell.rung] == [(QueueName.DISPATCH, ("main",))]


def test_large_campaigns_are_expanded(make: HubMaker) -> None:
    """Chunk after chunk, until none is left."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    campaign = hub.send(*[f"061234567{digit}" for digit in range(5)]).campaign_id
    Worker(hub.core, QueueName.BACKGROUND).expand()
    assert len(hub.states(campaign)) == 5


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("odd")])
def test_what_goes_wrong_does_not_end_the_worker_nor_hold_it_up(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The lock that jobs share is free again at once."""

    def fail(*_: object, **__: object) -> int:
        raise error

    worker = Worker(hub.core, QueueName.DISPATCH)
    with monkeypatch.context() as patch:
        patch.setattr(type(hub.core.dispatcher), "drain", fail)
        began = time.monotonic()
        worker.submit_due("main")
        assert time.monotonic() - began < 0.5
    campaign = hub.send().campaign_id
    worker.submit_due("main")
    assert hub.states(campaign) == [MessageState.SUBMITTED]


def test_a_worker_looks_for_itself(running: Worker, hub: TestHub) -> None:
    """Nobody rings here; what is due is found."""
    campaign = hub.send().campaign_id
    assert until(lambda: hub.states(campaign) == [MessageState.SUBMITTED])
    assert not running.stopping.is_set()


def test_a_worker_leaves_what_was_rung_for_to_the_ring_at_first(running: Worker, hub: TestHub) -> None:
    """Where there is a doorbell; what has been due for a second was not heard, and is found."""
    running.core.doorbell = Bell()
    campaign = hub.send().campaign_id
    time.sleep(0.3)
    at_first = hub.states(campaign)
    hub.clock.advance(seconds=2)
    assert until(lambda: hub.states(campaign) == [MessageState.SUBMITTED])
    assert at_first == [MessageState.PENDING]


def test_a_worker_finishes_what_it_was_rung_for(hub: TestHub) -> None:
    """It is told to stop in the middle of a submit: the answer is recorded, and only then is the line closed."""
    submitting, go_on = threading.Event(), threading.Event()

    def take_time(_: object) -> None:
        submitting.set()
        go_on.wait(5)

    hub.carrier.before = take_time
    worker = Worker(hub.core, QueueName.DISPATCH)
    campaign = hub.send().campaign_id
    rung_for = threading.Thread(target=worker.submit_due, args=("main",))
    rung_for.start()
    assert submitting.wait(5)
    worker.stopping.set()
    process = threading.Thread(target=worker.run)
    process.start()
    time.sleep(0.2)
    assert (process.is_alive(), hub.carrier.closed) == (True, 0)
    go_on.set()
    process.join(timeout=20)
    rung_for.join(timeout=20)
    assert (hub.states(campaign), hub.carrier.closed) == ([MessageState.SUBMITTED], 1)


def test_a_worker_waits_for_the_periodic_jobs_in_hand(make: HubMaker) -> None:
    """For a while: what they began is finished."""
    finished: list[str] = []

    def take_time() -> None:
        time.sleep(0.3)
        finished.append("odd")

    plugins = Plugins()
    plugins.add(Nightly(does=take_time), "nightly")
    worker = Worker(make(plugins=plugins).core, QueueName.BACKGROUND)
    worker.run_periodic("odd")
    worker.stopping.set()
    worker.run()
    assert finished == ["odd"]


def test_a_connector_that_fails_to_close_does_not_keep_a_worker_from_ending_well(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sign of life is taken away, too."""

    def fail() -> None:
        raise RuntimeError("the line is stuck")

    monkeypatch.setattr(hub.carrier, "close", fail)
    hub.core.lines.get("carrier")
    worker = Worker(hub.core, QueueName.DISPATCH)
    worker.stopping.set()
    worker.run()
    assert list(beats(hub.core.data_dir, hub.clock)) == []


def test_a_periodic_job_runs_once_a_period(make: HubMaker) -> None:
    """However often it is rung for."""
    nightly = Nightly()
    plugins = Plugins()
    plugins.add(nightly, "nightly")
    hub = make(plugins=plugins)
    worker = Worker(hub.core, QueueName.BACKGROUND)
    for _ in range(3):
        worker.run_periodic("well")
        worker._finish_what_is_in_hand()
    hub.clock.advance(seconds=2)
    worker.run_periodic("well")
    worker._finish_what_is_in_hand()
    assert nightly.ran == ["well", "well"]


def test_a_job_that_hangs_hangs_alone(
    quick: None,  # noqa: ARG001 - it sets the pace
    make: HubMaker,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The other job runs, campaigns are expanded, and the worker stops; it is said which one hangs, once."""
    forever = threading.Event()
    nightly = Nightly(does=forever.wait)
    plugins = Plugins()
    plugins.add(nightly, "nightly")
    hub = make(plugins=plugins, settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    worker = Worker(hub.core, QueueName.BACKGROUND)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert until(lambda: sorted(nightly.ran) == ["odd", "well"])  # each has a thread of its own: in either order
    campaign = hub.send("0612345678", "0612345679").campaign_id
    hub.clock.advance(seconds=2)
    assert until(lambda: nightly.ran.count("well") == 2 and len(hub.states(campaign)) == 2)
    time.sleep(0.2)
    worker.stopping.set()
    thread.join(timeout=20)
    stopped = not thread.is_alive()
    forever.set()
    assert stopped
    assert capsys.readouterr().out.count("periodic_job_still_runs") == 1


def test_a_job_that_raises_runs_again_next_time(make: HubMaker) -> None:
    """Its failure is its own."""

    def fail() -> None:
        raise RuntimeError("odd")

    nightly = Nightly(does=fail)
    plugins = Plugins()
    plugins.add(nightly, "nightly")
    hub = make(plugins=plugins)
    worker = Worker(hub.core, QueueName.BACKGROUND)
    for _ in range(2):
        worker.run_periodic("odd")
        worker._finish_what_is_in_hand()
        hub.clock.advance(seconds=2)
    assert nightly.ran == ["odd", "odd"]


def test_a_carrier_that_hangs_holds_up_its_own_routes_only(quick: None, make: HubMaker) -> None:  # noqa: ARG001 - it sets the pace
    """The other carrier gets its messages meanwhile; and the worker ends well once the call has."""
    hanging, go_on, second, plugins = threading.Event(), threading.Event(), FakeConnector(), Plugins()
    plugins.add(SecondCarrier(second), "second_carrier")
    routes = {"HUB_CONNECTOR_OTHER_TYPE": "second", "HUB_ROUTE_BELGIUM_CONNECTOR": "other"}
    hub = make(
        plugins=plugins, settings={**routes, "HUB_ROUTE_BELGIUM_COUNTRIES": "BE", "HUB_ROUTE_MAIN_COUNTRIES": "FR"}
    )

    def hang(_: object) -> None:
        hanging.set()
        go_on.wait(10)

    hub.carrier.before = hang
    worker = Worker(hub.core, QueueName.DISPATCH)
    process = threading.Thread(target=worker.run)
    process.start()
    stuck = hub.send("0612345678").campaign_id
    assert hanging.wait(5)
    free = [hub.send("+32470123456").campaign_id for _ in range(3)]
    passed = until(lambda: all(hub.states(one) == [MessageState.SUBMITTED] for one in free))
    held_up = hub.states(stuck)
    worker.stopping.set()
    go_on.set()
    process.join(timeout=20)
    assert (passed, held_up, process.is_alive()) == (True, [MessageState.SUBMITTING], False)
    assert hub.states(stuck) == [MessageState.SUBMITTED]


def put_mails(hub: TestHub, *keys: str) -> None:
    """Keep mails to be sent."""
    mails = [OutgoingMail(hub.account.id, "inbound", key, "a@salon.example", "SMS", "Oui") for key in keys]
    with hub.core.write() as connection:
        post(connection, mails, hub.clock.now())


@pytest.mark.usefixtures("quick")
def test_a_background_worker_sends_mail_that_nobody_rang_for(make: HubMaker) -> None:
    """A lost ring costs a second."""
    with Relay() as relay:
        hub = make(settings=relay.environ())
        worker = Worker(hub.core, QueueName.BACKGROUND)
        thread = threading.Thread(target=worker.run)
        thread.start()
        put_mails(hub, "1", "2")
        try:
            assert until(lambda: len(relay.mails) == 2, 20)
        finally:
            worker.stopping.set()
            thread.join(timeout=20)


def test_mail_is_sent_by_one_thread_of_a_worker(make: HubMaker) -> None:
    """However often it is rung for."""
    with Relay() as relay:
        hub = make(settings=relay.environ())
        put_mails(hub, *map(str, range(10)))
        worker = Worker(hub.core, QueueName.BACKGROUND)
        for _ in range(5):
            worker.send_mails()
        worker._finish_what_is_in_hand()
        assert (sorted(relay.times.values()), worker.core.mails.all()) == ([1] * 10, ())


def test_a_worker_that_is_to_stop_sends_no_mail(make: HubMaker) -> None:
    """Another one does."""
    with Relay() as relay:
        hub = make(settings=relay.environ())
        put_mails(hub, "1")
        worker = Worker(hub.core, QueueName.BACKGROUND)
        worker.stopping.set()
        worker.send_mails()
        worker._finish_what_is_in_hand()
        assert relay.mails == []


def test_a_text_from_a_phone_is_worked_off_within_a_poll(quick: None, hub: TestHub) -> None:  # noqa: ARG001 - it sets the pace
    """By a background worker, though nobody has rung."""
    made = Worker(hub.core, QueueName.BACKGROUND)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        hub.core.inbox.take("carrier", [InboundText("+33612345678", "36180", "Oui", "1")])
        assert until(lambda: hub.core.texts.latest()[0].done)
    finally:
        made.stopping.set()
        thread.join(timeout=10)


def test_a_ring_wakes_who_works_texts_off(monkeypatch: pytest.MonkeyPatch, hub: TestHub) -> None:
    """Long before it would have looked by itself."""
    monkeypatch.setattr(worker_module, "POLL_S", 60.0)
    made = Worker(hub.core, QueueName.BACKGROUND)
    desk = threading.Thread(target=made._attend)
    desk.start()
    try:
        hub.core.inbox.take("carrier", [InboundText("+33612345678", "36180", "Oui", "1")])
        made.handle_inbound()
        assert until(lambda: hub.core.texts.latest()[0].done)
    finally:
        made.stopping.set()
        made.handle_inbound()
        desk.join(timeout=10)


def test_whoever_takes_a_text_in_rings_for_it(hub: TestHub) -> None:
    """Once per call, after the commit."""
    bell = Bell()
    hub.core.doorbell = bell
    hub.core.inbox.take("carrier", [InboundText("+33612345678", "36180", "Oui", "1")])
    assert [(ring.queue, ring.name) for ring in bell.rung] == [(QueueName.BACKGROUND, "handle_inbound")]


def test_a_worker_opens_its_lines_though_there_is_nothing_to_submit(running: Worker, hub: TestHub) -> None:
    """What a carrier owes from before should not wait for the next text."""
    assert until(lambda: hub.carrier.sink is not None)
    assert not running.stopping.is_set()
