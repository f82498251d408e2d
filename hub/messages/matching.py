"""Find the message that a receipt is about: by the carrier's id, a part's or our reference, never a number alone.

Messages are always locked before their parts, and in the order of their ids: two workers with receipts for the
parts of one message take turns, and the second one sees what the first one noted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select, text, tuple_

from hub.messages.model import DeliveryReceipt, FailureReason, ReceiptState
from hub.messages.rules import later_part_state, merge_parts
from hub.messages.tables import message_parts as parts
from hub.messages.tables import messages
from hub.store.bulk import among, fetch, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, TextClause

    from hub.store.bulk import AnyRow


_IN_DOUBT = text("messages.state = 'unknown' AND messages.carrier_id IS NULL")
_LONGEST_POSITION = 9

_COLUMNS = (
    messages.c.id,
    messages.c.campaign_id,
    messages.c.position,
    messages.c.account_id,
    messages.c.recipient,
    messages.c.state,
    messages.c.credits,
    messages.c.billing,
    messages.c.carrier_id,
    messages.c.due_at,
    messages.c.submitted_at,
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


_Found: TypeAlias = "tuple[list[Match], list[Arrival]]"
"""What was found, and what is still to be matched."""


def match(connection: Connection, connector: str, arrivals: Sequence[Arrival], at: datetime) -> _Found:
    """Each message once, with all its receipts, however it was found; and the receipts that fit none."""
    matches: dict[int, Match] = {}
    rest = list(arrivals)
    for find in (_by_carrier_id, _by_part, _by_reference):
        if rest:
            found, rest = find(connection, connector, rest, at)
            for one in found:
                matches.setdefault(one.row.id, Match(one.row, [])).receipts.extend(one.receipts)
    return list(matches.values()), rest


def _by_carrier_id(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> _Found:
    by_id = _grouped(arrivals)
    rows = _locked(connection, messages.c.connector == connector, among(connection, messages.c.carrier_id, by_id))
    # A carrier may use an id again: then its receipts are about the latest message that has it.
    latest = {row.carrier_id: row for row in sorted(rows, key=lambda row: (row.submitted_at or row.due_at, row.id))}
    found = [Match(row, by_id[carrier_id]) for carrier_id, row in latest.items()]
    return found, [one for one in arrivals if one.receipt.carrier_id not in latest]


def _by_part(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> _Found:
    by_id = _grouped(arrivals)
    named = select(parts.c.message_id).where(
        parts.c.connector == connector, among(connection, parts.c.carrier_id, by_id)
    )
    ids = set(connection.execute(named).scalars())
    rows = _locked(connection, among(connection, messages.c.id, ids)) if ids else ()
    query = select(parts).where(among(connection, parts.c.message_id, [row.id for row in rows]))
    by_message: dict[int, list[Part]] = defaultdict(list)
    for row in fetch(connection, query.order_by(parts.c.message_id, parts.c.part)) if rows else ():
        by_message[row.message_id].append(
            Part.of(row, by_id.get(row.carrier_id, ()) if row.connector == connector else ())
        )
    told = [part for some in by_message.values() for part in some if part.receipts]
    upsert_rows(connection, parts, [part.as_row() for part in told])
    found = [Match(row, whole) for row in rows if (whole := _whole(by_message[row.id]))]
    seen = {part.row.carrier_id for part in told}
    return found, [one for one in arrivals if one.receipt.carrier_id not in seen]


def _by_reference(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> _Found:
    """Messages whose answer was lost, at carriers that echo our own name for them."""
    by_name: dict[tuple[str, int], list[DeliveryReceipt]] = defaultdict(list)
    for one in arrivals:
        if name := _name_in(one.receipt):
            by_name[name].append(one.receipt)
    if not by_name:
        return [], arrivals
    ours = tuple_(messages.c.campaign_id, messages.c.position).in_(list(by_name))
    rows = _locked(connection, _IN_DOUBT, messages.c.connector == connector, ours)
    found = [Match(row, by_name[row.campaign_id, row.position]) for row in rows]
    names = {(row.campaign_id, row.position) for row in rows}
    return found, [one for one in arrivals if _name_in(one.receipt) not in names]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message, where it stands now, and what was just said of it."""

    row: AnyRow
    state: ReceiptState | None
    reason: FailureReason | None
    receipts: Sequence[DeliveryReceipt]

    @classmethod
    def of(cls, row: AnyRow, receipts: Sequence[DeliveryReceipt]) -> Part:
        """The part of a row, moved on by receipts."""
        state = ReceiptState(row.state) if row.state else None
        reason = FailureReason(row.reason) if row.reason else None
        for receipt in receipts:
            later = later_part_state(state, receipt.state)
            reason = receipt.reason if later is receipt.state else reason
            state = later
        return cls(row, state, reason, receipts)

    def as_row(self) -> dict[str, object]:
        """As it is stored."""
        return {**self.row._asdict(), "state": self.state, "reason": self.reason}


def _whole(some: Sequence[Part]) -> list[DeliveryReceipt]:
    """What the parts say together, in the words of the part that decided; nothing while it is open."""
    together = merge_parts([(part.state, part.reason) for part in some])
    if together is None:
        return []
    state, reason = together
    said = [receipt for part in some for receipt in part.receipts]
    words = next((one for one in reversed(said) if one.state is state), said[-1])
    return [DeliveryReceipt(words.carrier_id, state, reason, words.code, raw=words.raw)]


def _locked(connection: Connection, *conditions: ColumnElement[bool] | TextClause) -> Sequence[AnyRow]:
    return fetch(connection, select(*_COLUMNS).where(*conditions).order_by(messages.c.id).with_for_update())


def _grouped(arrivals: Iterable[Arrival]) -> dict[str, list[DeliveryReceipt]]:
    by_id: dict[str, list[DeliveryReceipt]] = defaultdict(list)
    for one in arrivals:
        by_id[one.receipt.carrier_id].append(one.receipt)
    return by_id


def _name_in(receipt: DeliveryReceipt) -> tuple[str, int] | None:
    campaign_id, _, position = (receipt.client_ref or "").rpartition("-")
    if not (position.isascii() and position.isdecimal() and len(position) <= _LONGEST_POSITION):
        return None
    return campaign_id, int(position)
