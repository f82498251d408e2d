"""Cancel a campaign: what has not been written to a carrier yet will not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hub.errors import Conflict, NotFound
from hub.messages.model import WAITING, CampaignState, MessageState
from hub.messages.outcomes import Changes
from hub.messages.tables import campaign_chunks, campaigns, messages
from hub.store.bulk import fetch
from hub.store.storable import storable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


def cancel_campaign(connection: Connection, account_id: int, campaign_id: str, at: datetime) -> Changes:
    """Cancel what waits, and give its credits back, in the caller's transaction.

    Cancelling again changes nothing. Raises NotFound, and Conflict when everything is on its way already.
    """
    mine = (campaigns.c.id == storable(campaign_id), campaigns.c.account_id == account_id)
    query = select(campaigns.c.state).where(*mine)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id!r}.")
    changes = Changes()
    if row.state == CampaignState.CANCELLED:
        return changes
    chunks = connection.execute(delete(campaign_chunks).where(campaign_chunks.c.campaign_id == campaign_id)).rowcount
    waiting = select(messages).where(messages.c.campaign_id == campaign_id, messages.c.state.in_(WAITING))
    rows = fetch(connection, waiting.order_by(messages.c.id).with_for_update())
    if not rows and not chunks:
        raise Conflict("Every message of this campaign has left already.", code="already_sent")
    for message in rows:
        changes.end(message, MessageState.CANCELLED, None, at)
    changes.write(connection, at)
    cancelled = {"state": CampaignState.CANCELLED, "held_at": None}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**cancelled))
    return changes
