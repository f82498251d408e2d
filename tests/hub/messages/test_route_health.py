"""What all workers know of a route, and how they come to know it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from hub.compliance.model import Purpose
from hub.errors import PermanentFailure, TemporaryFailure, Throttled
from hub.messages.breaker import Condition, Failure, RouteState, Success
from hub.messages.connector import Capabilities, NotSent, Rejected, Submitted, Unknown
from hub.messages.model import CampaignRequest, FailureReason, MessageState, Recipient
from hub.messages.route_report import route_reports
from hub.messages.tables import messages
from hub.testing.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from hub.messages.connector import Outcome
    from hub.messages.model import OutgoingMessage
    from hub.messages.route_report import RouteReport
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

    from .conftest import Twin

PENDING, SUBMITTED, UNKNOWN = MessageState.PENDING, MessageState.SUBMITTED, MessageState.UNKNOWN


def numbers(count: int) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(count)]


def state(hub: TestHub) -> RouteState:
    """What is known of the only route."""
    return hub.core.route_health.states()["main"]


def report(hub: TestHub) -> RouteReport:
    """What an operator sees of the only route."""
    hub.core.route_health.flush_all()
    with hub.core.read() as connection:
        return route_reports(connection, hub.core.routes.values(), hub.clock.now())[0]


def refuse(hub: TestHub, error: Exception | None = None) -> list[int]:
    """Let the carrier take nothing from now on; the sizes of what it was asked to take."""
    asked: list[int] = []

    def fail(batch: Sequence[OutgoingMessage]) -> None:
        asked.append(len(batch))
        raise error or TemporaryFailure("connection refused")

    hub.carrier.before = fail
    return asked


def take_again(hub: TestHub) -> None:
    """Let the carrier be well."""
    hub.carrier.before = lambda _: None


def drains(hub: TestHub, count: int, every_s: float) -> None:
    """A worker looks again and again."""
    for _ in range(count):
        hub.drain()
        hub.clock.advance(seconds=every_s)


@pytest.fixture
def steady(hub: TestHub) -> TestHub:
    """A hub that leaves nothing to chance."""
    hub.core.route_health.chance = lambda: 0.0
    return hub


# --- open, tried, closed ---


def test_a_carrier_that_refuses_connections_is_asked_less_and_less(
    steady: TestHub, logs: list[MutableMapping[str, Any]]
) -> None:
    """Ten minutes: a try now and then with one message each, one alarm, and nothing lost (F19)."""
    asked = refuse(steady)
    answer = steady.send(*numbers(20))
    drains(steady, 120, 5.0)
    alarms = [line for line in logs if line["event"] == "route_opened"]
    assert (len(asked) <= 45, asked[3:], len(alarms)) == (True, [1] * len(asked[3:]), 1)
    assert set(steady.states(answer.campaign_id)) == {PENDING}


def test_once_it_is_well_everything_leaves_once(steady: TestHub) -> None:
    """After one try with one message (F19)."""
    refuse(steady)
    answer = steady.send(*numbers(20))
    drains(steady, 10, 1.0)
    take_again(steady)
    steady.clock.advance(minutes=5)
    steady.drain()
    assert (set(steady.states(answer.campaign_id)), set(steady.carrier.counts.values())) == ({SUBMITTED}, {1})
    assert (state(steady).condition, len(steady.carrier.taken)) == (Condition.CLOSED, 20)


def test_a_connector_that_does_not_open_is_no_better_than_one_that_refuses(
    steady: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its route opens after three tries (F19)."""
    tries = []

    def refuse_to_open(_: object) -> None:
        tries.append(1)
        raise OSError("connection refused")

    monkeypatch.setattr(steady.carrier, "open", refuse_to_open)
    steady.send()
    drains(steady, 14, 0.5)
    assert (state(steady).condition, len(tries)) == (Condition.OPEN, 3)


def test_a_wrong_password_is_tried_once_a_minute(steady: TestHub) -> None:
    """Carriers lock out who knocks too often."""
    asked = refuse(steady, PermanentFailure("wrong password"))
    steady.send()
    drains(steady, 20, 2.9)
    assert (state(steady).condition, asked) == (Condition.OPEN, [1])


