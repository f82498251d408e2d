"""What waited in a backup is dropped whole, whatever comes in between (F33)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hub.backup.making import make_backup
from hub.backup.restoring import restore_backup
from hub.errors import Conflict
from hub.failpoints import FailpointReached, armed
from hub.messages.model import CampaignState, MessageState
from hub.switches import Way
from tests.hub.backup.looking import differences_in, rows_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from hub.messages.outcomes import Changes
    from tests.conftest import HubMaker
    from tests.hub.backup.conftest import Elsewhere

MANY = [f"+336123{number:05}" for number in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backup is."""
    return tmp_path / "backup"


def test_a_list_that_grows_while_it_is_dropped_is_not_sent(make: HubMaker, elsewhere: Elsewhere, folder: Path) -> None:
    """A worker expands the rest of it just when nothing of it seems to wait any more."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "8"})
    hub.send(*MANY)
    hub.core.expander.expand_next()
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)

    def expand(changes: Changes, _: datetime) -> None:
        while not changes.updates and other.core.expander.expand_next():
            pass

    replace(other.core.restored, tell=expand).drop()
    other.core.switches.resume([Way.OUT])
    assert (other.drain(), differences_in(other.core)) == (0, [])


def test_what_is_half_dropped_is_not_taken_for_cancelled(make: HubMaker, elsewhere: Elsewhere, folder: Path) -> None:
    """The scheduler sweeps in between: what was due may have left, and stays in doubt."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "8"})
    campaign = hub.send(*MANY).campaign_id
    hub.core.expander.expand_next()
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    with armed("drop_restored_lists.after_commit=raise"), pytest.raises(FailpointReached):
        other.core.restored.drop()
    other.core.campaigns.finish_cancelling()
    other.core.restored.drop()
    assert set(rows_of(other.core).values()) == {MessageState.UNKNOWN}
    assert other.core.campaign(hub.account.id, campaign).state == CampaignState.CANCELLED


def test_a_list_half_dropped_and_then_resent_comes_to_its_end(
    make: HubMaker, elsewhere: Elsewhere, folder: Path
) -> None:
    """It does not grow any more, and does not seem to."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "3", "HUB_MESSAGES_CHUNK": "8"})
    campaign = hub.send(*MANY).campaign_id
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    with armed("drop_restored_lists.after_commit=raise"), pytest.raises(FailpointReached):
        other.core.restored.drop()
    other.core.restored.resend()
    assert other.core.campaign(hub.account.id, campaign).state == CampaignState.ACCEPTED


def test_what_was_held_is_dropped_too(make: HubMaker, elsewhere: Elsewhere, folder: Path) -> None:
    """It may have been released since, and is not released a second time."""
    hub = make(settings={"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "1"})
    campaign = hub.send(*MANY).campaign_id
    make_backup(hub.core, folder)
    other = elsewhere()
    assert restore_backup(other.core, folder).review.waiting == len(MANY)
    with pytest.raises(Conflict, match="--drop-restored"):
        other.core.switches.resume([Way.OUT])
    assert (other.core.restored.drop(), other.core.held.all()) == (len(MANY), ())
    with pytest.raises(Conflict, match="is not held"):
        other.core.held.release(campaign)
    assert (set(rows_of(other.core).values()), differences_in(other.core)) == ({MessageState.UNKNOWN}, [])


def test_what_was_held_and_is_resent_waits_for_its_review(make: HubMaker, elsewhere: Elsewhere, folder: Path) -> None:
    """Deciding about the backup is not deciding about the guard."""
    hub = make(settings={"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "1"})
    campaign = hub.send(*MANY).campaign_id
    make_backup(hub.core, folder)
    other = elsewhere()
    restore_backup(other.core, folder)
    other.core.restored.resend()
    other.core.switches.resume([Way.OUT])
    assert (other.drain(), [one.id for one in other.core.held.all()]) == (0, [campaign])
