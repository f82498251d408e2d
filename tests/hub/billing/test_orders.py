"""An order buys its credits once, whatever is repeated or raced."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hub import hookimpl
from hub.billing.model import OrderState
from hub.errors import Conflict, NotAllowed, NotFound, RequestRefused
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from hub.billing.model import PurchaseOrder
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker
    from tests.hub.messages.conftest import Twin


@pytest.fixture
def order(hub: TestHub) -> PurchaseOrder:
    """An order of 500 credits by an account that has 1000."""
    return hub.core.orders.make(hub.account.id, 500, "BC-2026-17", "24.50", "EUR")


def available(hub: TestHub) -> int:
    """Its free credits."""
    return hub.core.accounts.balance(hub.account.id).available


def test_an_order_that_is_validated_buys_its_credits(hub: TestHub, order: PurchaseOrder) -> None:
    """And says who validated it, and when."""
    paid = hub.core.orders.validate(order.id, "marie")
    assert (paid.state, paid.validated_by, paid.ended_at) == (OrderState.PAID, "marie", hub.clock.now())
    assert available(hub) == 1500


def test_an_order_that_is_made_buys_nothing(hub: TestHub, order: PurchaseOrder) -> None:
    """It waits for its money."""
    assert (order.state, available(hub)) == (OrderState.OPEN, 1000)


def test_validating_again_changes_nothing(hub: TestHub, order: PurchaseOrder) -> None:
    """Not even who did it."""
    first = hub.core.orders.validate(order.id, "marie")
    assert (hub.core.orders.validate(order.id, "paul"), available(hub)) == (first, 1500)


def test_an_order_that_is_validated_by_several_at_once_is_bought_once(
    hub: TestHub, order: PurchaseOrder, twin: Twin
) -> None:
    """Two operators, and a payment, in two processes."""
    other = twin(hub)

    def pay(place: int) -> None:
        core = (hub.core, other)[place % 2]
        if place < 4:
            core.orders.validate(order.id, f"operator {place}")
        else:
            with suppress(Conflict):  # it was paid otherwise
                core.orders.paid(hub.account.id, order.id, "pay_1")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(pay, range(6)))
    assert available(hub) == 1500


def test_a_payment_that_is_reported_twice_pays_once(hub: TestHub, order: PurchaseOrder) -> None:
    """Payment services repeat themselves."""
    for _ in range(2):
        paid = hub.core.purchase_order_paid(hub.account.id, order.id, "pay_1")
    assert (paid.payment, available(hub)) == ("pay_1", 1500)


def test_a_payment_pays_one_order(hub: TestHub, order: PurchaseOrder) -> None:
    """The other one waits on."""
    other = hub.core.orders.make(hub.account.id, 10, "BC-2")
    hub.core.orders.paid(hub.account.id, order.id, "pay_1")
    with pytest.raises(Conflict, match="paid another order"):
        hub.core.orders.paid(hub.account.id, other.id, "pay_1")
    assert available(hub) == 1500


def test_a_second_payment_of_a_paid_order_is_refused(hub: TestHub, order: PurchaseOrder) -> None:
    """Somebody must give it back."""
    hub.core.orders.paid(hub.account.id, order.id, "pay_1")
    with pytest.raises(Conflict, match="paid already"):
        hub.core.orders.paid(hub.account.id, order.id, "pay_2")


def test_an_order_that_was_cancelled_cannot_be_paid(hub: TestHub, order: PurchaseOrder) -> None:
    """And buys nothing."""
    hub.core.orders.cancel(hub.account.id, order.id)
    with pytest.raises(Conflict, match="cancelled"):
        hub.core.orders.validate(order.id, "marie")
    assert available(hub) == 1000


def test_an_order_that_is_paid_cannot_be_cancelled(hub: TestHub, order: PurchaseOrder) -> None:
    """Its credits are bought."""
    hub.core.orders.validate(order.id, "marie")
    with pytest.raises(Conflict, match="paid"):
        hub.core.orders.cancel(hub.account.id, order.id)


def test_cancelling_again_changes_nothing(hub: TestHub, order: PurchaseOrder) -> None:
    """It was called off when it was."""
    first = hub.core.orders.cancel(hub.account.id, order.id)
    hub.clock.advance(hours=1)
    assert hub.core.orders.cancel(hub.account.id, order.id) == first


def test_the_same_order_again_is_the_same_order(hub: TestHub, order: PurchaseOrder) -> None:
    """Its reference is its name."""
    assert hub.core.orders.make(hub.account.id, 500, "BC-2026-17", "24.50", "EUR") == order


def test_a_reference_names_one_order(hub: TestHub, order: PurchaseOrder) -> None:
    """Another one with it is refused."""
    with pytest.raises(Conflict, match="another order"):
        hub.core.orders.make(hub.account.id, order.credits + 1, order.reference)


def test_a_sub_account_cannot_buy(hub: TestHub) -> None:
    """Its credits come from its parent."""
    child = hub.core.children.create(hub.account.id, "Filiale")
    with pytest.raises(NotAllowed) as refused:
        hub.core.orders.make(child.id, 5, "BC-1")
    assert refused.value.code == "sub_account_cannot_buy"


def test_another_accounts_order_is_none(hub: TestHub, order: PurchaseOrder) -> None:
    """As if it were not there."""
    other, _ = hub.core.accounts.create("Boutique Exemple", "FR")
    with pytest.raises(NotFound):
        hub.core.orders.paid(other.id, order.id, "pay_1")


@pytest.mark.parametrize(
    ("credits_", "reference", "price", "currency", "code"),
    [
        (0, "BC-1", None, None, "out_of_range"),
        (1, "", None, None, "reference_form"),
        (1, "x" * 65, None, None, "reference_form"),
        (1, "Postpaid-2026-10", None, None, "reference_reserved"),
        (1, "BC-1", "12,50", "EUR", "price_form"),
        (1, "BC-1", "-1", "EUR", "price_form"),
        (1, "BC-1", "12.50", None, "price_form"),
        (1, "BC-1", None, "EUR", "price_form"),
        (1, "BC-1", "12.50", "euro", "currency_form"),
    ],
)
def test_what_an_order_cannot_be(
    hub: TestHub, credits_: int, reference: str, price: str | None, currency: str | None, code: str
) -> None:
    """Each with its own code."""
    with pytest.raises(RequestRefused) as refused:
        hub.core.orders.make(hub.account.id, credits_, reference, price, currency)
    assert refused.value.code == code


@dataclass
class Listener:
    """Hears which orders were paid."""

    heard: list[tuple[str, int]] = field(default_factory=list)
    hub_api: int = 1

    @hookimpl
    def hub_purchase_order_paid(self, account: object, order: PurchaseOrder) -> None:
        """Remember it."""
        self.heard.append((account.name, order.id))  # type: ignore[attr-defined]  # an Account


def test_plugins_hear_once_that_an_order_was_paid(make: HubMaker) -> None:
    """After the commit, and not of repetitions."""
    listener, plugins = Listener(), Plugins()
    plugins.add(listener, "listener")
    hub = make(plugins=plugins)
    order = hub.core.orders.make(hub.account.id, 5, "BC-1")
    for _ in range(2):
        hub.core.orders.validate(order.id, "marie")
    assert listener.heard == [("Salon Exemple", order.id)]
