"""Read campaigns and messages as their owner sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from hub.accounts.tables import accounts
from hub.compliance.model import Purpose
from hub.errors import NotFound
from hub.ids import first_id
from hub.messages.freezing import tallies_of
from hub.messages.model import Acceptance, CampaignState, CampaignView, MessageInDoubt, MessageState, MessageView
from hub.messages.summary import Summary, hold_of
from hub.messages.tables import campaigns, messages
from hub.store.bulk import fetch
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.messages.model import CampaignFilter
    from hub.store.bulk import AnyRow

_IN_DOUBT = text("messages.state = 'unknown'")  # as the partial index says it
SHOWN = 1000
"""How many messages an answer lists; the rest is a page further."""


CODE = "code"
"""The `billing` of a free text that brings a code: only who holds the telephone may read it."""


def message_id(campaign_id: str, position: int) -> str:
    """The name of a message outside the hub, and its client reference at the carrier."""
    return f"{campaign_id}-{position}"


def acceptance_of(connection: Connection, campaign_id: str, *, replayed: bool = False) -> Acceptance:
    """The hub's answer to a campaign, from what is stored."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()
    shown = page_of_messages(connection, campaign_id)
    summary = Summary.of_row(row)
    return summary.answer(row.id, CampaignState(row.state), shown, replayed=replayed, hold=hold_of(row))


def campaign_of(connection: Connection, account_id: int, campaign_id: str) -> CampaignView:
    """A campaign with its counts; raises NotFound when the account has none of that id."""
    query = select(campaigns).where(campaigns.c.id == storable(campaign_id), campaigns.c.account_id == account_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id!r}.")
    states = connection.execute(
        select(messages.c.state, func.count()).where(messages.c.campaign_id == campaign_id).group_by(messages.c.state)
    )
    return as_campaign(row, dict(states.all()))


def latest_campaigns(connection: Connection, account_id: int | None, limit: int) -> tuple[CampaignView, ...]:
    """The latest campaigns of an account, or of all of them, without counts by state."""
    query = select(campaigns).order_by(campaigns.c.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(campaigns.c.account_id == account_id)
    return tuple(as_campaign(row, {}) for row in connection.execute(query))


def page_of_campaigns(
    connection: Connection, account_id: int, wanted: CampaignFilter, *, before: str | None, limit: int
) -> tuple[CampaignView, ...]:
    """Campaigns of an account, the latest first, older than the one of the id `before`; without counts by state."""
    query = select(campaigns).where(campaigns.c.account_id == account_id, *campaign_conditions(wanted))
    if before is not None:
        query = query.where(campaigns.c.id < before)
    return tuple(as_campaign(row, {}) for row in fetch(connection, query.order_by(campaigns.c.id.desc()).limit(limit)))


def campaign_conditions(wanted: CampaignFilter) -> list[ColumnElement[bool]]:
    """What a filter asks of the rows of campaigns."""
    asked: list[ColumnElement[bool]] = []
    if wanted.states:
        asked.append(campaigns.c.state.in_(wanted.states))
    if wanted.sources:
        asked.append(campaigns.c.source.in_(wanted.sources))
    if wanted.since is not None:
        asked.append(campaigns.c.id >= first_id(wanted.since))
    if wanted.until is not None:
        asked.append(campaigns.c.id < first_id(wanted.until))
    if wanted.text:
        asked.append(campaigns.c.text.icontains(storable(wanted.text), autoescape=True))
    return asked


def page_of_messages(
    connection: Connection,
    campaign_id: str,
    *,
    after: int = -1,
    limit: int = SHOWN,
    states: Sequence[MessageState] = (),
) -> tuple[MessageView, ...]:
    """Messages of a campaign in their order, from the one after position `after`."""
    query = (
        select(messages)
        .where(messages.c.campaign_id == campaign_id, messages.c.position > after)
        .order_by(messages.c.position)
        .limit(limit)
    )
    if states:
        query = query.where(messages.c.state.in_(states))
    return tuple(view_of(row._asdict()) for row in fetch(connection, query))


def messages_in_doubt(connection: Connection, account_id: int | None = None) -> tuple[MessageInDoubt, ...]:
    """Every message whose answer was lost, of an account or of all, the longest in doubt first."""
    query = select(messages, accounts.c.name).join(accounts, accounts.c.id == messages.c.account_id)
    query = query.where(_IN_DOUBT)
    if account_id is not None:
        query = query.where(messages.c.account_id == account_id)
    return tuple(
        MessageInDoubt(
            message_id(row.campaign_id, row.position),
            row.name,
            row.recipient,
            row.connector,
            row.submitted_at,
            row.detail,
        )
        for row in fetch(connection, query.order_by(messages.c.submitted_at, messages.c.id))
    )


def page_of_doubts(
    connection: Connection, account_id: int, *, after: int, limit: int
) -> tuple[tuple[MessageView, ...], int | None]:
    """Some of an account's messages whose answer was lost, and after which the next page begins, if there is one."""
    query = select(messages).where(_IN_DOUBT, messages.c.account_id == account_id, messages.c.id > after)
    rows = fetch(connection, query.order_by(messages.c.id).limit(limit + 1))
    last = rows[limit - 1].id if len(rows) > limit else None
    return tuple(view_of(row._asdict()) for row in rows[:limit]), last


def without_code(text: str) -> str:
    """A text that brings a code, as it may be shown to others than its reader."""
    return re.sub(r"[0-9]{6}", "******", text)


def view_of(row: Mapping[str, Any]) -> MessageView:
    """A message's row as its owner sees it."""
    return MessageView(
        id=message_id(row["campaign_id"], row["position"]),
        campaign_id=row["campaign_id"],
        to=row["recipient"],
        state=MessageState(row["state"]),
        reason=row["reason"],
        detail=row["detail"],
        sender=row["sender"],
        text=without_code(row["text"]) if row["billing"] == CODE else row["text"],
        encoding=row["alphabet"],
        segments=row["segments"],
        credits=row["credits"],
        country=row["country"],
        due_at=row["due_at"],
        submitted_at=row.get("submitted_at"),
        settled_at=row.get("settled_at"),
    )


def as_campaign(row: AnyRow, by_state: dict[str, int]) -> CampaignView:
    """A campaign's row as its owner sees it."""
    return CampaignView(
        id=row.id,
        state=CampaignState(row.state),
        purpose=Purpose(row.purpose),
        source=row.source,
        text=row.text,
        sender=row.sender,
        created_at=row.created_at,
        send_at=row.send_at,
        accepted=row.accepted,
        blocked=row.blocked,
        deferred=row.deferred,
        segments=row.segments,
        credits=row.credits,
        by_state=by_state,
        hold=hold_of(row),
        figures=tallies_of(row.figures),
        frozen_at=row.frozen_at,
        corrected_at=row.corrected_at if row.figures else None,
    )
