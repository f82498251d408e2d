"""Orders, statements, figures of what was used, and alerts, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class OrderState(StrEnum):
    """Where an order stands: nobody has paid yet, it is paid and its credits are bought, or it came to nothing."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"


class OrderKind(StrEnum):
    """What an order is for: credits to use, or those that an account which pays afterwards used in a month."""

    PURCHASE = "purchase"
    POSTPAID = "postpaid"


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order of credits. `price` is a decimal number in `currency` (ISO 4217); both None where nobody named them.

    `reference` is unique within its account; `payment` is the id of the payment, where a plugin took it.
    """

    id: int
    account_id: int
    reference: str
    kind: OrderKind
    credits: int
    price: str | None
    currency: str | None
    state: OrderState
    created_at: datetime
    ended_at: datetime | None
    validated_by: str | None
    payment: str | None


@dataclass(frozen=True, slots=True)
class UsedTexts:
    """Texts of a month to one country (None: not known) by one way, and what they cost."""

    country: str | None
    source: str | None
    texts: int
    segments: int
    credits: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of an account, in credits. What is set aside for texts on their way is not used yet.

    `opening + purchases + advances + transfers + corrections - used == closing`; of these, `advances` (the limit of an
    account that pays afterwards), `transfers` and `corrections` may be below zero.
    """

    account_id: int
    account: str
    month: str
    opening: int
    purchases: int
    advances: int
    transfers: int
    corrections: int
    used: int
    closing: int
    lines: tuple[UsedTexts, ...]


class By(StrEnum):
    """What figures can be told apart by."""

    DAY = "day"
    COUNTRY = "country"
    ACCOUNT = "account"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Consumed:
    """What was used, of one day, country, account and source; those that were not asked for are None."""

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
    """Below how many free credits an account is warned, and where; None while it is not.

    `armed` says that the next crossing is told; `fault` why the last text of this kind was not sent.
    """

    threshold: int | None = None
    emails: tuple[str, ...] = ()
    phone: str | None = None
    armed: bool = True
    crossed_at: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class LowBalance:
    """An account whose free credits fell below its threshold; `crossing` counts how often they have."""

    account_id: int
    available: int
    threshold: int
    crossing: int
