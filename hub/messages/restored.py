"""What a backup had waiting: it may have been sent since the backup was made, and nobody here can know.

`mark` is called on a copy before any process sees it. Afterwards somebody who knows decides: `resend` lets
everything leave, `drop` none of it. Until then the way out stays paused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, delete, func, insert, literal, not_, select, text, union, update

from hub.messages.model import WAITING, CampaignState, MessageState
from hub.messages.outcomes import FREE, Changes
from hub.messages.sources import grows
from hub.messages.tables import campaign_chunks, campaign_sources, campaigns, messages
from hub.store.bulk import fetch
from hub.store.tables import leases, restored_campaigns
from hub.switches import EVERY_ROUTE, Cause, Way, refuse_half_restored, throw

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

RESTORED = "restored"
"""The reason of what ended, or came into doubt, because a backup was restored."""
_IN_DOUBT = "It was being handed to the carrier when the backup was made."
_MAYBE_SENT = "It waited in a backup; whether it was sent after the backup was made, the record does not say."
BATCH = 1000

# Written out, not bound, so that both databases use the partial indexes made for them.
_UNSETTLED = text("messages.state IN ('pending', 'claimed', 'submitting', 'submitted', 'unknown')")
_HELD = text("messages.state = 'held'")
_MARKED = select(restored_campaigns.c.campaign_id)
_LISTED = (campaign_chunks, campaign_sources)


@dataclass(frozen=True, slots=True)
class Review:
    """How many messages and unexpanded lists wait for a decision, and how many are in doubt already."""

    waiting: int
    lists: int
    in_doubt: int


@dataclass(frozen=True, slots=True)
class Restored:
    """Decides about what came out of a backup. `tell` is called with what each transaction changed.

    Deciding raises Conflict while `hub restore` has not come to its end.
    """

    store: Store
    clock: Clock
    routes: Mapping[str, Route]
    tell: Callable[[Changes, datetime], None]

    def count(self) -> Review:
        """What waits for a decision."""
        with self.store.read() as connection:
            return review(connection)

    def resend(self) -> None:
        """Let everything leave that waited, whether it was sent meanwhile or not."""
        with self.store.write("resend_restored") as connection:
            refuse_half_restored(connection)
            _end_cut_lists(connection)
            connection.execute(delete(restored_campaigns))

    def drop(self) -> int:
        """End everything that waited; how many messages.

        What was due by now may have left: it is `unknown`, so that a late receipt can still settle it, and keeps
        its credits until then or until `no_receipt`. What is due later cannot have left: it is cancelled. Interrupted,
        it goes on where it stopped when it is called again; until then nothing leaves.
        """
        with self.store.write("drop_restored_lists") as connection:
            refuse_half_restored(connection)
            _drop_lists(connection)
        dropped = 0
        while count := self._drop_some():
            dropped += count
        return dropped

    def _drop_some(self) -> int:
        """Drop some of what waits. The transaction that finds nothing is the one that forgets what was marked."""
        now = self.clock.now()
        changes = Changes()
        with self.store.write("drop_restored") as connection:
            refuse_half_restored(connection)
            rows = fetch(connection, select(messages).where(_waiting()).limit(BATCH).with_for_update())
            for row in rows:
                self._drop(changes, row, now)
            changes.write(connection, now)
            if not rows:
                _end_campaigns(connection)
                connection.execute(delete(restored_campaigns))
        self.tell(changes, now)
        return len(rows)

    def _drop(self, changes: Changes, row: AnyRow, now: datetime) -> None:
        if row.due_at is not None and row.due_at > now:
            changes.end(row, MessageState.CANCELLED, RESTORED, now)
            return
        route = self.routes.get(row.route)
        connector = route.connector if route else row.connector
        doubt = {"reason": RESTORED, "detail": _MAYBE_SENT, "submitted_at": now, "connector": connector}
        changes.put(row, MessageState.UNKNOWN, **doubt, **FREE)
        changes.tell(row, MessageState.UNKNOWN, RESTORED)


def mark(connection: Connection, at: datetime) -> Review:
    """Make a restored copy safe in one transaction: nothing leaves, and what waited is known as such."""
    throw(connection, [Way.OUT], at, route=EVERY_ROUTE, note=None, cause=Cause.RESTORED)
    connection.execute(delete(leases))  # who led then does not lead now
    connection.execute(delete(restored_campaigns))
    _put_in_doubt(connection, at)
    freed = update(messages).where(_UNSETTLED, messages.c.state == MessageState.CLAIMED)
    connection.execute(freed.values(state=MessageState.PENDING, **FREE))
    connection.execute(insert(restored_campaigns).from_select(["campaign_id"], _open_campaigns()))
    return review(connection)


def review(connection: Connection) -> Review:
    """What waits for a decision, counted."""
    count = select(func.count()).select_from(messages)
    lists = [select(func.count()).select_from(table).where(table.c.campaign_id.in_(_MARKED)) for table in _LISTED]
    doubtful = (_UNSETTLED, messages.c.state == MessageState.UNKNOWN, messages.c.reason == RESTORED)
    return Review(
        connection.execute(count.where(_waiting())).scalar_one(),
        sum(connection.execute(one).scalar_one() for one in lists),
        connection.execute(count.where(*doubtful)).scalar_one(),
    )


def _waiting() -> Any:
    return messages.c.state.in_(WAITING) & messages.c.campaign_id.in_(_MARKED)


def _put_in_doubt(connection: Connection, at: datetime) -> None:
    """What was on the wire is unknown, whatever the route says of sending again: `resend` is for a decision."""
    on_the_wire = update(messages).where(_UNSETTLED, messages.c.state == MessageState.SUBMITTING)
    detail = cast(literal(_IN_DOUBT), Text)
    connection.execute(
        on_the_wire.values(
            state=MessageState.UNKNOWN, reason=RESTORED, detail=detail, submitted_at=at, lease_until=None
        )
    )


def _open_campaigns() -> Any:
    """What was held may have been released since the backup, and is in doubt like the rest."""
    waiting = select(messages.c.campaign_id).where(_UNSETTLED, messages.c.state.in_(WAITING))
    held = select(messages.c.campaign_id).where(_HELD)
    return union(waiting, held, *(select(table.c.campaign_id) for table in _LISTED))


def _drop_lists(connection: Connection) -> None:
    """Lists that were not expanded yet are not, so that from now on nothing more of them comes to wait.

    Their campaigns stay as they are until nothing of them waits: what is left of a cancelled one the scheduler would
    cancel, as if none of it could have been sent.
    """
    listed = campaigns.c.id.in_(_MARKED) & grows(campaigns.c.id)
    # Locked first, as whoever expands does: a chunk in hand is either written before this, or not at all.
    connection.execute(select(campaigns.c.id).where(listed).order_by(campaigns.c.id).with_for_update()).all()
    for table in _LISTED:
        connection.execute(delete(table).where(table.c.campaign_id.in_(_MARKED)))


def _end_campaigns(connection: Connection) -> None:
    """Of campaigns that were dropped none grows any more, and none waits for review."""
    ends = {CampaignState.EXPANDING: CampaignState.CANCELLED, CampaignState.HELD: CampaignState.ACCEPTED}
    values = {"state": case(ends, value=campaigns.c.state, else_=campaigns.c.state), "held_at": None}
    touched = campaigns.c.state.in_(ends) | campaigns.c.held_at.is_not(None)
    connection.execute(update(campaigns).where(campaigns.c.id.in_(_MARKED), touched).values(**values))


def _end_cut_lists(connection: Connection) -> None:
    """A list that somebody began to drop and then let go does not grow any more."""
    cut = (campaigns.c.state == CampaignState.EXPANDING) & not_(grows(campaigns.c.id))
    accepted = update(campaigns).where(campaigns.c.id.in_(_MARKED), cut).values(state=CampaignState.ACCEPTED)
    connection.execute(accepted)
