"""Campaigns as their owners see them: look, page, cancel."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.errors import Conflict, NotFound
from hub.failpoints import FailpointReached, armed
from hub.messages.model import CampaignState, MessageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.testing.hub import TestHub

CANCELLED, PENDING, SUBMITTED = MessageState.CANCELLED, MessageState.PENDING, MessageState.SUBMITTED


def numbers(count: int) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(count)]


@pytest.mark.parametrize("act", ["get", "messages", "cancel"])
@pytest.mark.parametrize("campaign", ["another's", "nobody's", "", "\x00", "\ud800", "x" * 500, "' OR 1=1 --"])
def test_what_is_not_ones_own_is_not_found(hub: TestHub, act: str, campaign: str) -> None:
    """Another account's campaign is as unknown as one that never was."""
    other, _ = hub.core.accounts.create("Autre", "FR")
    theirs = hub.send().campaign_id
    with pytest.raises(NotFound):
        getattr(hub.core.campaigns, act)(other.id, theirs if campaign == "another's" else campaign)
    assert hub.states(theirs) == [PENDING]


def test_a_campaign_counts_its_messages_by_state(hub: TestHub) -> None:
    """And keeps what was asked."""
    answer = hub.send(*numbers(2), "0123456789", text="Bonjour", sender="MonSalon")
    hub.drain()
    hub.carrier.report(answer.messages[0].id)
    view = hub.core.campaign(hub.account.id, answer.campaign_id)
    assert (view.by_state, view.accepted, view.blocked) == (
        {MessageState.DELIVERED: 1, SUBMITTED: 1, MessageState.BLOCKED: 1},
        2,
        1,
    )
    assert (view.text, view.sender, view.source, view.credits) == ("Bonjour", "MonSalon", "api", 2)


def test_messages_come_in_pages(hub: TestHub) -> None:
    """In the order of the request, each once."""
    answer = hub.send(*numbers(5))
    pages, after = [], -1
    while page := hub.core.campaigns.messages(hub.account.id, answer.campaign_id, after=after, limit=2):
        pages.append([one.to for one in page])
        after += len(page)
    assert pages == [numbers(5)[:2], numbers(5)[2:4], numbers(5)[4:]]


def test_messages_can_be_asked_for_by_state(hub: TestHub) -> None:
    """Those that failed, for example."""
    answer = hub.send(*numbers(2), "0123456789")
    wanted = (MessageState.BLOCKED, MessageState.REJECTED)
    found = hub.core.campaigns.messages(hub.account.id, answer.campaign_id, states=wanted)
    assert [one.to for one in found] == ["0123456789"]


def test_the_latest_campaigns_come_first(hub: TestHub) -> None:
    """One's own, or all of them."""
    other, _ = hub.core.accounts.create("Autre", "FR", credits_=5)
    mine = []
    for _ in range(3):
        hub.clock.advance(seconds=1)
        mine.append(hub.send().campaign_id)
    latest = [view.id for view in hub.core.campaigns.latest(hub.account.id, limit=2)]
    assert (latest, hub.core.campaigns.latest(other.id)) == ([mine[2], mine[1]], ())
    assert len(hub.core.campaigns.latest()) == 3


def test_cancelling_stops_what_waits_and_pays_it_back(hub: TestHub, books: Callable[[], Any]) -> None:
    """Nothing of it leaves."""
    answer = hub.send(*numbers(3), send_at=hub.clock.now() + timedelta(hours=1))
    view = hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    hub.clock.advance(hours=2)
    assert (view.state, view.by_state, hub.drain(), books()) == (
        CampaignState.CANCELLED,
        {CANCELLED: 3},
        0,
        (1000, 0, 0),
    )


def test_cancelling_leaves_alone_what_has_left(make: Callable[..., TestHub]) -> None:
    """It is charged, and its receipt still counts."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "1"})
    answer = hub.send(*numbers(2))
    hub.core.dispatcher.drain("main", stop=lambda: bool(hub.carrier.taken))
    hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    hub.carrier.report(answer.messages[0].id)
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED, CANCELLED]


def test_cancelling_twice_is_harmless(hub: TestHub, books: Callable[[], Any]) -> None:
    """It is paid back once."""
    answer = hub.send()
    views = [hub.core.campaigns.cancel(hub.account.id, answer.campaign_id) for _ in range(2)]
    assert (views[0], books()) == (views[1], (1000, 0, 0))


def test_what_has_left_cannot_be_cancelled(hub: TestHub) -> None:
    """The caller hears so."""
    answer = hub.send()
    hub.drain()
    with pytest.raises(Conflict) as refused:
        hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
    assert (refused.value.code, hub.states(answer.campaign_id)) == ("already_sent", [SUBMITTED])


@pytest.fixture
def long_list(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> str:
    """A campaign of five, where a transaction cancels two."""
    monkeypatch.setattr("hub.messages.cancel.AT_ONCE", 2)
    return hub.send(*(f"+3361234560{number}" for number in range(5))).campaign_id


def test_a_long_list_is_cancelled_in_several_transactions(
    hub: TestHub, long_list: str, books: Callable[[], Any]
) -> None:
    """All of it, all the same."""
    view = hub.core.campaigns.cancel(hub.account.id, long_list)
    assert (view.by_state, books()) == ({CANCELLED: 5}, (1000, 0, 0))


@pytest.mark.parametrize("point", ["cancel.after_commit", "cancel_some.before_commit", "cancel_some.after_commit"])
def test_a_cancellation_that_a_crash_cut_short_is_carried_to_its_end(
    hub: TestHub, long_list: str, books: Callable[[], Any], point: str
) -> None:
    """By the scheduler; nothing of it leaves meanwhile."""
    with armed(f"{point}=raise"), pytest.raises(FailpointReached):
        hub.core.campaigns.cancel(hub.account.id, long_list)
    finished = hub.core.campaigns.finish_cancelling()
    hub.drain()
    assert (finished, set(hub.states(long_list)), hub.carrier.taken, books()) == (1, {CANCELLED}, [], (1000, 0, 0))


def test_what_is_cancelled_and_not_swept_yet_does_not_leave(hub: TestHub, long_list: str) -> None:
    """A worker asks whether the campaign still stands before each batch."""
    with armed("cancel.after_commit=raise"), pytest.raises(FailpointReached):
        hub.core.campaigns.cancel(hub.account.id, long_list)
    hub.drain()
    assert (set(hub.states(long_list)), hub.carrier.taken) == ({CANCELLED}, [])
