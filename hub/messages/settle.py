"""Settle messages by what carriers say later: receipts in any order, early, late, twice, or for nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from hub.accounts.model import Movement
from hub.messages.arrivals import Arrival
from hub.messages.ended import note_outcomes
from hub.messages.freezing import mark_corrected
from hub.messages.matching import match
from hub.messages.model import UNSETTLED, DeliveryReceipt, FailureReason, MessageState, ReceiptState
from hub.messages.outcomes import Changes
from hub.messages.rules import advance, is_erased
from hub.messages.tables import parked_receipts as parked
from hub.messages.widths import LONGEST_CARRIER_ID, LONGEST_CODE, LONGEST_RECIPIENT, LONGEST_REFERENCE
from hub.store.bulk import among, fetch, in_batches, insert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.messages.arrivals import Match
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

PARKED_FOR = timedelta(hours=72)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Settler:
    """Takes receipts in. `tell` is called with what a transaction changed, after its commit."""

    store: Store
    clock: Clock
    tell: Callable[[Changes, datetime], None]

    def receipts(self, connector: str, receipts: Sequence[DeliveryReceipt]) -> None:
        """Record receipts of one connector; returns after the commit. Raises StoreUnavailable."""
        for batch in in_batches(map(_as_kept, receipts), BATCH):
            now = self.clock.now()
            arrivals = [Arrival(receipt, now) for receipt in batch]
            with self.store.write("receipts") as connection:
                changes, unmatched = apply_receipts(connection, connector, arrivals, now)
                _park(connection, connector, unmatched)
            self.tell(changes, now)
            if unmatched:
                self._look_again(connector, unmatched)

    def retry_parked(self, *, younger_than: timedelta = PARKED_FOR) -> int:
        """Try parked receipts again, those of the last while or all; how many found their message."""
        matched, last = 0, 0
        while rows := self._page_of_parked(last, self.clock.now() - younger_than):
            for connector in sorted({row.connector for row in rows}):
                matched += self._retry(connector, [row.id for row in rows if row.connector == connector])
            last = rows[-1].id
        return matched

    def forget_parked(self) -> int:
        """Drop parked receipts that fit no message for three days; how many."""
        with self.store.write("forget_parked") as connection:
            return connection.execute(delete(parked).where(parked.c.at < self.clock.now() - PARKED_FOR)).rowcount

    def _look_again(self, connector: str, arrivals: Sequence[Arrival]) -> None:
        """An answer that was being committed meanwhile did not see what was being parked, nor the other way round."""
        now = self.clock.now()
        self.tell(look_again(self.store, connector, {one.receipt.carrier_id for one in arrivals}, now), now)

    def _page_of_parked(self, after: int, since: datetime) -> Sequence[AnyRow]:
        query = select(parked).where(parked.c.id > after, parked.c.at >= since).order_by(parked.c.id).limit(BATCH)
        with self.store.read() as connection:
            return fetch(connection, query)

    def _retry(self, connector: str, ids: Sequence[int]) -> int:
        """Read again, in the transaction: SQLite gives the id of a row that is gone to the next that comes."""
        now = self.clock.now()
        with self.store.write("retry_parked") as connection:
            these = (parked.c.connector == connector, among(connection, parked.c.id, ids))
            rows = fetch(connection, select(parked).where(*these).order_by(parked.c.id))
            changes, left = _apply_parked(connection, connector, rows, now)
        self.tell(changes, now)
        return len(rows) - left


def look_again(store: Store, connector: str, carrier_ids: Iterable[str], at: datetime) -> Changes:
    """Unpark in a transaction of its own. Raises StoreUnavailable.

    On a server a receipt and its answer may be recorded at once, and neither transaction sees the other. Whoever is
    done looks again, whether it was the receipt or the answer: the one that commits last finds them both.
    """
    with store.write("look_again") as connection:
        return unpark(connection, connector, carrier_ids, at)


def waits(store: Store, connector: str, carrier_ids: Iterable[str]) -> bool:
    """Whether a receipt with one of these ids waits. Raises StoreUnavailable."""
    with store.read() as connection:
        return any(
            fetch(connection, select(parked.c.id).where(*_named(connection, connector, some)).limit(1))
            for some in in_batches(carrier_ids, BATCH)
        )


def unpark(connection: Connection, connector: str, carrier_ids: Iterable[str], at: datetime) -> Changes:
    """Apply the receipts that came before the answer which names them, in the answer's own transaction."""
    changes = Changes()
    for some in in_batches(carrier_ids, BATCH):
        query = select(parked).where(*_named(connection, connector, some))
        rows = fetch(connection, query.order_by(parked.c.id))
        changes.join(_apply_parked(connection, connector, rows, at)[0])
    return changes


