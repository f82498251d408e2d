"""Texts from phones as people and programs look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hub.inbound.model import InboundKind, InboundMessage
from hub.inbound.tables import inbound_messages as table
from hub.messages.views import message_id
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

MOST = 1000


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that are kept."""

    store: Store

    def latest(
        self,
        account_id: int | None = None,
        *,
        of_nobody: bool = False,
        kinds: Collection[InboundKind] = (),
        before: str | None = None,
        limit: int = 100,
        campaign_id: str | None = None,
    ) -> tuple[InboundMessage, ...]:
        """The latest texts of an account, of all of them, or those of which nobody knows whose they are.

        `campaign_id` names the campaign that they are to answer; `before` is the id of a text: only older ones are
        given, `limit` at most.
        """
        query = select(table).order_by(table.c.id.desc()).limit(min(limit, MOST))
        if account_id is not None:
            query = query.where(table.c.account_id == account_id)
        if of_nobody:
            query = query.where(table.c.account_id.is_(None))
        if campaign_id is not None:
            query = query.where(table.c.campaign_id == campaign_id)
        if kinds:
            query = query.where(table.c.kind.in_(list(kinds)))
        if before is not None:
            first = select(table.c.id).where(table.c.public_id == before).scalar_subquery()
            query = query.where(table.c.id < first)
        with self.store.read() as connection:
            return tuple(map(as_message, connection.execute(query)))

    def named(self, account_id: int, text_ids: Collection[str]) -> dict[str, InboundMessage]:
        """Those of these texts that are the account's, by their ids."""
        query = select(table).where(table.c.account_id == account_id)
        with self.store.read() as connection:
            rows = connection.execute(query.where(among(connection, table.c.public_id, list(text_ids))))
            return {row.public_id: as_message(row) for row in rows} if text_ids else {}

    def count(self, account_id: int, campaign_id: str) -> Mapping[InboundKind, int]:
        """How many texts of each kind answer a campaign of the account."""
        query = select(table.c.kind, func.count()).group_by(table.c.kind)
        query = query.where(table.c.campaign_id == campaign_id, table.c.account_id == account_id)
        with self.store.read() as connection:
            return {InboundKind(kind): count for kind, count in connection.execute(query)}


def as_message(row: AnyRow) -> InboundMessage:
    """A kept text as the hub's own and plugins see it."""
    answers = None if row.position is None else message_id(row.campaign_id, row.position)
    return InboundMessage(
        id=row.public_id,
        connector=row.connector,
        number=row.number,
        to=row.written_to,
        text=row.text,
        received_at=row.received_at,
        kind=InboundKind(row.kind),
        account_id=row.account_id,
        campaign_id=row.campaign_id,
        message_id=answers,
        ambiguous=row.ambiguous,
        country=row.country,
        rule=row.rule,
        matched=row.matched,
        claimed_by=row.claimed_by,
        forwarded=row.forwarded,
        done=row.state == "done",
    )
