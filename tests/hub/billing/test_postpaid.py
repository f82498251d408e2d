"""Accounts that pay afterwards: a limit, and an order for each month."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hub.errors import Conflict, NotAllowed, NotEnoughCredits, RequestRefused

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from tests.hub.messages.conftest import Twin


@pytest.fixture
def later(hub: TestHub) -> TestHub:
    """A hub whose account has no credits but a limit of 100, of which it has used 2."""
    hub.core.accounts.add_credits(hub.account.id, -1000)
    hub.core.post_paid.set_limit(hub.account.id, 100)
    hub.send("+33612345678", "+33612345679")
    hub.drain()
    return hub


def available(hub: TestHub) -> int:
    """Its free credits."""
    return hub.core.accounts.balance(hub.account.id).available


def test_an_account_that_pays_afterwards_uses_its_limit(later: TestHub) -> None:
    """And not a credit more."""
    assert available(later) == 98
    with pytest.raises(NotEnoughCredits):
        later.send(*(f"+336123456{place:02}" for place in range(99)))


def test_a_month_that_is_over_is_ordered_once(later: TestHub, twin: Twin) -> None:
    """By two processes at once, too."""
    later.clock.advance(days=10)
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(core.post_paid.order_months) for core in (later.core, twin(later))]:
            one.result()
    later.core.post_paid.order_months()
    orders = [(one.reference, one.credits, one.kind) for one in later.core.orders.all(later.account.id)]
    assert orders == [("postpaid-2026-11", 2, "postpaid")]


def test_a_month_that_is_paid_gives_the_limit_back(later: TestHub) -> None:
    """What was used can be used again."""
    later.clock.advance(days=10)
    later.core.post_paid.order_months()
    (order,) = later.core.orders.all(later.account.id)
    later.core.orders.validate(order.id, "marie")
    assert available(later) == 100


def test_each_month_that_was_missed_is_ordered(later: TestHub) -> None:
    """A hub that was off for long orders them all; months without texts are none."""
    later.clock.advance(days=40)
    later.send()
    later.drain()
    later.clock.advance(days=100)
    later.core.post_paid.order_months()
    references = [(one.reference, one.credits) for one in later.core.orders.all(later.account.id)]
    assert references == [("postpaid-2026-11", 2), ("postpaid-2027-01", 1)]


def test_what_is_owed_cannot_be_called_off_by_who_owes_it(later: TestHub) -> None:
    """The operator can."""
    later.clock.advance(days=10)
    later.core.post_paid.order_months()
    (order,) = later.core.orders.all(later.account.id)
    with pytest.raises(Conflict, match="were used"):
        later.core.orders.cancel(later.account.id, order.id)
    assert later.core.orders.cancel(None, order.id).state == "cancelled"


def test_a_limit_is_no_purchase(later: TestHub) -> None:
    """The statement tells them apart."""
    later.clock.advance(days=10)
    told = later.core.statements.of(later.account.id, "2026-11")
    assert (told.advances, told.purchases, told.used, told.closing) == (100, 1000, 2, 98)


def test_a_limit_goes_down_only_by_what_is_unused(later: TestHub) -> None:
    """The ledger is never overdrawn."""
    later.core.post_paid.set_limit(later.account.id, 10)
    with pytest.raises(RequestRefused, match="Only 8 credits"):
        later.core.post_paid.set_limit(later.account.id, 0)
    assert (later.core.post_paid.limit_of(later.account.id), available(later)) == (10, 8)


def test_a_sub_account_has_no_limit(hub: TestHub) -> None:
    """It does not pay."""
    child = hub.core.children.create(hub.account.id, "Filiale")
    with pytest.raises(NotAllowed):
        hub.core.post_paid.set_limit(child.id, 10)
