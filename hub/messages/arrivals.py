"""What matching works with: receipts as they came, the messages they are about, and the parts of these."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from hub.events.outbox import SOMEBODY_LISTENS
from hub.messages.model import DeliveryReceipt, FailureReason, ReceiptState
from hub.messages.rules import later_part_state, merge_parts
from hub.messages.tables import messages
from hub.store.bulk import fetch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, TextClause

    from hub.store.bulk import AnyRow

_COLUMNS = (
    messages.c.id,
    messages.c.campaign_id,
    messages.c.position,
    messages.c.account_id,
    messages.c.recipient,
    messages.c.country,
    messages.c.state,
    messages.c.segments,
    messages.c.credits,
    messages.c.billing,
    messages.c.carrier_id,
    messages.c.tries,
    messages.c.due_at,
    messages.c.submitted_at,
    SOMEBODY_LISTENS,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A receipt, when it came, and its place among those that wait, if it does."""

    receipt: DeliveryReceipt
    came_at: datetime
    parked_id: int | None = None


@dataclass
class Match:
    """A message, locked, and the receipts that are about it, in the order in which they came."""

    row: AnyRow
    receipts: list[DeliveryReceipt]


Found: TypeAlias = "tuple[list[Match], list[Arrival]]"
"""What was found, and what is still to be matched."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message, where it stands now, and what was just said of it."""

    connector: str
    carrier_id: str
    message_id: int
    number: int
    state: ReceiptState | None = None
    reason: FailureReason | None = None
    receipts: Sequence[DeliveryReceipt] = ()

    @classmethod
    def of(cls, row: AnyRow, receipts: Sequence[DeliveryReceipt] = ()) -> Part:
        """The part of a row, moved on by receipts."""
        state = ReceiptState(row.state) if row.state else None
        reason = FailureReason(row.reason) if row.reason else None
        return cls(row.connector, row.carrier_id, row.message_id, row.part, state, reason).after(receipts)

    def after(self, receipts: Sequence[DeliveryReceipt]) -> Part:
        """This part, moved on by receipts."""
        state, reason = self.state, self.reason
        for receipt in receipts:
            later = later_part_state(state, receipt.state)
            reason = receipt.reason if later is receipt.state else reason
            state = later
        return Part(self.connector, self.carrier_id, self.message_id, self.number, state, reason, receipts)

    def as_row(self) -> dict[str, object]:
        """As it is stored."""
        return {
            "connector": self.connector,
            "carrier_id": self.carrier_id,
            "message_id": self.message_id,
            "part": self.number,
            "state": self.state,
            "reason": self.reason,
        }


def whole(some: Sequence[Part]) -> list[DeliveryReceipt]:
    """What the parts say together, in the words of the part that decided; nothing while it is open."""
    together = merge_parts([(part.state, part.reason) for part in some])
    if together is None:
        return []
    state, reason = together
    said = [receipt for part in some for receipt in part.receipts]
    words = next((one for one in reversed(said) if one.state is state), said[-1])
    return [DeliveryReceipt(words.carrier_id, state, reason, words.code, raw=words.raw)]


def locked(connection: Connection, *conditions: ColumnElement[bool] | TextClause) -> Sequence[AnyRow]:
    """Messages, locked in the order of their ids."""
    return fetch(connection, select(*_COLUMNS).where(*conditions).order_by(messages.c.id).with_for_update())


def grouped(arrivals: Iterable[Arrival]) -> dict[str, list[DeliveryReceipt]]:
    """Receipts by the carrier's id."""
    by_id: dict[str, list[DeliveryReceipt]] = defaultdict(list)
    for one in arrivals:
        by_id[one.receipt.carrier_id].append(one.receipt)
    return by_id
