"""Campaigns that are held for review: listed, released, rejected, cancelled, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.errors import Conflict, NotFound
from hub.failpoints import FailpointReached, armed
from hub.guard.model import HoldReason
from hub.messages import held
from hub.messages.model import CampaignState, MessageState
from hub.messages.tables import campaigns
from hub.testing.clock import A_TUESDAY_MORNING as NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

HELD, PENDING, CANCELLED = MessageState.HELD, MessageState.PENDING, MessageState.CANCELLED
NUMBERS = ("+33612345678", "+33622345678", "+33632345678")


@pytest.fixture
def hub(make: Callable[..., TestHub]) -> TestHub:
    """A hub that lets no credit go without review."""
    return make(settings={"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "1"})


@pytest.fixture
def growing(make: Callable[..., TestHub]) -> TestHub:
    """The same, where two recipients are a large list that is expanded one by one; the first one goes."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "1"}
    return make(settings=settings | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "1"})


def send(hub: TestHub, **wishes: Any) -> Acceptance:
    """Three texts, which are held."""
    answer = hub.send(*NUMBERS, **wishes)
    assert answer.state == CampaignState.HELD
    return answer


def state_of(hub: TestHub, campaign_id: str) -> CampaignState:
    """Where a campaign stands."""
    return hub.core.campaign(hub.account.id, campaign_id).state


def test_what_is_held_is_listed_with_all_that_a_person_needs(hub: TestHub) -> None:
    """Whose, why, since when, how many, what it costs, what it says."""
    answer = send(hub)
    (found,) = hub.core.held.all()
    assert (found.id, found.account, found.text, found.messages, found.credits) == (
        answer.campaign_id,
        "Salon Exemple",
        "Bonjour",
        3,
        3,
    )
    assert (found.hold.reason, found.hold.since) == (HoldReason.DAY_CEILING, NOW)


def test_the_oldest_stands_first(hub: TestHub) -> None:
    """It has waited longest."""
    first = send(hub)
    hub.clock.advance(minutes=1)
    second = send(hub)
    assert [one.id for one in hub.core.held.all()] == [first.campaign_id, second.campaign_id]


def test_its_owner_sees_why(hub: TestHub) -> None:
    """In the campaign's view, too."""
    view = hub.core.campaign(hub.account.id, send(hub).campaign_id)
    assert (view.state, view.hold and view.hold.reason) == (CampaignState.HELD, HoldReason.DAY_CEILING)


def test_nothing_held_ever_leaves(hub: TestHub) -> None:
    """However often workers look, and whatever the leader does."""
    answer = send(hub)
    for _ in range(3):
        hub.clock.advance(hours=1)
        hub.core.sweeper.reroute()
        hub.core.sweeper.finish_campaigns()
        hub.core.held.expire_held()
        hub.drain()
    assert (hub.carrier.taken, hub.states(answer.campaign_id)) == ([], [HELD] * 3)


# --- release ---


def test_what_is_released_leaves_once(hub: TestHub) -> None:
    """No earlier than now; nothing is held any more."""
    answer = send(hub)
    hub.clock.advance(minutes=5)
    assert hub.core.held.release(answer.campaign_id) == 3
    view = hub.core.messages(hub.account.id, answer.campaign_id)
    assert [(one.state, one.reason, one.detail, one.due_at) for one in view] == [
        (PENDING, None, None, hub.clock.now())
    ] * 3
    assert (state_of(hub, answer.campaign_id), hub.core.held.all()) == (CampaignState.ACCEPTED, ())
    assert (hub.drain(), hub.drain(), len(hub.carrier.taken)) == (3, 0, 3)


def test_what_is_released_before_its_time_waits_for_it(hub: TestHub) -> None:
    """A campaign for tomorrow."""
    answer = send(hub, send_at=NOW.replace(day=25))
    hub.core.held.release(answer.campaign_id)
    assert hub.drain() == 0
    hub.clock.advance(days=1)
    assert hub.drain() == 3


