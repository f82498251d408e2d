"""What is still on its way out, for who wants to stop a hub with nothing left in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, text

from hub.messages.model import MessageState
from hub.messages.tables import campaign_chunks, messages

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

SOON = timedelta(minutes=1)
"""What is due by then is in hand still: a carrier that cannot be reached puts texts off for no longer."""

# Written out, not bound, so that both databases use the partial indexes made for them.
_PENDING = text("messages.state = 'pending'")
_LEASED = text("messages.state IN ('claimed', 'submitting')")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Messages due within a minute, in a worker's hands, being written to a carrier; lists to expand; the rest."""

    due: int
    claimed: int
    submitting: int
    lists: int
    later: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do now."""
        return not (self.due or self.claimed or self.submitting or self.lists)

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.due} due, {self.claimed} claimed, {self.submitting} being sent, {self.lists} list(s) to expand"


def backlog(connection: Connection, now: datetime) -> Backlog:
    """Count what is on its way out at `now`."""
    due = func.count().filter(messages.c.due_at <= now + SOON)
    pending = connection.execute(select(func.count(), due).where(_PENDING)).one()
    states = select(messages.c.state, func.count()).where(_LEASED).group_by(messages.c.state)
    held: dict[str, int] = dict(connection.execute(states).all())
    lists = connection.execute(select(func.count()).select_from(campaign_chunks)).scalar_one()
    return Backlog(
        due=pending[1],
        claimed=held.get(MessageState.CLAIMED, 0),
        submitting=held.get(MessageState.SUBMITTING, 0),
        lists=lists,
        later=pending[0] - pending[1],
    )