def apply_receipts(
    connection: Connection, connector: str, arrivals: Sequence[Arrival], at: datetime
) -> tuple[Changes, list[Arrival]]:
    """Move messages by their receipts, in the caller's transaction: what changed, and what fits no message."""
    changes = Changes()
    matches, unmatched = match(connection, connector, arrivals, at)
    for one in matches:
        _apply(changes, one, connector, at)
    late = {row.campaign_id for row, _, _ in changes.news if row.state not in UNSETTLED}
    mark_corrected(connection, late, at)
    changes.write(connection, at)
    note_outcomes(connection, changes.news, at)
    return changes, unmatched


def _named(connection: Connection, connector: str, carrier_ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return (parked.c.connector == connector, among(connection, parked.c.carrier_id, carrier_ids))


def _apply(changes: Changes, found: Match, connector: str, at: datetime) -> None:
    row = found.row
    state = MessageState(row.state)
    values: dict[str, Any] = {}
    for receipt in found.receipts:
        step = advance(state, receipt.state, receipt.reason)
        if step is None:
            continue
        state = step.state
        values = {
            "reason": step.reason,
            "detail": None,
            "receipt_code": receipt.code,
            "receipt_raw": None if is_erased(row.recipient) else receipt.raw,  # it may name the number
            "settled_at": at if state is not MessageState.SUBMITTED else None,
        }
        if row.carrier_id is None and (row.state == MessageState.UNKNOWN or row.billing == "released"):
            values |= {"carrier_id": receipt.carrier_id or None, "connector": connector}
    if not values:
        return
    billing = changes.bill(row, Movement.CHARGE)  # the carrier had it after all
    changes.put(row, state, billing=billing, owner=None, **values)
    changes.tell(row, state, values["reason"])


def _apply_parked(connection: Connection, connector: str, rows: Sequence[AnyRow], at: datetime) -> tuple[Changes, int]:
    """Apply receipts that waited; what changed, and how many go on waiting."""
    if not rows:
        return Changes(), 0
    changes, unmatched = apply_receipts(connection, connector, [_arrival(row) for row in rows], at)
    gone = {row.id for row in rows} - {one.parked_id for one in unmatched}
    if gone:
        connection.execute(delete(parked).where(among(connection, parked.c.id, gone)))
    return changes, len(unmatched)


def _park(connection: Connection, connector: str, arrivals: Sequence[Arrival]) -> None:
    rows = [
        {
            "connector": connector,
            "carrier_id": one.receipt.carrier_id,
            "client_ref": one.receipt.client_ref,
            "recipient": one.receipt.to,
            "state": one.receipt.state,
            "reason": one.receipt.reason,
            "code": one.receipt.code,
            "raw": one.receipt.raw,
            "at": one.came_at,
            "short_ref": one.receipt.short_ref,
        }
        for one in arrivals
    ]
    insert_rows(connection, parked, rows)


def _arrival(row: AnyRow) -> Arrival:
    receipt = DeliveryReceipt(
        carrier_id=row.carrier_id,
        state=ReceiptState(row.state),
        reason=FailureReason(row.reason) if row.reason else None,
        code=row.code,
        client_ref=row.client_ref,
        to=row.recipient,
        raw=row.raw,
        short_ref=row.short_ref,
    )
    return Arrival(receipt, row.at, row.id)


def _as_kept(receipt: DeliveryReceipt) -> DeliveryReceipt:
    """A carrier's words cut to what is kept, so that one odd receipt does not keep the others out."""
    return replace(
        receipt,
        carrier_id=storable(receipt.carrier_id, LONGEST_CARRIER_ID),
        code=storable(receipt.code, LONGEST_CODE) if receipt.code else None,
        client_ref=storable(receipt.client_ref, LONGEST_REFERENCE) if receipt.client_ref else None,
        to=storable(receipt.to, LONGEST_RECIPIENT) if receipt.to else None,
        raw=storable(receipt.raw),
    )
