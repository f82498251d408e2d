"""Who was last texted by whom, from which sender: what an answer belongs to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects import postgresql, sqlite

from hub.messages.model import AUTO_REPLY, MessageState
from hub.messages.tables import campaigns, last_texts, messages, received_texts
from hub.store.bulk import among, fetch, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.store.bulk import AnyRow

KEPT_FOR = timedelta(days=400)
"""An answer to a yearly greeting still finds whom it answers."""
PAGE = 5000

_LEASED = text("messages.state IN ('claimed', 'submitting')")  # written out, so that both use the partial index
# Looked up row by row, along the key: a join would let PostgreSQL go through all campaigns.
_SOURCE = select(campaigns.c.source).where(campaigns.c.id == messages.c.campaign_id).scalar_subquery()


def remember(connection: Connection, ids: Collection[int], at: datetime) -> None:
    """Note that a carrier took these messages, or may have: copied inside the database, nothing travels but their ids.

    In the order of the key, so that two workers cannot wait for each other. What the hub answers by itself begins no
    conversation, whether the law asks for it (below zero in priority) or the account: what the person writes next
    answers what they were asked.
    """
    if not ids:
        return
    these = among(connection, messages.c.id, list(ids))
    sender = func.coalesce(messages.c.sender, "")
    latest = (
        select(func.max(messages.c.id))
        .where(these, messages.c.priority >= 0, _SOURCE != AUTO_REPLY)
        .group_by(messages.c.recipient, messages.c.sender, messages.c.account_id)
    )
    query = (
        select(
            messages.c.recipient,
            sender,
            messages.c.account_id,
            messages.c.campaign_id,
            messages.c.position,
            func.coalesce(messages.c.submitted_at, bindparam("at", at, last_texts.c.at.type)),
        )
        .where(messages.c.id.in_(latest))
        .order_by(messages.c.recipient, sender, messages.c.account_id)
    )
    maker = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = maker(last_texts).from_select([one.name for one in last_texts.c], query)
    changed = {name: statement.excluded[name] for name in ("campaign_id", "position", "at")}
    newer = statement.excluded["at"] >= last_texts.c.at  # a late receipt tells of a text that others may have followed
    keys = list(last_texts.primary_key)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed, where=newer))


def note_received(connection: Connection, arrived: Iterable[tuple[int, str]], at: datetime) -> None:
    """Note that a text of these accounts arrived at these people's phones, in the order of the key."""
    people = sorted({(recipient, account_id) for account_id, recipient in arrived})
    rows = [{"recipient": recipient, "account_id": account_id, "at": at} for recipient, account_id in people]
    upsert_rows(connection, received_texts, rows)


def last_texts_to(connection: Connection, numbers: Collection[str]) -> Sequence[AnyRow]:
    """What these numbers were last sent, by every account and from every sender."""
    if not numbers:
        return []
    return fetch(connection, select(last_texts).where(among(connection, last_texts.c.recipient, list(numbers))))


def texts_under_way(connection: Connection, numbers: Collection[str], now: datetime) -> Sequence[AnyRow]:
    """What is being handed to a carrier for these numbers: a phone may have it, and answer, before that is recorded."""
    if not numbers:
        return []
    query = select(
        messages.c.recipient,
        func.coalesce(messages.c.sender, "").label("sender"),
        messages.c.account_id,
        messages.c.campaign_id,
        messages.c.position,
        bindparam("at", now, last_texts.c.at.type).label("at"),
    ).where(_LEASED, messages.c.state == MessageState.SUBMITTING, messages.c.priority >= 0)
    return fetch(connection, query.where(among(connection, messages.c.recipient, list(numbers))))


def forget_some(connection: Connection, after: str, now: datetime) -> str:
    """Drop what is too old of the next page of numbers; where the page after it begins, empty after the last one.

    Page by page along the key: an index on the time would be written anew with every text. What arrived was texted, so
    the pages are those of both tables.
    """
    key = last_texts.c.recipient
    page = select(key).where(key > after).order_by(key).offset(PAGE - 1).limit(1)
    end = connection.execute(page).scalar_one_or_none()
    for table in (last_texts, received_texts):
        number = table.c.recipient
        old = (number > after, table.c.at < now - KEPT_FOR, *(() if end is None else (number <= end,)))
        connection.execute(delete(table).where(*old))
    return end or ""
