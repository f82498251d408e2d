"""How charged texts ended, written down in the transaction that learned it, to be counted later."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hub.messages.model import MessageState
from hub.messages.tables import outcome_entries
from hub.store.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.store.bulk import AnyRow

_UNDELIVERED = frozenset({MessageState.UNDELIVERED, MessageState.EXPIRED, MessageState.REJECTED})


def note_outcomes(connection: Connection, news: Iterable[tuple[AnyRow, MessageState, object]], at: datetime) -> None:
    """Write down how messages ended that receipts moved: as they were read before, and their state now.

    One statement, and none where nothing ended. A text that was not charged is none that was sent: it is left out.
    """
    delivered: Counter[tuple[int, str, str | None, datetime]] = Counter()
    undelivered: Counter[tuple[int, str, str | None, datetime]] = Counter()
    for row, state, _ in news:
        if row.billing == "released":
            continue
        key = (row.account_id, row.campaign_id, row.country, row.submitted_at or at)
        before = MessageState(row.state)
        delivered[key] += (state is MessageState.DELIVERED) - (before is MessageState.DELIVERED)
        undelivered[key] += (state in _UNDELIVERED) - (before in _UNDELIVERED)
    rows = [
        {
            "account_id": key[0],
            "campaign_id": key[1],
            "country": key[2],
            "at": key[3],
            "delivered": delivered[key],
            "undelivered": undelivered[key],
        }
        for key in delivered
        if delivered[key] or undelivered[key]
    ]
    insert_rows(connection, outcome_entries, rows)
