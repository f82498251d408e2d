"""Keep events for those who asked for them, in the transaction of what happened.

Who asked is read in that transaction, by one statement for a whole batch: a webhook counts from its commit on, and what
is recorded afterwards is told to it. Without one there is nothing to write; and whoever reads something in the same
transaction anyway can ask there whether there is one at all, with `SOMEBODY_LISTENS`, and save the statement.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.events.model import EventState, WebhookState
from hub.events.tables import webhook_events, webhooks
from hub.ids import new_id
from hub.store.bulk import among, fetch, insert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import Connection

    from hub.events.model import Fact

VERSION = 1
"""Of what every event has in common. It would grow if a member went away or changed its meaning, not with new ones."""
SOMEBODY_LISTENS = (
    select(webhooks.c.id)
    .where(webhooks.c.state == WebhookState.ACTIVE, webhooks.c.deleted_at.is_(None))
    .correlate(None)
    .exists()
    .label("somebody_listens")
)
"""A column for another query: whether any account has a webhook that is called. Looked up once for all its rows."""


def record(connection: Connection, facts: Sequence[Fact]) -> int:
    """Keep facts for each webhook of their accounts that asked for their type; how many calls that makes.

    One statement to find the webhooks, one more to write where there are some, whatever the number of facts.
    """
    if not facts:
        return 0
    wanted = _wanted(connection, {one.account_id for one in facts})
    rows = [
        row for fact in facts if (theirs := wanted.get((fact.account_id, fact.type))) for row in _rows(fact, theirs)
    ]
    insert_rows(connection, webhook_events, rows)
    return len(rows)


def _wanted(connection: Connection, accounts: set[int]) -> dict[tuple[int, str], list[int]]:
    """The webhooks by account and type."""
    live = (webhooks.c.state == WebhookState.ACTIVE, webhooks.c.deleted_at.is_(None))
    query = select(webhooks.c.id, webhooks.c.account_id, webhooks.c.types)
    found: dict[tuple[int, str], list[int]] = {}
    theirs = query.where(among(connection, webhooks.c.account_id, sorted(accounts)), *live)
    for row in fetch(connection, theirs.order_by(webhooks.c.id)):
        for one in row.types.split():
            found.setdefault((row.account_id, one), []).append(row.id)
    return found


def _rows(fact: Fact, theirs: Sequence[int]) -> list[dict[str, Any]]:
    event_id = new_id(fact.at)
    return [row_of(fact, event_id, webhook_id) for webhook_id in theirs]


def row_of(fact: Fact, event_id: str, webhook_id: int) -> dict[str, Any]:
    """A fact as it waits for one webhook. Its body is written once, so that every try says the same."""
    body = {"type": fact.type, "version": VERSION, "timestamp": fact.at.isoformat(), "data": fact.data}
    return {
        "webhook_id": webhook_id,
        "event_id": event_id,
        "type": fact.type,
        "body": storable(json.dumps(body, ensure_ascii=False, separators=(",", ":"))),
        "state": EventState.WAITING,
        "created_at": fact.at,
    }
