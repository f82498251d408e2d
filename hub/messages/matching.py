"""Find the message that a receipt is about: by the carrier's id, a part's or our reference, never a number alone.

Messages are always locked before their parts, and in the order of their ids: two workers with receipts for the
parts of one message take turns, and the second one sees what the first one noted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, false, or_, select, text, tuple_

from hub.messages.arrivals import Match, Part, grouped, locked, whole
from hub.messages.model import MessageState
from hub.messages.short_refs import by_short_ref
from hub.messages.tables import message_parts as parts
from hub.messages.tables import messages
from hub.store.bulk import among, fetch, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.arrivals import Arrival, Found
    from hub.messages.model import DeliveryReceipt


_DOUBTED = text(
    "messages.carrier_id IS NULL"
    " AND (messages.state = 'unknown' OR (messages.state = 'no_receipt' AND messages.billing = 'released'))"
)
"""In doubt, or given up in doubt: what a carrier had said yes to is charged."""
_LONGEST_POSITION = 9


def match(connection: Connection, connector: str, arrivals: Sequence[Arrival], at: datetime) -> Found:
    """Each message once, with all its receipts, however it was found; and the receipts that fit none."""
    matches: dict[int, Match] = {}
    rest = list(arrivals)
    for find in (_by_carrier_id, _by_part, _by_reference, by_short_ref):
        if rest:
            found, rest = find(connection, connector, rest, at)
            for one in found:
                matches.setdefault(one.row.id, Match(one.row, [])).receipts.extend(one.receipts)
    return list(matches.values()), rest


def _by_carrier_id(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> Found:
    by_id = grouped(arrivals)
    rows = locked(connection, messages.c.connector == connector, among(connection, messages.c.carrier_id, by_id))
    # A carrier may use an id again: then its receipts are about the latest message that has it.
    latest = {row.carrier_id: row for row in sorted(rows, key=lambda row: (row.submitted_at or row.due_at, row.id))}
    found = [Match(row, by_id[carrier_id]) for carrier_id, row in latest.items()]
    return found, [one for one in arrivals if one.receipt.carrier_id not in latest]


def _by_part(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> Found:
    by_id = grouped(arrivals)
    named = select(parts.c.message_id).where(
        parts.c.connector == connector, among(connection, parts.c.carrier_id, by_id)
    )
    ids = set(connection.execute(named).scalars())
    rows = locked(connection, among(connection, messages.c.id, ids)) if ids else ()
    query = select(parts).where(among(connection, parts.c.message_id, [row.id for row in rows]))
    by_message: dict[int, list[Part]] = defaultdict(list)
    for row in fetch(connection, query.order_by(parts.c.message_id, parts.c.part)) if rows else ():
        by_message[row.message_id].append(
            Part.of(row, by_id.get(row.carrier_id, ()) if row.connector == connector else ())
        )
    told = [part for some in by_message.values() for part in some if part.receipts]
    upsert_rows(connection, parts, [part.as_row() for part in told])
    found = [Match(row, said) for row in rows if (said := whole(by_message[row.id]))]
    seen = {part.carrier_id for part in told}
    return found, [one for one in arrivals if one.receipt.carrier_id not in seen]


def _by_reference(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> Found:
    """Messages whose answer was lost, at carriers that echo our own name for them; any, where that is all they say."""
    by_name: dict[tuple[str, int], list[DeliveryReceipt]] = defaultdict(list)
    for one in arrivals:
        if name := _name_in(one.receipt):
            by_name[name].append(one.receipt)
    if not by_name:
        return [], arrivals
    pair = tuple_(messages.c.campaign_id, messages.c.position)
    nameless = [one for one, said in by_name.items() if all(each.carrier_id == each.client_ref for each in said)]
    taken = and_(messages.c.state == MessageState.SUBMITTED, pair.in_(nameless)) if nameless else false()
    rows = locked(connection, or_(_DOUBTED, taken), messages.c.connector == connector, pair.in_(list(by_name)))
    found = [Match(row, by_name[row.campaign_id, row.position]) for row in rows]
    names = {(row.campaign_id, row.position) for row in rows}
    return found, [one for one in arrivals if _name_in(one.receipt) not in names]


def _name_in(receipt: DeliveryReceipt) -> tuple[str, int] | None:
    campaign_id, _, position = (receipt.client_ref or "").rpartition("-")
    if not (position.isascii() and position.isdecimal() and len(position) <= _LONGEST_POSITION):
        return None
    return campaign_id, int(position)
