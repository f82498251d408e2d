"""Find a message whose answer was lost by the 16 bits of our reference that its carrier echoes, and its number.

Sixteen bits are no name. They count only among messages in doubt, at the same connector, to the same number, and only
where exactly one has them. So a wrong message can be settled only by the receipt of a text that the hub does not know
by its carrier's id, sent to that very number by somebody else over the same contract while the doubt lasts, and whose
reference happens to be the same: once in 65,536 of such receipts.

A message of several segments has an id, and a receipt, for each, and which ids those are was lost with the answer. So
its parts are noted as they report, and beside them one row that stands for the rest until all segments have: it keeps
the message open, and its name leads the next receipt to the message.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import delete, select, text

from hub.messages.arrivals import Match, Part, locked, whole
from hub.messages.model import DeliveryReceipt, MessageState, ReceiptState, short_ref_of
from hub.messages.tables import message_parts as parts
from hub.messages.tables import messages
from hub.messages.views import message_id
from hub.store.bulk import among, fetch, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.arrivals import Arrival, Found
    from hub.store.bulk import AnyRow

_IN_DOUBT = text("messages.state = 'unknown' AND messages.carrier_id IS NULL")
_REST = "~"
"""What the name of a rest begins with; ids of carriers do not."""

Key: TypeAlias = "tuple[str, int]"
"""A number (E.164) and the 16 bits."""


def by_short_ref(connection: Connection, connector: str, arrivals: list[Arrival], _: datetime) -> Found:
    """Messages in doubt, and those of which not every part has reported yet."""
    said: dict[Key, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        if key := _key_in(one.receipt):
            said[key].append(one)
    if not said:
        return [], arrivals
    owners = _owners(connection, connector, said)
    found, taken = [], set[int]()
    for row, key in _lock(connection, connector, owners):
        mine = [one for one in said[key] if _can_be_about(row, one)]
        if mine and row.segments == 1:
            found.append(Match(row, [one.receipt for one in mine]))
            taken.update(map(id, mine))
        elif mine and row.tries <= 1:  # of several tries nobody knows which part belongs to which
            match, used = _with_parts(connection, connector, row, key, mine)
            found.append(match)
            taken.update(map(id, used))
    return found, [one for one in arrivals if id(one) not in taken]


def _key_in(receipt: DeliveryReceipt) -> Key | None:
    return None if receipt.short_ref is None or not receipt.to else (receipt.to, receipt.short_ref)


def _owners(connection: Connection, connector: str, said: Mapping[Key, object]) -> dict[int, Key]:
    """The messages that keys lead to, where it is one alone."""
    candidates: dict[Key, set[int]] = defaultdict(set)
    columns = (messages.c.id, messages.c.campaign_id, messages.c.position, messages.c.recipient)
    numbers = among(connection, messages.c.recipient, {number for number, _ in said})
    for row in fetch(connection, select(*columns).where(_IN_DOUBT, messages.c.connector == connector, numbers)):
        candidates[row.recipient, short_ref_of(message_id(row.campaign_id, row.position))].add(row.id)
    names = {_rest_of(key): key for key in said}
    rests = select(parts.c.carrier_id, parts.c.message_id).where(
        parts.c.connector == connector, among(connection, parts.c.carrier_id, names)
    )
    for row in fetch(connection, rests):
        candidates[names[row.carrier_id]].add(row.message_id)
    return {ids.pop(): key for key, ids in candidates.items() if key in said and len(ids) == 1}


def _lock(connection: Connection, connector: str, owners: Mapping[int, Key]) -> Iterable[tuple[AnyRow, Key]]:
    """Those of them that are still in doubt, or wait for parts, now that nobody else can change them."""
    if not owners:
        return
    rows = locked(connection, among(connection, messages.c.id, owners))
    query = select(parts.c.message_id).where(
        parts.c.connector == connector,
        among(connection, parts.c.carrier_id, {_rest_of(key) for key in owners.values()}),
    )
    waiting = set(connection.execute(query).scalars())
    for row in rows:
        if row.id in waiting or (row.state == MessageState.UNKNOWN and row.carrier_id is None):
            yield row, owners[row.id]


def _can_be_about(row: AnyRow, arrival: Arrival) -> bool:
    """Whether a receipt came after the message can have left; how often it was tried tells whether that is known."""
    return row.tries > 1 or row.due_at is None or arrival.came_at >= row.due_at


def _with_parts(
    connection: Connection, connector: str, row: AnyRow, key: Key, arrivals: Sequence[Arrival]
) -> tuple[Match, list[Arrival]]:
    """Note what parts report; the message with what they say together, and which receipts were of use."""
    known = [Part.of(one) for one in _parts_of(connection, row.id)]
    rest = next((one for one in known if one.carrier_id == _rest_of(key)), None)
    known = [one for one in known if one is not rest]
    by_id: dict[str, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        if one.receipt.carrier_id and one.receipt.state is not ReceiptState.UNKNOWN:
            by_id[one.receipt.carrier_id].append(one)
    first = rest.number if rest else 1
    fresh = [
        Part(connector, carrier_id, row.id, number).after([one.receipt for one in some])
        for number, (carrier_id, some) in zip(range(first, row.segments + 1), by_id.items(), strict=False)
    ]
    if not fresh:
        return Match(row, []), []
    left = Part(connector, _rest_of(key), row.id, first + len(fresh))
    is_open = left.number <= row.segments
    upsert_rows(connection, parts, [one.as_row() for one in (*fresh, *([left] if is_open else []))])
    if rest and not is_open:
        this = (parts.c.connector == connector, parts.c.carrier_id == rest.carrier_id)
        connection.execute(delete(parts).where(*this))
    used = [one for part in fresh for one in by_id[part.carrier_id]]
    return Match(row, _said_of(row, [*known, *fresh, *([left] if is_open else [])], used)), used


def _said_of(row: AnyRow, every: Sequence[Part], used: Sequence[Arrival]) -> list[DeliveryReceipt]:
    """What parts say of a message: its end, or at least that the carrier had it. No one id is the message's own."""
    if together := whole(every):
        return [replace(one, carrier_id="") for one in together]
    if row.state != MessageState.UNKNOWN:
        return []
    return [DeliveryReceipt("", ReceiptState.ACCEPTED, raw=used[-1].receipt.raw)]


def _parts_of(connection: Connection, message: int) -> Sequence[AnyRow]:
    return fetch(connection, select(parts).where(parts.c.message_id == message).order_by(parts.c.part))


def _rest_of(key: Key) -> str:
    return f"{_REST}{key[0]}{_REST}{key[1]}"
