"""Sub-accounts that text on their parent's credits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hub.accounts.model import Balance
from hub.compliance.model import Purpose
from hub.errors import NotAllowed, NotEnoughCredits
from hub.messages.connector import Rejected
from hub.messages.model import CampaignRequest, FailureReason, Recipient

if TYPE_CHECKING:
    from hub.accounts.model import Account
    from hub.bootstrap import Core
    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.messages.conftest import Twin


@pytest.fixture
def child(hub: TestHub) -> Account:
    """A sub-account without credits of its own."""
    return hub.core.children.create(hub.account.id, "Lyon", draws=True)


def send(core: Core, account_id: int, *numbers: str) -> Acceptance:
    """An alert of that account."""
    recipients = tuple(Recipient(one) for one in numbers or ("+33612345678",))
    return core.accept(CampaignRequest(account_id, "Bonjour", recipients, Purpose.ALERT))


def balances(hub: TestHub, child: Account) -> tuple[Balance, Balance]:
    """What the parent has, and the sub-account."""
    return hub.core.accounts.balance(hub.account.id), hub.core.accounts.balance(child.id)


def test_what_it_lacks_comes_from_its_parent(hub: TestHub, child: Account) -> None:
    """Text by text; what it sent is its own in every figure."""
    campaign = send(hub.core, child.id)
    hub.drain()
    assert balances(hub, child) == (Balance(999, 0, 0), Balance(0, 0, 1))
    assert hub.core.campaigns.get(child.id, campaign.campaign_id).accepted == 1


def test_its_own_credits_are_used_first(hub: TestHub, child: Account) -> None:
    """Those that were paid back, too."""
    hub.carrier.answer = lambda _: Rejected(FailureReason.OTHER, "no", "No.")
    send(hub.core, child.id)
    hub.drain()
    returned = balances(hub, child)
    send(hub.core, child.id)
    assert (returned, balances(hub, child)) == (
        (Balance(999, 0, 0), Balance(1, 0, 0)),
        (Balance(999, 0, 0), Balance(0, 1, 0)),
    )


def test_where_neither_has_them_nothing_is_kept(hub: TestHub, child: Account) -> None:
    """It hears what there is in all."""
    hub.core.accounts.add_credits(hub.account.id, -999)
    with pytest.raises(NotEnoughCredits) as refused:
        send(hub.core, child.id, "+33612345678", "+33612345679")
    assert (refused.value.needed, refused.value.available) == (2, 1)
    assert balances(hub, child) == (Balance(1, 0, 0), Balance(0, 0, 0))


def test_a_large_campaign_goes_as_far_as_both_reach(make: HubMaker) -> None:
    """Chunk by chunk."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2"})
    child = hub.core.children.create(hub.account.id, "Lyon", draws=True)
    hub.core.accounts.add_credits(hub.account.id, -997)
    campaign = send(hub.core, child.id, *(f"+3361234567{number}" for number in range(5)))
    while hub.core.expander.expand_next():
        pass
    view = hub.core.campaigns.get(child.id, campaign.campaign_id)
    assert (view.accepted, view.blocked, balances(hub, child)) == (3, 2, (Balance(0, 0, 0), Balance(0, 3, 0)))


def test_one_that_does_not_draw_has_what_it_was_given(hub: TestHub) -> None:
    """And no more."""
    child = hub.core.children.create(hub.account.id, "Nantes", credits_=1)
    send(hub.core, child.id)
    with pytest.raises(NotEnoughCredits):
        send(hub.core, child.id)


def test_it_does_not_send_while_its_parent_is_locked(hub: TestHub, child: Account) -> None:
    """Whatever it has."""
    hub.core.accounts.lock(hub.account.id, locked=True)
    with pytest.raises(NotAllowed, match="locked"):
        send(hub.core, child.id)


@pytest.mark.parametrize("guarded", ["yes", "no"])
def test_siblings_that_send_at_once_share_the_last_credits(make: HubMaker, twin: Twin, guarded: str) -> None:
    """None is lost, none is used twice, and nobody waits for ever."""
    hub = make(settings={"HUB_GUARD_ENABLED": guarded, "HUB_GUARD_RECIPIENT_PER_HOUR": "0"})
    parent = hub.account.id
    children = [hub.core.children.create(parent, name, draws=True).id for name in ("Lyon", "Nantes", "Lille")]
    hub.core.accounts.add_credits(parent, -980)

    def spend(core: Core, account_id: int) -> int:
        taken = 0
        for number in range(10):
            try:
                taken += send(core, account_id, f"+336123456{account_id:02d}{number}"[:12]).credits
            except NotEnoughCredits:
                break
        return taken

    spenders = [partial(spend, twin(hub), one) for one in (*children, parent) for _ in range(2)]
    with ThreadPoolExecutor(len(spenders)) as pool:
        taken = sum(future.result() for future in [pool.submit(one) for one in spenders])
    left = [hub.core.accounts.balance(one) for one in (*children, parent)]
    assert (taken, sum(one.available for one in left), sum(one.reserved for one in left)) == (20, 0, 20)


def test_what_waits_does_not_leave_once_its_parent_is_locked(hub: TestHub, child: Account) -> None:
    """It is paid back, as that of a locked account is."""
    campaign = send(hub.core, child.id)
    hub.core.accounts.lock(hub.account.id, locked=True)
    hub.drain()
    (message,) = hub.core.messages(child.id, campaign.campaign_id)
    assert (message.reason, hub.carrier.taken, balances(hub, child)[1]) == ("account_locked", [], Balance(1, 0, 0))


def test_a_parent_and_its_sub_account_in_one_transaction_wait_for_nobody_the_other_way_round(
    hub: TestHub, child: Account, twin: Twin
) -> None:
    """Many at once, the parent, what draws on it, and a stranger whose id is between theirs; receipts meanwhile."""
    stranger, _ = hub.core.accounts.create("Boutique Exemple", "FR", credits_=100)
    late = hub.core.children.create(hub.account.id, "Nantes", draws=True)
    accounts = (late.id, hub.account.id, stranger.id, child.id)
    cores = (hub.core, twin(hub))

    def spend(core: Core, account_id: int) -> int:
        return sum(send(core, account_id, f"+3361{account_id:02d}{place:05d}"[:12]).credits for place in range(5))

    with ThreadPoolExecutor(9) as pool:
        spending = [pool.submit(spend, core, one) for one in accounts for core in cores]
        hub.drain()
        assert [one.result() for one in spending] == [5] * 8
    assert sum(hub.core.accounts.balance(one).spent + hub.core.accounts.balance(one).reserved for one in accounts) == 40
