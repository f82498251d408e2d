"""What a campaign becomes when it is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.errors import NotEnoughCredits, RequestRefused
from hub.messages.model import MessageState

if TYPE_CHECKING:
    from hub.testing.hub import TestHub


def test_valid_recipients_are_accepted_and_a_landline_is_blocked_with_its_reason(hub: TestHub) -> None:
    """One bad number does not stop the others."""
    answer = hub.send("0612345678", "0749123456", "0123456789")
    assert [(m.state, m.reason) for m in answer.messages] == [
        (MessageState.PENDING, None),
        (MessageState.PENDING, None),
        (MessageState.BLOCKED, "landline"),
    ]


def test_a_number_twice_is_texted_once(hub: TestHub) -> None:
    """However it is written."""
    assert hub.send("0612345678", "+33 6 12 34 56 78").accepted == 1


def test_accepting_sets_credits_aside(hub: TestHub) -> None:
    """A segment costs one credit, reserved until the carrier takes it."""
    hub.send("0612345678", "0749123456")
    balance = hub.core.accounts.balance(hub.account.id)
    assert (balance.available, balance.reserved, balance.spent) == (998, 2, 0)


def test_what_the_account_cannot_pay_is_refused_whole(hub: TestHub) -> None:
    """Nothing of it is stored."""
    hub.core.accounts.add_credits(hub.account.id, -999)
    with pytest.raises(NotEnoughCredits):
        hub.send("0612345678", "0749123456")
    assert hub.core.campaigns.latest(hub.account.id) == ()


def test_the_same_key_gives_the_same_answer_and_sends_nothing_again(hub: TestHub) -> None:
    """A client that did not hear the answer may ask again."""
    first = hub.send(idempotency_key="k1")
    again = hub.send(idempotency_key="k1")
    assert (again.campaign_id, again.replayed, len(hub.core.campaigns.latest())) == (first.campaign_id, True, 1)


def test_a_key_used_for_something_else_is_refused(hub: TestHub) -> None:
    """Two requests under one key are a mistake of the client's."""
    hub.send(idempotency_key="k1")
    with pytest.raises(RequestRefused) as refused:
        hub.send(idempotency_key="k1", text="Autre chose")
    assert refused.value.code == "idempotency_key_reused"