def test_answers_that_are_lost_again_and_again_open_a_route(steady: TestHub) -> None:
    """What was handed over stays in doubt, and no more is risked."""
    steady.carrier.answer = lambda _: Unknown("no answer")
    steady.core.dispatcher._stride(steady.core.routes["main"]).size = 2
    answer = steady.send(*numbers(20))
    drains(steady, 4, 1.0)
    found = steady.states(answer.campaign_id)
    assert (found.count(UNKNOWN), found.count(PENDING), state(steady).condition) == (6, 14, Condition.OPEN)


def test_a_carrier_that_takes_its_time_is_left_too(make: HubMaker) -> None:
    """A call of forty seconds did its work, and is a failure all the same."""
    hub = make(settings={"HUB_ROUTE_MAIN_SLOW_AFTER_S": "30", "HUB_ROUTE_MAIN_OPEN_AFTER": "2"})
    hub.carrier.before = lambda _: hub.clock.advance(seconds=40)
    answer = hub.send(*numbers(2))
    hub.core.dispatcher._stride(hub.core.routes["main"]).size = 1
    drains(hub, 2, 0.0)
    assert (set(hub.states(answer.campaign_id)), state(hub).condition) == ({SUBMITTED}, Condition.OPEN)


def test_one_worker_tries_a_route_while_the_others_wait(steady: TestHub, twin: Twin) -> None:
    """With one message; nobody else hands anything over meanwhile."""
    refuse(steady)
    steady.send(*numbers(5))
    drains(steady, 4, 1.0)
    steady.clock.advance(seconds=10)
    other, seen = twin(steady), []
    steady.carrier.before = lambda batch: seen.append((len(batch), other.dispatcher.drain("main")))
    steady.core.dispatcher.drain("main", budget_s=0)
    assert seen[0] == (1, 0)


def test_a_worker_that_dies_at_the_try_is_followed_by_another(steady: TestHub) -> None:
    """Once its lease is over."""
    steady.core.route_health.note("main", Failure("away", is_final=True))
    steady.send()
    steady.clock.advance(seconds=60)
    began = steady.core.route_health.begin_probe("main", steady.clock.now() + timedelta(seconds=60))
    first = steady.drain()
    steady.clock.advance(seconds=60)
    assert (began, first, steady.drain(), state(steady).condition) == (True, 0, 1, Condition.CLOSED)


def test_a_route_without_messages_stays_open_and_its_line_is_tried(steady: TestHub) -> None:
    """Only a message can show that messages are taken again; what comes in needs the line now."""
    steady.core.route_health.note("main", Failure("away", is_final=True))
    steady.clock.advance(seconds=60)
    assert (steady.drain(), state(steady).condition) == (0, Condition.OPEN)
    assert steady.core.lines.is_open("carrier")


