"""What the leader mends and ends, second after second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.model import Purpose
from hub.messages import sweep
from hub.messages.connector import Unknown
from hub.messages.model import CampaignRequest, CampaignState, MessageState, Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.bootstrap import Core
    from hub.testing.hub import TestHub

FR, BE = "+33612345678", "+32470123456"


def numbers(count: int) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(count)]


def state_of(hub: TestHub, campaign_id: str) -> CampaignState:
    """Where a campaign stands."""
    return hub.core.campaign(hub.account.id, campaign_id).state


# --- silence ---


@pytest.mark.parametrize(("hours", "state"), [(47.9, MessageState.SUBMITTED), (48.1, MessageState.NO_RECEIPT)])
def test_after_two_days_without_a_receipt_a_message_is_closed(
    hub: TestHub, books: Callable[[], Any], hours: float, state: MessageState
) -> None:
    """It stays charged: the carrier took it."""
    answer = hub.send()
    hub.drain()
    hub.clock.advance(hours=hours)
    hub.core.sweeper.give_up_waiting()
    assert (hub.states(answer.campaign_id), books()) == ([state], (999, 0, 1))


def test_a_doubt_that_nobody_resolves_is_closed_and_paid_back(hub: TestHub, books: Callable[[], Any]) -> None:
    """Most likely it was not sent."""
    hub.carrier.answer = lambda _: Unknown("lost")
    answer = hub.send()
    hub.drain()
    hub.clock.advance(hours=48.1)
    hub.core.sweeper.give_up_waiting()
    assert (hub.states(answer.campaign_id), books()) == ([MessageState.NO_RECEIPT], (1000, 0, 0))


def test_two_days_are_counted_from_the_submission(hub: TestHub) -> None:
    """Not from the day on which the campaign was accepted."""
    answer = hub.send(send_at=hub.clock.now() + timedelta(days=3))
    hub.clock.advance(days=3)
    hub.drain()
    hub.clock.advance(hours=47)
    hub.core.sweeper.give_up_waiting()
    assert hub.states(answer.campaign_id) == [MessageState.SUBMITTED]


def test_a_cancelled_campaign_is_waited_for_too(hub: TestHub) -> None:
    """What had left before still comes to its end."""
    first, second = numbers(2)
    answer = hub.send(first, second)
    hub.carrier.before = lambda _: None
    hub.carrier.answer = lambda message: Unknown("lost") if message.to == first else None
    hub.drain()
    other = hub.send(first, send_at=hub.clock.now() + timedelta(hours=1))
    hub.core.campaigns.cancel(hub.account.id, other.campaign_id)
    hub.clock.advance(hours=49)
    assert (hub.core.sweeper.give_up_waiting(), set(hub.states(answer.campaign_id))) == (2, {MessageState.NO_RECEIPT})


def test_more_than_one_batch_is_closed_in_one_go(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier without receipts leaves many."""
    monkeypatch.setattr(sweep, "BATCH", 3)
    hub.send(*numbers(8))
    hub.drain()
    hub.clock.advance(hours=49)
    assert hub.core.sweeper.give_up_waiting() == 8


def test_the_wait_is_the_operators_to_choose(make: Callable[..., TestHub]) -> None:
    """`no_receipt_hours`."""
    hub = make(settings={"HUB_MESSAGES_NO_RECEIPT_HOURS": "2"})
    hub.send()
    hub.drain()
    hub.clock.advance(hours=2.1)
    assert hub.core.sweeper.give_up_waiting() == 1


# --- campaigns ---


def test_a_campaign_is_finished_when_all_its_messages_are(hub: TestHub) -> None:
    """Not before."""
    answer = hub.send(*numbers(2))
    hub.drain()
    seen = []
    for message in answer.messages:
        hub.carrier.report(message.id)
        hub.core.sweeper.finish_campaigns()
        seen.append(state_of(hub, answer.campaign_id))
    assert seen == [CampaignState.ACCEPTED, CampaignState.FINISHED]


@pytest.mark.parametrize("outcome", [None, Unknown("lost")])
def test_a_campaign_with_a_message_at_the_carrier_is_not_finished(hub: TestHub, outcome: Unknown | None) -> None:
    """Nor with one in doubt."""
    hub.carrier.answer = lambda _: outcome
    hub.send()
    hub.drain()
    assert hub.core.sweeper.finish_campaigns() == 0