def test_who_opted_out_while_it_was_held_is_not_texted(hub: TestHub) -> None:
    """What is asked before every text is asked of these."""
    answer = send(hub)
    hub.core.suppressions.add(hub.account.id, NUMBERS[1], SuppressionKind.OPT_OUT, source="test")
    hub.core.held.release(answer.campaign_id)
    hub.drain()
    assert hub.states(answer.campaign_id) == ["submitted", "blocked", "submitted"]


def test_marketing_released_at_night_waits_for_the_morning(hub: TestHub) -> None:
    """The law does not care who looked."""
    answer = send(hub, purpose=Purpose.MARKETING)
    hub.clock.set(NOW.replace(hour=22))
    hub.core.held.release(answer.campaign_id)
    hub.drain()
    assert hub.carrier.taken == []
    hub.clock.set(NOW.replace(day=25))
    assert hub.drain() == 3


def test_a_release_that_was_cut_short_goes_on(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was released is; the rest is held until somebody asks again."""
    monkeypatch.setattr(held, "BATCH", 2)
    answer = send(hub)
    with armed("release_held.after_commit=raise"), pytest.raises(FailpointReached):
        hub.core.held.release(answer.campaign_id)
    assert hub.states(answer.campaign_id) == [PENDING, PENDING, HELD]
    assert [one.messages for one in hub.core.held.all()] == [1]
    assert hub.core.held.release(answer.campaign_id) == 1
    assert state_of(hub, answer.campaign_id) == CampaignState.ACCEPTED


def test_a_release_rings_for_its_routes(hub: TestHub) -> None:
    """Or its texts would wait for the next look."""
    rung: list[str] = []
    answer = send(hub)
    object.__setattr__(hub.core.held, "ring", rung.append)
    hub.core.held.release(answer.campaign_id)
    assert rung == ["main"]


def test_what_was_released_takes_no_room_of_the_day(hub: TestHub) -> None:
    """The ceiling counts what nobody looked at."""
    hub.core.held.release(send(hub).campaign_id)
    assert hub.send("+33642345678").state == CampaignState.ACCEPTED


def test_released_while_it_grows_the_rest_is_not_held(growing: TestHub) -> None:
    """Somebody has looked at it."""
    hub = growing
    answer = hub.send(*NUMBERS, "+33642345678")
    for _ in range(2):
        hub.core.expander.expand_next()
    assert hub.states(answer.campaign_id) == [PENDING, HELD]
    assert hub.core.held.release(answer.campaign_id) == 1
    while hub.core.expander.expand_next():
        pass
    assert (hub.states(answer.campaign_id), state_of(hub, answer.campaign_id)) == ([PENDING] * 4, "accepted")


def test_a_released_campaign_finishes(hub: TestHub) -> None:
    """As any other."""
    answer = send(hub)
    hub.core.held.release(answer.campaign_id)
    hub.drain()
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    hub.core.sweeper.finish_campaigns()
    assert state_of(hub, answer.campaign_id) == CampaignState.FINISHED


# --- reject, cancel ---


def test_what_is_rejected_is_cancelled_and_its_credits_come_back(hub: TestHub, books: Callable[[], Any]) -> None:
    """Nothing was sent."""
    answer = send(hub)
    before = books()
    assert hub.core.held.reject(answer.campaign_id) == 3
    assert (before, books(), hub.core.held.all()) == ((997, 3, 0), (1000, 0, 0), ())
    assert (hub.states(answer.campaign_id), state_of(hub, answer.campaign_id)) == ([CANCELLED] * 3, "cancelled")


@pytest.mark.parametrize("point", ["reject_held.after_commit", "cancel_some.after_commit"])
def test_a_long_list_is_rejected_to_its_end_whatever_comes_between(
    hub: TestHub, books: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """More than one transaction cancels: what a crash leaves is held by nobody any more, and the scheduler ends it."""
    monkeypatch.setattr("hub.messages.cancel.AT_ONCE", 1)
    campaign = send(hub).campaign_id
    with armed(f"{point}=raise"), pytest.raises(FailpointReached):
        hub.core.held.reject(campaign)
    left = hub.states(campaign).count(HELD)
    assert (left > 0, hub.core.campaigns.finish_cancelling()) == (True, 1)
    assert (hub.states(campaign), books()) == ([CANCELLED] * 3, (1000, 0, 0))


def test_a_long_list_is_rejected_whole(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many transactions it takes, each message is counted."""
    monkeypatch.setattr("hub.messages.cancel.AT_ONCE", 2)
    campaign = send(hub).campaign_id
    assert (hub.core.held.reject(campaign), hub.states(campaign)) == (3, [CANCELLED] * 3)


def test_its_owner_may_cancel_it(hub: TestHub, books: Callable[[], Any]) -> None:
    """As usual."""
    answer = send(hub)
    view = hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    assert (view.state, view.hold, books(), hub.core.held.all()) == (CampaignState.CANCELLED, None, (1000, 0, 0), ())


def test_cancelling_again_ends_a_hold_that_was_left_over(hub: TestHub) -> None:
    """An older hub left one on a campaign that it dropped."""
    answer = send(hub)
    hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    with hub.core.store.write("test") as connection:
        connection.execute(update(campaigns).values(held_at=hub.clock.now(), hold_reason=HoldReason.DAY_CEILING))
    hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    assert hub.core.held.count() == 0


def test_rejecting_what_grows_drops_the_rest(growing: TestHub) -> None:
    """What has left, has left."""
    hub = growing
    answer = hub.send(*NUMBERS)
    hub.core.expander.expand_next()
    hub.drain()
    hub.core.expander.expand_next()
    hub.core.held.reject(answer.campaign_id)
    assert (hub.core.sweeper.has_chunks(), hub.states(answer.campaign_id)) == (False, ["submitted", CANCELLED])


@pytest.mark.parametrize("act", ["release", "reject"])
def test_only_what_is_held_can_be_decided_on(hub: TestHub, act: str) -> None:
    """And only once."""
    decide = getattr(hub.core.held, act)
    with pytest.raises(NotFound, match="hub held"):
        decide("nothing")
    answer = send(hub)
    decide(answer.campaign_id)
    with pytest.raises(Conflict, match="is not held"):
        decide(answer.campaign_id)


# --- nobody looks ---


def test_what_nobody_looks_at_expires_and_its_credits_come_back(hub: TestHub, books: Callable[[], Any]) -> None:
    """Alerts after two days."""
    answer = send(hub)
    hub.clock.advance(hours=47)
    assert hub.core.held.expire_held() == 0
    hub.clock.advance(hours=2)
    assert hub.core.held.expire_held() == 3
    message = hub.core.messages(hub.account.id, answer.campaign_id)[0]
    assert (message.state, message.reason, books(), hub.core.held.all()) == (
        MessageState.EXPIRED,
        "expired_unsent",
        (1000, 0, 0),
        (),
    )
    hub.core.sweeper.finish_campaigns()
    assert state_of(hub, answer.campaign_id) == CampaignState.FINISHED


def test_many_that_expire_do_so_in_steps(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, at one call."""
    monkeypatch.setattr(held, "BATCH", 2)
    send(hub)
    hub.clock.advance(hours=49)
    assert hub.core.held.expire_held() == 3


def test_plugins_hear_of_what_was_rejected_or_has_expired(hub: TestHub) -> None:
    """As of everything that comes to its end."""
    told: list[str] = []
    object.__setattr__(hub.core.held, "tell", lambda changes, _: told.extend(one.state for one in changes.settled))
    hub.core.held.reject(send(hub).campaign_id)
    send(hub)
    hub.clock.advance(hours=49)
    hub.core.held.expire_held()
    assert told == [CANCELLED] * 3 + [MessageState.EXPIRED] * 3
