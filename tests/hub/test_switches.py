"""What is paused stays where it is, for every process, and nothing of it is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hub.errors import Paused
from hub.messages.model import CampaignState, MessageState
from hub.switches import Cause, Switches, Way, may_pass, require_intake

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

MANY = [f"+336123{number:05}" for number in range(30)]


@pytest.fixture
def switches(hub: TestHub) -> Switches:
    """The switches of a hub."""
    return hub.core.switches


def test_nothing_is_paused_at_first(switches: Switches) -> None:
    """A way without a row is open."""
    assert switches.all() == ()


def test_a_paused_intake_takes_nothing_and_keeps_nothing(hub: TestHub, switches: Switches) -> None:
    """No campaign, no key, no credits."""
    switches.pause([Way.IN])
    with pytest.raises(Paused, match="takes nothing in at the moment"):
        hub.send(idempotency_key="order-1")
    assert hub.core.campaigns.latest() == ()
    assert hub.core.accounts.balance(hub.account.id).reserved == 0
    switches.resume([Way.IN])
    assert not hub.send(idempotency_key="order-1").replayed


def test_a_paused_intake_takes_no_large_campaign_either(make: HubMaker) -> None:
    """Those that are expanded later are stored by another transaction."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3"})
    hub.core.switches.pause([Way.IN])
    with pytest.raises(Paused):
        hub.send(*MANY)
    assert hub.core.campaigns.latest() == ()


def test_a_paused_intake_still_answers_what_it_answered_before(hub: TestHub, switches: Switches) -> None:
    """A client that lost its answer gets it."""
    first = hub.send(idempotency_key="order-1")
    switches.pause([Way.IN])
    again = hub.send(idempotency_key="order-1")
    assert (again.campaign_id, again.replayed) == (first.campaign_id, True)


def test_a_large_campaign_that_was_taken_is_expanded_while_intake_is_paused(make: HubMaker) -> None:
    """It was answered with yes."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3"})
    campaign = hub.send(*MANY).campaign_id
    hub.core.switches.pause([Way.IN])
    while hub.core.expander.expand_next():
        pass
    assert hub.core.campaign(hub.account.id, campaign).state is CampaignState.ACCEPTED


def test_nothing_is_claimed_while_sending_is_paused(hub: TestHub, switches: Switches) -> None:
    """Messages are taken in, and wait."""
    switches.pause([Way.OUT])
    campaign = hub.send().campaign_id
    assert hub.drain() == 0
    assert (hub.states(campaign), hub.carrier.taken) == ([MessageState.PENDING], [])


def test_a_paused_route_is_not_rung_for(hub: TestHub, switches: Switches) -> None:
    """Or workers would run for nothing."""
    hub.send()
    before = hub.core.dispatcher.due_routes()
    switches.pause([Way.OUT])
    assert (before, hub.core.dispatcher.due_routes()) == (("main",), ())


def test_what_was_paused_leaves_when_it_goes_on(hub: TestHub, switches: Switches) -> None:
    """Once each."""
    switches.pause([Way.OUT])
    hub.send(*MANY)
    hub.drain()
    switches.resume([Way.OUT])
    hub.drain()
    assert sorted(hub.carrier.counts.values()) == [1] * len(MANY)


def test_what_is_in_hand_is_finished(hub: TestHub, switches: Switches) -> None:
    """A batch that was claimed is handed over whole; the next is not."""
    campaign = hub.send(*MANY).campaign_id
    hub.carrier.before = lambda _: switches.pause([Way.OUT])
    hub.drain()
    handed_over = hub.states(campaign).count(MessageState.SUBMITTED)
    assert handed_over == hub.states(campaign)[:handed_over].count(MessageState.SUBMITTED) > 1
    hub.send()
    assert hub.drain() == 0


def test_one_route_can_be_paused_alone(make: HubMaker) -> None:
    """The others go on."""
    belgium = {"CONNECTOR": "carrier", "COUNTRIES": "BE", "PRIORITY": "1"}
    hub = make(settings={f"HUB_ROUTE_BELGIUM_{key}": value for key, value in belgium.items()})
    hub.core.switches.pause([Way.OUT], route="main")
    hub.send("+33612345678", "+32470123456")
    hub.drain()
    assert [one.to for one in hub.carrier.taken] == ["+32470123456"]


def test_a_switch_says_who_threw_it_and_how_to_go_on(switches: Switches) -> None:
    """In a sentence."""
    switches.pause([Way.OUT], route="main", note="carrier is being moved")
    switches.pause([Way.IN], cause=Cause.DRAIN)
    said = [str(one) for one in switches.all()]
    assert said[0].startswith("Nothing is taken in since 20")
    assert said[0].endswith("UTC (drained). `hub resume in` ends it.")
    assert "by route main" in said[1]
    assert said[1].endswith(": carrier is being moved. `hub resume out --route main` ends it.")


def test_pausing_waits_for_what_is_being_accepted(hub: TestHub, switches: Switches) -> None:
    """Once it returns, nothing more comes in: what was let pass is committed by then."""
    order: list[str] = []
    passed, let_go = threading.Event(), threading.Event()

    def accept_slowly() -> None:
        with hub.core.store.write("test") as connection:
            require_intake(connection)
            passed.set()
            let_go.wait(20)
            order.append("accepted")

    def pause() -> None:
        switches.pause([Way.IN])
        order.append("paused")

    threads = [threading.Thread(target=accept_slowly), threading.Thread(target=pause)]
    threads[0].start()
    assert passed.wait(20)
    threads[1].start()
    threads[1].join(0.2)
    let_go.set()
    for thread in threads:
        thread.join(20)
    assert order == ["accepted", "paused"]


def test_two_that_pass_do_not_wait_for_each_other(hub: TestHub) -> None:
    """Only who pauses waits; SQLite has one writer at a time in any case."""
    if hub.core.store.is_sqlite:
        with hub.core.store.write("test") as connection:
            assert may_pass(connection, Way.IN)
        return
    with hub.core.store.write("test") as one, hub.core.store.write("test") as other:
        assert (may_pass(one, Way.IN), may_pass(other, Way.OUT, "main")) == (True, True)
