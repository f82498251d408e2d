"""Waiting for a campaign on the command line."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hub.cli.following import follow
from hub.guard.model import Figures
from hub.messages.model import MessageState

if TYPE_CHECKING:
    from hub.testing.hub import TestHub


def test_following_returns_once_nothing_is_on_its_way(hub: TestHub) -> None:
    """It waits while messages are on their way, and no longer."""
    campaign = hub.send("0612345678", "0749123456").campaign_id
    watcher = threading.Thread(target=follow, args=(hub.core, hub.account.id, campaign), daemon=True)
    watcher.start()
    hub.drain()
    assert watcher.is_alive()
    for position in range(2):
        hub.carrier.report(f"{campaign}-{position}")
    watcher.join(timeout=10)
    assert not watcher.is_alive()
    assert hub.states(campaign) == [MessageState.DELIVERED, MessageState.DELIVERED]


def test_what_is_blocked_is_not_waited_for(hub: TestHub) -> None:
    """A landline has come to its end at once."""
    campaign = hub.send("0612345678", "0123456789").campaign_id
    hub.core.campaigns.cancel(hub.account.id, campaign)
    follow(hub.core, hub.account.id, campaign)
    assert hub.states(campaign) == [MessageState.CANCELLED, MessageState.BLOCKED]


def test_what_is_held_for_review_is_not_waited_for(hub: TestHub) -> None:
    """Nobody knows how long it takes until somebody looks."""
    object.__setattr__(hub.core.guard, "figures", Figures(day_credits=1))
    campaign = hub.send("0612345678", "0749123456").campaign_id
    follow(hub.core, hub.account.id, campaign)
    assert hub.states(campaign) == [MessageState.HELD] * 2
