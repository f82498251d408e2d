"""The clock is set an hour forward or back, or the night has an hour more or less: nothing twice, nothing stuck (F27).

Leases of schedulers and periodic turns have their own tests, in tests/hub/test_leader.py and test_periodic.py.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from hub.compliance.model import Purpose
from hub.failpoints import FailpointReached, armed
from hub.messages.connector import NotSent
from hub.messages.model import DeliveryReceipt, MessageState, ReceiptState
from hub.processes.scheduler import Scheduler
from hub.testing.books import differences_in
from hub.testing.clock import FakeClock
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

pytestmark = pytest.mark.prove

JUMPS = (timedelta(hours=1), timedelta(hours=-1))
PARIS = ZoneInfo("Europe/Paris")
LONGER_HOUR = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
SHORTER_HOUR = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """What is logged is of no interest."""
    with capture_logs():
        yield


def nothing(_: TestHub) -> None:
    """The clock is set before anything else happens."""


def a_dead_worker(hub: TestHub) -> None:
    """A worker claimed and died."""
    with armed("claim.after_commit=raise"), suppress(FailpointReached):
        hub.drain()


def a_rest_of_the_carrier(hub: TestHub) -> None:
    """The messages came back, to be tried again a little later."""
    hub.carrier.answer = lambda _: NotSent("later", 20)
    hub.drain()
    hub.carrier.answer = lambda _: None


def a_submission(hub: TestHub) -> None:
    """The carrier has them."""
    hub.drain()


def live_on(hub: TestHub, rounds: int, step: timedelta = timedelta(minutes=5)) -> None:
    """Let a scheduler and a worker do their work, time and again; the carrier reports what it took."""
    scheduler, reported = Scheduler(hub.core), 0
    for _ in range(rounds):
        hub.clock.advance(step)
        scheduler.tick()
        hub.drain()
        for message in hub.carrier.taken[reported:]:
            receipt = DeliveryReceipt(carrier_id_of(message.id), ReceiptState.DELIVERED)
            hub.core.settler.receipts("carrier", [receipt])
        reported = len(hub.carrier.taken)


def differences(hub: TestHub) -> list[str]:
    """What is wrong with the books."""
    with hub.core.read() as connection:
        return differences_in(connection)


@pytest.mark.parametrize("jump", JUMPS, ids=["forward", "back"])
@pytest.mark.parametrize("before", [nothing, a_dead_worker, a_rest_of_the_carrier, a_submission])
def test_a_clock_that_is_set_keeps_nothing_back_and_repeats_nothing(
    hub: TestHub, before: Callable[[TestHub], None], jump: timedelta
) -> None:
    """Whatever was going on: at the latest when the clock is where it was, everything is delivered, once."""
    answer = hub.send("+33612345671", "+33612345672")
    before(hub)
    hub.clock.set(hub.clock.now() + jump)
    live_on(hub, 14)
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED] * 2
    assert (sorted(hub.carrier.counts.values()), differences(hub)) == ([1, 1], [])


@pytest.mark.parametrize("jump", JUMPS, ids=["forward", "back"])
def test_a_clock_that_is_set_while_a_carrier_answers_doubles_nothing(hub: TestHub, jump: timedelta) -> None:
    """The answer is recorded, though its lease has run out, or seems to last for ever."""

    def set_it(_: object) -> None:
        hub.carrier.before = lambda _: None
        hub.clock.set(hub.clock.now() + jump)
        Scheduler(hub.core).tick()

    hub.carrier.before = set_it
    answer = hub.send()
    live_on(hub, 14)
    assert (hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([MessageState.DELIVERED], [1])


@pytest.mark.parametrize("jump", JUMPS, ids=["forward", "back"])
def test_a_route_with_a_rate_goes_on_after_the_clock_was_set(make: HubMaker, jump: timedelta) -> None:
    """Neither silent for an hour nor in one burst."""
    hub = make(settings={"HUB_ROUTE_MAIN_RATE": "2"})
    hub.send(*(f"+336123456{number:02d}" for number in range(14)))
    hub.drain()
    hub.clock.set(hub.clock.now() + jump)
    begun = len(hub.carrier.taken)
    if jump < timedelta(0):
        hub.drain()
        hub.clock.set(hub.clock.now() - jump)  # what was due then is due again only now
    hub.clock.advance(seconds=1)
    hub.drain()
    assert 1 <= len(hub.carrier.taken) - begun <= 4
    live_on(hub, 10, timedelta(seconds=1))
    assert set(hub.carrier.counts.values()) == {1}
    assert len(hub.carrier.counts) == 14


@pytest.mark.parametrize("jump", JUMPS, ids=["forward", "back"])
def test_what_is_scheduled_leaves_once_and_not_before_its_time(hub: TestHub, jump: timedelta) -> None:
    """Its time is a moment, not a distance."""
    at = hub.clock.now() + timedelta(minutes=30)
    answer = hub.send(send_at=at)
    hub.clock.set(hub.clock.now() + jump)
    left_at = []
    hub.carrier.before = lambda _: left_at.append(hub.clock.now())
    live_on(hub, 19)
    assert (len(left_at), left_at[0] >= at) == (1, True)
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]


@pytest.mark.parametrize("change", [LONGER_HOUR, SHORTER_HOUR], ids=["an hour more", "an hour less"])
def test_in_the_night_of_the_change_each_text_leaves_once_at_its_moment(make: HubMaker, change: datetime) -> None:
    """Half past two comes twice in October and not at all in March; moments before and after do as ever."""
    hub = make(clock=FakeClock(change - timedelta(hours=1)))
    moments = [change + timedelta(minutes=minutes) for minutes in (-30, 30, 90)]
    for number, at in enumerate(moments):
        hub.send(f"+3361234567{number}", send_at=at.astimezone(PARIS))
    left_at: list[datetime] = []
    hub.carrier.before = lambda batch: left_at.extend([hub.clock.now()] * len(batch))
    live_on(hub, 34)
    assert len(left_at) == 3
    assert all(timedelta(0) <= left - at < timedelta(minutes=6) for left, at in zip(left_at, moments, strict=True))


@pytest.mark.parametrize(("change", "weekday"), [(LONGER_HOUR, 0), (SHORTER_HOUR, 1)])
def test_marketing_waits_for_the_morning_after_the_change(make: HubMaker, change: datetime, weekday: int) -> None:
    """The change is in a Sunday night: it leaves at eight by the clocks of the next working day, and once.

    In 2027 that is a Tuesday: the hour goes at Easter.
    """
    hub = make(clock=FakeClock(change - timedelta(hours=1)))
    answer = hub.send(purpose=Purpose.MARKETING, text="Soldes. STOP au 36180")
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert message.due_at is not None
    opening = message.due_at.astimezone(PARIS)
    hub.clock.set(opening - timedelta(minutes=5))
    live_on(hub, 3, timedelta(minutes=1))
    early = len(hub.carrier.taken)
    live_on(hub, 10, timedelta(minutes=1))
    assert (opening.weekday(), opening.hour, early, len(hub.carrier.taken)) == (weekday, 8, 0, 1)
