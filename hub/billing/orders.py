"""Use cases of purchase orders: made, cancelled, and paid - which buys their credits, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hub.accounts import ledger
from hub.accounts.model import Movement
from hub.accounts.reading import account_with
from hub.accounts.service import MAX_CREDITS
from hub.billing.model import OrderKind, OrderState, PurchaseOrder
from hub.billing.papers import order_pdf
from hub.billing.tables import purchase_orders as table
from hub.billing.widths import LONGEST_PAYMENT, LONGEST_REFERENCE, LONGEST_VALIDATOR
from hub.errors import Conflict, NotAllowed, NotFound, RequestRefused
from hub.store.bulk import insert_returning
from hub.store.storable import is_storable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

POSTPAID = "postpaid-"
"""How the references of the hub's own orders begin."""
_PRICE = re.compile(r"\d{1,12}(\.\d{1,4})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Orders:
    """The purchase orders of accounts. `tell` hears of one that was paid, after its commit."""

    store: Store
    clock: Clock
    tell: Callable[[PurchaseOrder], None]

    def make(
        self, account_id: int, credits_: int, reference: str, price: str | None = None, currency: str | None = None
    ) -> PurchaseOrder:
        """Make an order; the same one again is the same order.

        Raises RequestRefused for a bad amount, reference or price, NotAllowed for a sub-account, Conflict when the
        reference was used for another order.
        """
        row = {
            "account_id": account_id,
            "reference": _checked_reference(reference),
            "kind": OrderKind.PURCHASE,
            "credits": _checked_credits(credits_),
            "state": OrderState.OPEN,
            "created_at": self.clock.now(),
        }
        row |= _checked_price(price, currency)
        with self.store.write("order") as connection:
            if account_with(connection, account_id).parent_id is not None:
                message = "A sub-account does not buy: its credits come from its parent account."
                raise NotAllowed(message, code="sub_account_cannot_buy")
            insert_returning(connection, table, [row], table.c.id)
            mine = (table.c.account_id == account_id, table.c.reference == row["reference"])
            found = as_order(connection.execute(select(table).where(*mine)).one())
            if any(getattr(found, name) != row[name] for name in ("kind", "credits", "price", "currency")):
                message = f"The reference {found.reference!r} is that of another order; take a new one."
                raise Conflict(message, code="reference_taken")
            return found

    def all(
        self,
        account_id: int | None = None,
        *,
        states: Collection[OrderState] = (),
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[PurchaseOrder, ...]:
        """Orders of an account or of all, the oldest first, from the one after `after`."""
        query = select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
        if account_id is not None:
            query = query.where(table.c.account_id == account_id)
        if states:
            query = query.where(table.c.state.in_(states))
        with self.store.read() as connection:
            return tuple(map(as_order, connection.execute(query)))

    def get(self, account_id: int | None, order_id: int) -> PurchaseOrder:
        """One of them; raises NotFound."""
        with self.store.read() as connection:
            return _order(connection, account_id, order_id)

    def paper(self, account_id: int, order_id: int) -> bytes:
        """One of them as a PDF; raises NotFound."""
        with self.store.read() as connection:
            return order_pdf(account_with(connection, account_id), _order(connection, account_id, order_id))

    def cancel(self, account_id: int | None, order_id: int) -> PurchaseOrder:
        """Call an order off; doing so again changes nothing. Without an account any order, for the operator.

        Raises NotFound, and Conflict for one that is paid, or that is for credits which were used already.
        """
        with self.store.write("order") as connection:
            found = _order(connection, account_id, order_id, lock=True)
            if found.state is OrderState.PAID:
                raise Conflict("This order is paid; its credits are bought.", code="order_paid")
            if account_id is not None and found.kind is OrderKind.POSTPAID:
                message = "This order is for credits that were used; ask the operator of the hub."
                raise Conflict(message, code="order_owed")
            if found.state is OrderState.OPEN:
                self._end(connection, found, OrderState.CANCELLED)
            return _order(connection, account_id, order_id)

    def validate(self, order_id: int, by: str) -> PurchaseOrder:
        """Say that an order is paid, and buy its credits; once, however often or at once it is said.

        Raises NotFound, and Conflict for one that was cancelled.
        """
        return self._pay(None, order_id, by, None)

    def paid(self, account_id: int, order_id: int, payment: str) -> PurchaseOrder:
        """The same, where a payment says so; one payment pays one order, however often it is reported.

        Raises NotFound, and Conflict for an order that was cancelled, or paid otherwise.
        """
        if not 1 <= len(payment) <= LONGEST_PAYMENT or not payment.isprintable() or not is_storable(payment):
            message = f"A payment's id has 1 to {LONGEST_PAYMENT} printable characters."
            raise RequestRefused.because("payment", "payment_form", message)
        return self._pay(account_id, order_id, f"payment {payment}", payment)

    def _pay(self, account_id: int | None, order_id: int, by: str, payment: str | None) -> PurchaseOrder:
        try:
            with self.store.write("order") as connection:
                found = _order(connection, account_id, order_id, lock=True)
                if found.state is OrderState.CANCELLED:
                    raise Conflict("This order was cancelled.", code="order_cancelled")
                if found.state is OrderState.PAID:
                    if payment is not None and payment != found.payment:
                        raise Conflict("This order was paid already, otherwise.", code="order_paid")
                    return found
                self._end(connection, found, OrderState.PAID, validated_by=by[:LONGEST_VALIDATOR], payment=payment)
                at, note = self.clock.now(), f"order {found.reference}"
                ledger.move(connection, found.account_id, Movement.PURCHASE, found.credits, at=at, note=note)
                made = _order(connection, account_id, order_id)
        except IntegrityError as error:
            raise Conflict("This payment has paid another order.", code="payment_used") from error
        self.tell(made)
        return made

    def _end(self, connection: Connection, order: PurchaseOrder, state: OrderState, **values: str | None) -> None:
        mine = update(table).where(table.c.id == order.id)
        connection.execute(mine.values(state=state, ended_at=self.clock.now(), **values))


def as_order(row: AnyRow) -> PurchaseOrder:
    """A row as a value."""
    return PurchaseOrder(
        row.id,
        row.account_id,
        row.reference,
        OrderKind(row.kind),
        row.credits,
        row.price,
        row.currency,
        OrderState(row.state),
        row.created_at,
        row.ended_at,
        row.validated_by,
        row.payment,
    )


def _order(connection: Connection, account_id: int | None, order_id: int, *, lock: bool = False) -> PurchaseOrder:
    query = select(table).where(table.c.id == order_id)
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This account has no order of that id.")
    return as_order(row)


def _checked_reference(reference: str) -> str:
    kept = " ".join(reference.split())
    if not 1 <= len(kept) <= LONGEST_REFERENCE or not kept.isprintable() or not is_storable(kept):
        message = f"Give the order a reference of 1 to {LONGEST_REFERENCE} printable characters."
        raise RequestRefused.because("reference", "reference_form", message)
    if kept.lower().startswith(POSTPAID):
        message = f"References that begin with {POSTPAID!r} are the hub's own; take another."
        raise RequestRefused.because("reference", "reference_reserved", message)
    return kept


def _checked_credits(credits_: int) -> int:
    if not 1 <= credits_ <= MAX_CREDITS:
        raise RequestRefused.because("credits", "out_of_range", f"Credits go from 1 to {MAX_CREDITS}.")
    return credits_


def _checked_price(price: str | None, currency: str | None) -> dict[str, str | None]:
    if (price is None) != (currency is None):
        message = "Give a price and its currency, or neither."
        raise RequestRefused.because("currency" if currency is None else "price", "price_form", message)
    if price is not None and not _PRICE.fullmatch(price):
        raise RequestRefused.because("price", "price_form", "A price is a decimal number, as in 49.90.")
    if currency is not None and not _CURRENCY.fullmatch(currency):
        raise RequestRefused.because("currency", "currency_form", "A currency is three letters (ISO 4217), as in EUR.")
    return {"price": price, "currency": currency}
