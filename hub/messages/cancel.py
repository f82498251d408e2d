"""Cancel a campaign: what has not been written to a carrier yet will not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, text, update

from hub.errors import Conflict, NotFound
from hub.messages.model import WAITING, CampaignState, MessageState
from hub.messages.outcomes import Changes
from hub.messages.sources import drop_sources
from hub.messages.tables import campaign_chunks, campaigns, messages
from hub.store.bulk import fetch
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store

AT_ONCE = 2000
"""Messages that one transaction cancels: a long list must not keep everybody else from writing."""


def cancel_campaign(connection: Connection, account_id: int, campaign_id: str, at: datetime) -> Changes:
    """Cancel a campaign and the first of what waits of it, in the caller's transaction; `cancel_some` does the rest.

    From this transaction on nothing of it is claimed to be sent. Cancelling again ends a hold that was left over, and
    changes nothing else. Raises NotFound, and Conflict when everything is on its way already.
    """
    mine = (campaigns.c.id == storable(campaign_id), campaigns.c.account_id == account_id)
    query = select(campaigns.c.state).where(*mine)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id!r}.")
    if row.state == CampaignState.CANCELLED:
        _let_go(connection, campaign_id)
        return Changes()
    chunks = connection.execute(delete(campaign_chunks).where(campaign_chunks.c.campaign_id == campaign_id)).rowcount
    chunks += drop_sources(connection, campaign_id)
    changes = cancel_some(connection, campaign_id, at)
    if not changes.updates and not chunks:
        raise Conflict("Nothing of this campaign waits any more: it has left, or never could.", code="already_sent")
    _let_go(connection, campaign_id)
    return changes


def _let_go(connection: Connection, campaign_id: str) -> None:
    """A cancelled campaign waits for no review, whatever an older hub has left there."""
    cancelled = {"state": CampaignState.CANCELLED, "held_at": None}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**cancelled))


def cancel_some(connection: Connection, campaign_id: str, at: datetime) -> Changes:
    """Cancel some of what waits of a campaign, and give its credits back; without updates, nothing waits any more."""
    changes = Changes()
    waiting = select(messages).where(messages.c.campaign_id == campaign_id, messages.c.state.in_(WAITING))
    for message in fetch(connection, waiting.order_by(messages.c.id).limit(AT_ONCE).with_for_update()):
        changes.end(message, MessageState.CANCELLED, None, at)
    changes.write(connection, at)
    return changes


def cancel_the_rest(store: Store, clock: Clock, tell: Callable[[Changes, datetime], None], campaign_id: str) -> int:
    """Cancel what still waits of a cancelled campaign, some in each transaction; how many messages."""
    cancelled, more = 0, True
    while more:
        now = clock.now()
        with store.write("cancel_some") as connection:
            changes = cancel_some(connection, campaign_id, now)
        tell(changes, now)
        cancelled += len(changes.updates)
        more = bool(changes.updates)
    return cancelled


def left_to_cancel(connection: Connection) -> list[str]:
    """Cancelled campaigns of which something still waits: whoever cancelled them did not come to the end."""
    unsent = messages.c.state.in_((MessageState.PENDING, MessageState.HELD))
    waits = exists().where(messages.c.campaign_id == campaigns.c.id, unsent)
    query = select(campaigns.c.id).where(campaigns.c.state == CampaignState.CANCELLED, waits, _OPEN)
    return list(connection.execute(query).scalars())


_OPEN = text("campaigns.state IN ('expanding', 'accepted', 'cancelled')")  # as the partial index says it