def test_a_line_that_does_not_open_is_tried_less_and_less_without_any_message(
    steady: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is open soon after the carrier is back (F19)."""
    tries = []

    def refuse_to_open(_: object) -> None:
        tries.append(1)
        raise OSError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(steady.carrier, "open", refuse_to_open)
        for _ in range(100):
            for route in steady.core.dispatcher.closed_lines():
                steady.core.dispatcher.open_line(route)
            steady.clock.advance(seconds=1)
    steady.clock.advance(minutes=5)
    opened = [steady.core.dispatcher.open_line(route) for route in steady.core.dispatcher.closed_lines()]
    assert (len(tries) <= 12, opened, steady.core.dispatcher.closed_lines()) == (True, [True], ())


def test_a_try_whose_message_may_not_leave_any_more_is_made_with_the_next(steady: TestHub) -> None:
    """It was cancelled, say; the route is to be tried again a second later."""
    steady.core.route_health.note("main", Failure("away", is_final=True))
    answer = steady.send(send_at=steady.clock.now() + timedelta(seconds=1))
    steady.clock.advance(hours=49)
    steady.drain()
    steady.send()
    steady.clock.advance(seconds=1)
    assert steady.states(answer.campaign_id) == [MessageState.EXPIRED]
    assert (steady.drain(), state(steady).condition) == (1, Condition.CLOSED)


# --- shared by all workers ---


def test_a_carrier_that_says_later_is_left_alone_by_every_worker(steady: TestHub, twin: Twin) -> None:
    """For as long as it asked, whoever was told."""
    asked = refuse(steady, TemporaryFailure("later", retry_after=timedelta(seconds=30)))
    steady.send()
    steady.drain()
    other = twin(steady)
    found = other.dispatcher.drain("main"), other.dispatcher.due_routes()
    take_again(steady)
    steady.clock.advance(seconds=30)
    assert (found, asked, other.dispatcher.drain("main")) == ((0, ()), [1], 1)


def test_a_worker_whose_claim_comes_late_hears_of_the_rest(steady: TestHub, twin: Twin) -> None:
    """It is asked with every claim, not only when a drain begins."""
    steady.send(*numbers(30))
    other = twin(steady)
    steady.carrier.before = lambda _: other.route_health.note("main", Failure("away", 30.0))
    assert steady.drain() == 4


def test_failures_of_several_workers_are_counted_together(steady: TestHub, twin: Twin) -> None:
    """Three in a row, whoever met them."""
    refuse(steady)
    steady.send()
    for core in (steady.core, twin(steady), twin(steady)):
        core.dispatcher.drain("main")
        steady.clock.advance(seconds=2)
    assert state(steady).condition is Condition.OPEN


def test_the_success_of_another_ends_the_row(steady: TestHub, twin: Twin) -> None:
    """Though this worker knows of failures only."""
    other = twin(steady)
    for _ in range(4):
        steady.core.route_health.note("main", Failure("odd", 0.0))
        take_again(steady)
        steady.send()
        other.dispatcher.drain("main")
    assert (state(steady).condition, state(steady).failures) == (Condition.CLOSED, 0)


# --- throttled ---


def test_a_throttled_carrier_is_sent_to_more_slowly_and_nothing_is_lost(steady: TestHub) -> None:
    """It takes ten a second and no more: the pace finds that out, in the order in which they were asked (F22)."""
    second, taken_then = [0.0], [0]

    def at_most_ten(batch: Sequence[OutgoingMessage]) -> None:
        if steady.clock.monotonic() - second[0] >= 1:
            second[0], taken_then[0] = steady.clock.monotonic(), 0
        if taken_then[0] + len(batch) > 10:
            raise Throttled("slower")
        taken_then[0] += len(batch)

    steady.carrier.before = at_most_ten
    answer = steady.send(*numbers(100))
    drains(steady, 240, 0.25)
    assert set(steady.states(answer.campaign_id)) == {SUBMITTED}
    assert ([one.to for one in steady.carrier.taken], state(steady).failures) == (numbers(100), 0)


def test_what_is_put_off_one_by_one_slows_the_route_too(steady: TestHub) -> None:
    """Some carriers say "slower" for each message."""
    steady.carrier.answer = lambda _: NotSent("throttled", retry_after_s=5)
    steady.send(*numbers(3))
    steady.drain()
    assert (report(steady).pace, state(steady).condition) == (10.0, Condition.CLOSED)


def test_a_few_that_are_put_off_slow_nobody_else(steady: TestHub) -> None:
    """A phone's own queue may be full; the line is not."""
    full, *others = numbers(4)
    steady.carrier.answer = lambda message: NotSent("queue full", retry_after_s=5) if message.to == full else None
    steady.send(full, *others)
    steady.drain()
    assert (report(steady).pace, len(steady.carrier.taken)) == (None, 3)


# --- what is written down ---


def test_what_became_of_messages_is_counted(steady: TestHub) -> None:
    """In the last minutes, and ever."""
    answers: dict[str, Outcome] = {
        "0": Rejected(FailureReason.BARRED, "69", "barred"),
        "1": Unknown("lost"),
        "2": NotSent("later", 60),
    }
    steady.carrier.answer = lambda message: answers.get(message.to[-1])
    steady.send(*numbers(4))
    steady.drain()
    found = report(steady)
    assert found.recent == {"taken": 1, "refused": 1, "put_off": 1, "unknown": 1, "failed": 0} == found.total
    steady.clock.advance(minutes=6)
    assert (sum(report(steady).recent.values()), report(steady).total["taken"]) == (0, 1)


def test_a_busy_route_is_written_down_once_a_second(steady: TestHub) -> None:
    """Not with every call."""
    written: list[str] = []
    steady.carrier.capabilities = Capabilities(batch_size=1)
    event.listen(steady.core.store.engine, "before_cursor_execute", lambda *said: written.append(said[2]))
    steady.send(*numbers(50))
    steady.drain()
    assert (len(steady.carrier.taken), sum("UPDATE route_states" in one for one in written)) == (50, 1)


def test_what_was_seen_is_written_down_at_the_end(make: HubMaker, twin: Twin) -> None:
    """When a process stops."""
    hub = make()
    other = twin(hub)
    for _ in range(3):
        other.route_health.note("main", Success(), [Submitted(("x",))], 0.2)
    other.close()
    assert (report(hub).total["taken"], report(hub).latency_ms) == (3, 200.0)


def test_a_route_says_what_waits_for_it(steady: TestHub) -> None:
    """By purpose, now and later."""
    steady.send(*numbers(2))
    steady.send(send_at=steady.clock.now() + timedelta(hours=1))
    found = report(steady)
    assert ({name: (one.due, one.later) for name, one in found.queue.items()}, found.state) == (
        {"alert": (2, 1)},
        "closed",
    )


def test_a_resting_route_says_until_when(steady: TestHub) -> None:
    """And why."""
    refuse(steady, TemporaryFailure("come back later", retry_after=timedelta(seconds=30)))
    steady.send()
    steady.drain()
    found = report(steady)
    assert (found.state, found.until, found.reason) == (
        "resting",
        steady.clock.now() + timedelta(seconds=30),
        "come back later",
    )


# --- lanes ---


def test_several_calls_are_under_way_where_a_connector_allows_it(make: HubMaker) -> None:
    """Two at once and never three; each message once."""
    lock, under_way, most, both = threading.Lock(), [0], [0], threading.Event()

    def meet(_: Sequence[OutgoingMessage]) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
            if under_way[0] == 2:
                both.set()
        if len(carrier.taken) >= 20:  # from then on there is more than one lane
            both.wait(10)
        with lock:
            under_way[0] -= 1

    carrier = FakeConnector(Capabilities(batch_size=10, lanes=2), before=meet)
    hub = make(carrier=carrier)
    answer = hub.send(*numbers(200))
    hub.core.dispatcher._stride(hub.core.routes["main"]).size = 10
    hub.drain()
    assert (most[0], set(hub.states(answer.campaign_id)), set(carrier.counts.values())) == (2, {SUBMITTED}, {1})


def test_a_rate_holds_for_all_lanes_together(make: HubMaker) -> None:
    """Fifty a second, however many lanes."""
    carrier = FakeConnector(Capabilities(batch_size=10, lanes=4))
    hub = make(carrier=carrier, settings={"HUB_ROUTE_MAIN_RATE": "50"})
    hub.send(*numbers(200))
    hub.drain()
    first = len(carrier.taken)
    hub.clock.advance(seconds=1)
    hub.drain()
    assert (first, len(carrier.taken)) == (50, 100)


def test_a_lane_that_fails_stops_the_others_and_leaves_nothing_claimed(make: HubMaker) -> None:
    """What they had claimed is due again."""
    carrier = FakeConnector(Capabilities(batch_size=5, lanes=3))
    hub = make(carrier=carrier)
    answer = hub.send(*numbers(300))

    def fail_after_a_while(_: Sequence[OutgoingMessage]) -> None:
        if len(carrier.taken) > 100:
            raise TemporaryFailure("broken", retry_after=timedelta(seconds=30))

    carrier.before = fail_after_a_while
    hub.drain()
    assert set(hub.states(answer.campaign_id)) == {SUBMITTED, PENDING}
    with hub.core.read() as connection:
        owners = connection.execute(select(messages.c.owner).where(messages.c.owner.is_not(None))).all()
    assert owners == []


# --- a slow carrier ---


@pytest.mark.parametrize("per_message_s", [0.02, 0.1])
def test_an_alert_is_on_its_way_within_a_second_on_a_slow_carrier(hub: TestHub, per_message_s: float) -> None:
    """Whenever it comes, while a long campaign of another account leaves."""
    big = hub.core.accounts.create("Big", "FR", credits_=1000)[0]
    recipients = tuple(map(Recipient, numbers(1000)))
    hub.core.accept(CampaignRequest(big.id, "x", recipients, Purpose.MARKETING))
    asked_at: dict[str, float] = {}
    waits: list[float] = []

    def take_time(batch: Sequence[OutgoingMessage]) -> None:
        waits.extend(hub.clock.monotonic() - asked_at[one.to] for one in batch if one.to in asked_at)
        hub.clock.advance(seconds=per_message_s * len(batch))

    hub.carrier.before = take_time
    for number in range(20):
        to = f"+336129{number:05d}"
        asked_at[to] = hub.clock.monotonic()
        hub.send(to)
        hub.core.dispatcher.drain("main", budget_s=0.5)
    assert (len(waits), max(waits) <= 1.0) == (20, True)
