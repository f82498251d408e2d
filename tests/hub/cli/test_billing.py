"""`hub order`, `hub statement` and `hub account postpaid`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.bootstrap import build
from hub.clock import SystemClock

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


@pytest.fixture
def asked(shop: CommandLine) -> CommandLine:
    """A shop whose account has ordered 40 credits."""
    core = build(None, environ={"HUB_HUB_DATA_DIR": str(shop.folder / "data"), "HUB_HUB_REDIS_URL": "none"})
    core.orders.make(1, 40, "BC-1", "9.90", "EUR")
    core.close()
    return shop


def available(shop: CommandLine) -> int:
    """Free credits of the account."""
    return int(shop.json("account", "list")[0]["available"])


def test_orders_are_listed_for_a_program(asked: CommandLine) -> None:
    """By state and account."""
    listed = [
        [one["reference"] for one in asked.json("order", "list", *more)["items"]]
        for more in ((), ("--state", "open", "--account", "Salon Exemple"), ("--state", "paid"))
    ]
    assert listed == [["BC-1"], ["BC-1"], []]


def test_orders_are_listed_for_a_person(asked: CommandLine) -> None:
    """With what was agreed."""
    shown = asked("order", "list").stdout
    assert all(word in shown for word in ("BC-1", "40", "9.90 EUR", "open"))


def test_an_order_is_validated_once(asked: CommandLine) -> None:
    """Saying it again buys nothing more."""
    before = available(asked)
    told = [asked.json("order", "validate", "1", "--by", by)["validated_by"] for by in ("marie", "paul")]
    assert (told, available(asked) - before) == (["marie", "marie"], 40)


def test_an_order_is_called_off(asked: CommandLine) -> None:
    """And buys nothing."""
    assert asked.json("order", "cancel", "1")["state"] == "cancelled"


def test_an_account_may_pay_afterwards(shop: CommandLine) -> None:
    """Its limit can be used at once."""
    before = available(shop)
    shop.json("account", "postpaid", "Salon Exemple", "70")
    assert available(shop) - before == 70


def test_a_month_that_is_not_over_has_no_statement(shop: CommandLine) -> None:
    """The command says so."""
    month = SystemClock().now().strftime("%Y-%m")
    assert "not over" in shop("statement", "Salon Exemple", month).stderr