def test_a_campaign_that_is_still_expanded_is_not_finished(make: Callable[..., TestHub]) -> None:
    """Although none of its messages is open yet."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "0"})
    hub.send()
    assert hub.core.sweeper.finish_campaigns() == 0


def test_a_cancelled_campaign_stays_cancelled(hub: TestHub) -> None:
    """That is how it ended."""
    answer = hub.send()
    hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    hub.core.sweeper.finish_campaigns()
    assert state_of(hub, answer.campaign_id) is CampaignState.CANCELLED


# --- leases ---


def test_two_sweepers_at_once_take_each_message_back_once(hub: TestHub, twin: Callable[[TestHub], Core]) -> None:
    """The second finds nothing left to do (F28)."""
    hub.send(*numbers(3))
    hub.core.dispatcher._claim(hub.core.routes["main"], hub.core.lines.get("carrier"))
    hub.clock.advance(seconds=61)
    assert (hub.core.sweeper.recover_leases(), twin(hub).sweeper.recover_leases()) == (3, 0)


def test_a_message_whose_route_is_gone_is_held_when_in_doubt(make: Callable[..., TestHub]) -> None:
    """Nobody can say any more that it may be sent twice."""
    hub = make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": "resend"})
    answer = hub.send()

    def die(_: object) -> None:
        raise KeyboardInterrupt

    hub.carrier.before = die
    with pytest.raises(KeyboardInterrupt):
        hub.drain()
    vars(hub.core)["routes"] = {}
    hub.clock.advance(seconds=61)
    hub.core.sweeper.recover_leases()
    assert hub.states(answer.campaign_id) == [MessageState.UNKNOWN]


# --- routes that hub.ini no longer has ---


def two_kinds(hub: TestHub) -> str:
    """A campaign to two countries."""
    recipients = tuple(Recipient(number) for number in (*numbers(3), BE))
    return hub.core.accept(CampaignRequest(hub.account.id, "Bonjour", recipients, Purpose.ALERT)).campaign_id


def renamed(hub: TestHub, twin: Callable[[TestHub], Core], **wishes: Any) -> Core:
    """The hub after its only route was renamed."""
    core = twin(hub)
    vars(core)["routes"] = {"renamed": replace(hub.core.routes["main"], name="renamed", **wishes)}
    return core


def test_messages_of_a_route_that_is_gone_take_another(hub: TestHub, twin: Callable[[TestHub], Core]) -> None:
    """They would wait for ever."""
    two_kinds(hub)
    core = renamed(hub, twin)
    assert (core.dispatcher.drain("renamed"), core.sweeper.reroute(), core.dispatcher.drain("renamed")) == (0, 4, 4)


def test_only_what_the_other_route_takes_moves(
    hub: TestHub, twin: Callable[[TestHub], Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that cannot move do not stand in the way of those that can, however many they are."""
    monkeypatch.setattr(sweep, "BATCH", 2)
    two_kinds(hub)
    core = renamed(hub, twin, countries=frozenset({"BE"}))
    core.sweeper.reroute()
    core.dispatcher.drain("renamed")
    assert [message.to for message in hub.carrier.taken] == [BE]


def test_more_than_one_batch_moves(
    hub: TestHub, twin: Callable[[TestHub], Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them."""
    monkeypatch.setattr(sweep, "BATCH", 2)
    two_kinds(hub)
    assert renamed(hub, twin).sweeper.reroute() == 4


def test_what_no_route_takes_any_more_ends_when_its_time_is_over(
    hub: TestHub, twin: Callable[[TestHub], Core], books: Callable[[], Any]
) -> None:
    """And is paid back."""
    campaign_id = two_kinds(hub)
    core = renamed(hub, twin, countries=frozenset({"BE"}))
    core.sweeper.reroute()
    waiting = hub.states(campaign_id)[:3]
    hub.clock.advance(hours=48)
    core.sweeper.reroute()
    assert (set(waiting), set(hub.states(campaign_id)[:3])) == ({MessageState.PENDING}, {MessageState.EXPIRED})
    assert books() == (999, 1, 0)


def test_routes_that_are_there_are_left_alone(hub: TestHub) -> None:
    """Nothing moves without need."""
    two_kinds(hub)
    assert hub.core.sweeper.reroute() == 0


def test_messages_of_a_route_that_is_gone_take_one_for_their_account_and_sender(
    hub: TestHub, twin: Callable[[TestHub], Core]
) -> None:
    """What others sent stays."""
    other = hub.core.accounts.create("Other", "FR", credits_=10)[0]
    hub.core.accept(CampaignRequest(other.id, "x", (Recipient(numbers(1)[0]),), Purpose.ALERT))
    two_kinds(hub)
    core = renamed(
        hub, twin, countries=frozenset({"FR"}), accounts=frozenset({"salon exemple"}), senders=frozenset({"36180"})
    )
    assert (core.sweeper.reroute(), core.dispatcher.drain("renamed")) == (3, 3)


def test_what_a_carrier_may_have_does_not_take_another_route(
    hub: TestHub, twin: Callable[[TestHub], Core], books: Callable[[], Any]
) -> None:
    """It waits for its own to come back, or ends in its time."""
    hub.carrier.capabilities = replace(hub.carrier.capabilities, idempotent=True)
    hub.carrier.answer = lambda _: Unknown("answer lost")
    campaign_id = hub.send().campaign_id
    hub.core.dispatcher.drain("main")
    core = renamed(hub, twin)
    moved, tried_again = core.sweeper.reroute(), hub.states(campaign_id)
    hub.clock.advance(hours=48)
    core.sweeper.reroute()
    assert (moved, tried_again, hub.states(campaign_id)) == (0, [MessageState.PENDING], [MessageState.EXPIRED])
    assert books() == (1000, 0, 0)
