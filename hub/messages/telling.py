"""What those outside are told of messages and campaigns, as events; recorded in the transaction of what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.events.model import EventType, Fact
from hub.events.outbox import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.model import MessageNotice
    from hub.store.bulk import AnyRow


def tell_settled(connection: Connection, notices: Sequence[MessageNotice], at: datetime) -> None:
    """Record messages that came to their end, or into doubt."""
    record(connection, [Fact(one.account_id, EventType.MESSAGE_SETTLED, _settled(one), at) for one in notices])


def tell_finished(connection: Connection, campaigns: Sequence[AnyRow], at: datetime) -> None:
    """Record campaigns, by `id` and `account_id`, whose messages have all come to their end."""
    record(
        connection,
        [Fact(one.account_id, EventType.CAMPAIGN_FINISHED, {"campaign_id": one.id}, at) for one in campaigns],
    )


def _settled(one: MessageNotice) -> dict[str, str | None]:
    return {
        "message_id": one.id,
        "campaign_id": one.campaign_id,
        "number": one.to,
        "state": one.state,
        "reason": one.reason,
    }
