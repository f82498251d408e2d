"""What the account buys and uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING

from hub.client.calls import MOST, Calls, part, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PayLink:
    """Where an order can be paid."""

    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of credits: `open`, `paid` or `cancelled`; `price` is a decimal number in `currency` (ISO 4217)."""

    id: int
    reference: str
    kind: str
    credits: int
    price: str | None
    currency: str | None
    state: str
    created_at: datetime
    ended_at: datetime | None
    validated_by: str | None
    pay_at: tuple[PayLink, ...]


@dataclass(frozen=True, slots=True)
class Used:
    """Texts of a month to one country by one way."""

    country: str | None
    source: str | None
    texts: int
    segments: int
    credits: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A month that is over (2026-12), in credits; it never changes."""

    account: str
    month: str
    opening: int
    purchases: int
    advances: int
    transfers: int
    corrections: int
    used: int
    closing: int
    lines: tuple[Used, ...]


@dataclass(frozen=True, slots=True)
class Consumed:
    """What was used; what was not to be told apart is None."""

    day: str | None
    country: str | None
    account: int | None
    source: str | None
    texts: int
    segments: int
    credits: int
    delivered: int
    undelivered: int


@dataclass(frozen=True, slots=True)
class BalanceAlert:
    """When and where the account is warned of few credits; `armed`: the next crossing is told."""

    threshold: int | None
    emails: tuple[str, ...]
    phone: str | None
    armed: bool
    crossed_at: datetime | None
    fault: str | None


class Billing(Calls):
    """Orders, statements, figures, and the balance alert."""

    def order(self, credits_: int, reference: str, *, price: str | None = None, currency: str | None = None) -> Order:
        """Order credits; by its reference the same order again is the same order."""
        body = said({"credits": credits_, "reference": reference, "price": price, "currency": currency})
        return self._ask(Order, "POST", "/purchase-orders", body=body, again=True)

    def orders(self, *, state: str | None = None) -> Iterator[Order]:
        """The account's orders, the oldest first."""
        return self._pages(Order, "/purchase-orders", state=state, limit=MOST)

    def get_order(self, order_id: int) -> Order:
        """One of them, with where to pay it."""
        return self._ask(Order, "GET", f"/purchase-orders/{order_id}")

    def cancel_order(self, order_id: int) -> Order:
        """Call an order off that nobody has paid."""
        return self._ask(Order, "POST", f"/purchase-orders/{order_id}/cancel", again=True)

    def statement(self, month: str) -> Statement:
        """A month that is over, as in 2026-12."""
        return self._ask(Statement, "GET", f"/statements/{part(month)}")

    def save_statement(self, month: str, to: str | Path) -> Path:
        """Keep the same as a PDF file."""
        return self.wire.save(f"/statements/{part(month)}/pdf", to)

    def consumption(self, first: date | str, last: date | str, *, by: Sequence[str] = ()) -> list[Consumed]:
        """What was used from a day to a day, told apart by any of day, country, account, source."""
        query = said({"from": first, "to": last, "by": ",".join(by) or None})
        return self._items(Consumed, self.wire.json("GET", "/consumption", query=query))

    def alert(self) -> BalanceAlert:
        """When and where the account is warned."""
        return self._ask(BalanceAlert, "GET", "/account/balance-alert")

    def set_alert(self, threshold: int | None, *, emails: Sequence[str] = (), phone: str | None = None) -> BalanceAlert:
        """Say when and where; None is no warnings. Raises Changed where it was changed meanwhile."""
        wanted = {"threshold": threshold, "emails": list(emails), "phone": phone}
        return self._edit(BalanceAlert, "/account/balance-alert", wanted, "PUT")
