"""What the calls about orders, statements, figures and alerts take in and answer."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.accounts.service import MAX_CREDITS
from hub.billing.alerts import MOST_EMAILS
from hub.billing.model import By, OrderKind, OrderState
from hub.billing.widths import LONGEST_PRICE, LONGEST_REFERENCE
from hub.web.examples import shown_as
from hub.web.schemas import MOST_ITEMS, Input

LARGEST_ID = 2**53
_MONTH = r"^2[0-9]{3}-(0[1-9]|1[0-2])$"
_like = partial(shown_as, from_attributes=True)

ORDER: dict[str, Any] = {
    "id": 17,
    "reference": "BC-2027-17",
    "kind": "purchase",
    "credits": 5000,
    "price": "245.00",
    "currency": "EUR",
    "state": "open",
    "created_at": "2027-01-04T08:30:00Z",
    "ended_at": None,
    "validated_by": None,
    "pay_at": [],
}
USED: dict[str, Any] = {"country": "FR", "source": "mail", "texts": 210, "segments": 260, "credits": 260}
STATEMENT: dict[str, Any] = {
    "account": "Salon Exemple",
    "month": "2026-12",
    "opening": 900,
    "purchases": 5000,
    "advances": 0,
    "transfers": 0,
    "corrections": -40,
    "used": 260,
    "closing": 5600,
    "lines": [USED],
}
CONSUMED: dict[str, Any] = {
    "day": "2027-01-04",
    "country": "FR",
    "account": None,
    "source": None,
    "texts": 12,
    "segments": 14,
    "credits": 14,
    "delivered": 11,
    "undelivered": 1,
}
ALERT: dict[str, Any] = {
    "threshold": 200,
    "emails": ["compta@salon.example"],
    "phone": "+33612345678",
    "armed": True,
    "crossed_at": None,
    "fault": None,
}


class OrderBody(Input):
    """Credits to order."""

    model_config = shown_as(
        {name: ORDER[name] for name in ("credits", "reference", "price", "currency")}, extra="forbid"
    )

    credits: int = Field(strict=True, ge=1, le=MAX_CREDITS, description="How many.")
    reference: str = Field(
        min_length=1, max_length=LONGEST_REFERENCE, description="The account's own name for it; each names one order."
    )
    price: str | None = Field(
        default=None, max_length=LONGEST_PRICE, description="What was agreed, as a decimal number: 245.00."
    )
    currency: str | None = Field(default=None, max_length=3, description="Of the price (ISO 4217).")


class OrderPath(BaseModel):
    """Which order."""

    order_id: int = Field(ge=1, le=LARGEST_ID, description="The order's id.", json_schema_extra={"example": 17})


class OrdersQuery(Input):
    """Which orders."""

    state: OrderState | None = Field(default=None, description="Only those that stand so.")
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most orders of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class PayLink(BaseModel):
    """Where an order can be paid."""

    label: str
    href: str


class PurchaseOrder(BaseModel):
    """An order of credits."""

    model_config = _like(ORDER)

    id: int
    reference: str
    kind: OrderKind = Field(description="`postpaid` orders are the hub's: what was used in a month is to be paid.")
    credits: int
    price: str | None
    currency: str | None
    state: OrderState
    created_at: datetime
    ended_at: datetime | None = Field(description="When it was paid, or cancelled.")
    validated_by: str | None = Field(description="Who said that it is paid.")
    pay_at: list[PayLink] = Field(default_factory=list, description="Where it can be paid, while it is open.")


class OrderPage(BaseModel):
    """Orders, the oldest first."""

    model_config = shown_as({"items": [ORDER], "next": None})

    items: list[PurchaseOrder]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class MonthPath(BaseModel):
    """Which month."""

    month: str = Field(pattern=_MONTH, description="A month that is over.", json_schema_extra={"example": "2026-12"})


class UsedTexts(BaseModel):
    """Texts of a month to one country by one way."""

    model_config = _like(USED)

    country: str | None
    source: str | None
    texts: int
    segments: int
    credits: int


class Statement(BaseModel):
    """A month of an account, in credits; it never changes."""

    model_config = _like(STATEMENT)

    account: str
    month: str
    opening: int = Field(description="At the beginning, with what was set aside for texts on their way.")
    purchases: int
    advances: int = Field(description="Credits by a limit that is paid afterwards; below zero where it went down.")
    transfers: int = Field(description="From other accounts of the family, less what went to them.")
    corrections: int = Field(description="Unused credits that the operator took back, below zero.")
    used: int
    closing: int
    lines: list[UsedTexts]


class ConsumptionQuery(Input):
    """Which days, and what to tell apart."""

    first: date = Field(alias="from", description="The first day.", json_schema_extra={"example": "2027-01-01"})
    last: date = Field(alias="to", description="The last day.", json_schema_extra={"example": "2027-01-31"})
    by: str = Field(
        default="",
        pattern=r"^((day|country|account|source)(,(day|country|account|source))*)?$",
        description="Any of day, country, account, source, with commas; empty for one sum.",
        json_schema_extra={"example": "day,country"},
    )

    @property
    def kinds(self) -> frozenset[By]:
        """What is told apart."""
        return frozenset(By(one) for one in self.by.split(",") if one)


class Consumed(BaseModel):
    """What was used; what was not asked for is null."""

    model_config = _like(CONSUMED)

    day: str | None = Field(description="The day on which texts were handed over, in the hub's time zone.")
    country: str | None
    account: int | None = Field(description="The account's own id, or that of a sub-account.")
    source: str | None
    texts: int
    segments: int
    credits: int
    delivered: int = Field(description="Of the texts of that day, those that are known to have arrived.")
    undelivered: int


class ConsumedList(BaseModel):
    """What an account and its sub-accounts used."""

    model_config = shown_as({"items": [CONSUMED], "next": None})

    items: list[Consumed]
    next: None = Field(default=None, description="Always null: all of it is here.")


class AlertBody(Input):
    """When and where to warn."""

    model_config = shown_as({name: ALERT[name] for name in ("threshold", "emails", "phone")}, extra="forbid")

    threshold: int | None = Field(
        strict=True, ge=1, le=MAX_CREDITS, description="Below so many free credits; null for no warnings."
    )
    emails: list[str] = Field(default_factory=list, max_length=MOST_EMAILS, description="Who gets a mail.")
    phone: str | None = Field(
        default=None, description="Who gets a text, which the account pays; as in +33 6 12 34 56 78."
    )


class BalanceAlert(BaseModel):
    """When and where an account is warned that few credits are left."""

    model_config = _like(ALERT)

    threshold: int | None
    emails: list[str]
    phone: str | None
    armed: bool = Field(description="Whether the next crossing is told; not while credits are low already.")
    crossed_at: datetime | None = Field(description="When it was last told.")
    fault: str | None = Field(description="Why the last text was not sent.")
