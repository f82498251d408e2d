"""Use cases of campaigns that are held for review: list, release, reject; and what becomes of those nobody looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, exists, func, literal, not_, select, text, update

from hub.accounts.tables import accounts
from hub.errors import Conflict, NotFound
from hub.guard import counters
from hub.messages.cancel import cancel_campaign, cancel_the_rest
from hub.messages.model import CampaignState, MessageState
from hub.messages.outcomes import Changes
from hub.messages.summary import hold_of
from hub.messages.tables import campaigns, messages
from hub.store.bulk import fetch
from hub.store.metadata import UtcDateTime
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.guard.model import Hold
    from hub.messages.guarding import Guard
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

BATCH = 1000
"""Messages that one transaction releases or ends: others wait for it no longer than for a chunk."""

# Written out, not bound, so that both databases use the partial indexes made for them.
_HELD = text("messages.state = 'held'")
_HELD_CAMPAIGN = text("campaigns.held_at IS NOT NULL")


@dataclass(frozen=True, slots=True)
class HeldCampaign:
    """A campaign that waits for review: whose it is, why, and what of it waits (messages, credits)."""

    id: str
    account_id: int
    account: str
    state: CampaignState
    text: str
    hold: Hold
    messages: int
    credits: int


@dataclass(frozen=True, slots=True)
class Held:
    """What guards held, for the operator to decide. `ring` says that a route has something due."""

    store: Store
    clock: Clock
    guard: Guard
    tell: Callable[[Changes, datetime], None]
    ring: Callable[[str], None]

    def all(self) -> tuple[HeldCampaign, ...]:
        """Every held campaign, the oldest first."""
        waiting = select(messages.c.campaign_id, func.count().label("held"), func.sum(messages.c.credits).label("cost"))
        waiting = waiting.where(_HELD).group_by(messages.c.campaign_id)
        query = select(campaigns, accounts.c.name).join(accounts, accounts.c.id == campaigns.c.account_id)
        query = query.where(_HELD_CAMPAIGN).order_by(campaigns.c.held_at, campaigns.c.id)
        with self.store.read() as connection:
            sums = {row.campaign_id: (row.held, int(row.cost)) for row in connection.execute(waiting)}
            return tuple(_as_held(row, *sums.get(row.id, (0, 0))) for row in connection.execute(query))

    def count(self) -> int:
        """How many campaigns are held."""
        with self.store.read() as connection:
            return int(
                connection.execute(select(func.count()).select_from(campaigns).where(_HELD_CAMPAIGN)).scalar_one()
            )

    def jumped(self) -> list[tuple[int, int]]:
        """Accounts that used many times their usual credits today (id, credits)."""
        with self.store.read() as connection:
            return counters.jumped_accounts(connection, self.guard.day(self.clock.now()))

    def release(self, campaign_id: str) -> int:
        """Let a held campaign go, no earlier than now; how many messages do.

        Whatever is asked before a message leaves (hours, opt-outs, cancellation) is asked of these too. Interrupted,
        it goes on where it stopped when it is called again. Raises NotFound, and Conflict when it is not held.
        """
        released, routes, more = 0, set[str](), True
        while more:
            with self.store.write("release_held") as connection:
                _lock_held(connection, campaign_id)
                some = _release_some(connection, campaign_id, self.clock.now())
                more = len(some) == BATCH
                _mark_released(connection, campaign_id, self.clock.now(), ends=not more)
            released += len(some)
            routes.update(row.route for row in some)
        for route in sorted(routes):
            self.ring(route)
        return released

    def reject(self, campaign_id: str) -> int:
        """Cancel what waits of a held campaign, and give its credits back; how many messages.

        Interrupted after its first step, the scheduler carries it to its end.
        Raises NotFound, and Conflict when it is not held.
        """
        now = self.clock.now()
        with self.store.write("reject_held") as connection:
            account_id = _lock_held(connection, campaign_id)
            changes = cancel_campaign(connection, account_id, campaign_id, now)
        self.tell(changes, now)
        return len(changes.updates) + cancel_the_rest(self.store, self.clock, self.tell, campaign_id)

    def expire_held(self) -> int:
        """End held messages whose time is over, and let campaigns go of which nothing is held any more."""
        ended = 0
        while count := self._expire_some():
            ended += count
        if self.count():
            with self.store.write("close_held") as connection:
                _close_empty(connection)
        return ended

    def forget_counted(self) -> int:
        """Drop what guards need no longer: texts older than an hour, days older than a month."""
        now, forgotten = self.clock.now(), 0
        while True:
            with self.store.write("forget_counted") as connection:
                count = counters.forget_texts(connection, now)
                if count < counters.FORGOTTEN_AT_ONCE:
                    counters.forget_days(connection, self.guard.day(now))
            forgotten += count
            if count < counters.FORGOTTEN_AT_ONCE:
                return forgotten

    def _expire_some(self) -> int:
        now = self.clock.now()
        changes = Changes()
        old = select(messages).where(_HELD, messages.c.expires_at <= now).limit(BATCH)
        with self.store.read() as connection:
            if not connection.execute(select(exists(old))).scalar_one():
                return 0
        with self.store.write("expire_held") as connection:
            rows = fetch(connection, old.with_for_update(skip_locked=True))
            for row in rows:
                changes.end(row, MessageState.EXPIRED, "expired_unsent", now)
            changes.write(connection, now)
        self.tell(changes, now)
        return len(rows)


def _lock_held(connection: Connection, campaign_id: str) -> int:
    """Take a held campaign, as cancelling does before anything of it is touched; whose it is."""
    query = select(campaigns.c.account_id, campaigns.c.held_at).where(campaigns.c.id == storable(campaign_id))
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no campaign {campaign_id!r}; `hub held` lists those that are held.")
    if row.held_at is None:
        raise Conflict(f"Campaign {campaign_id} is not held.", code="not_held")
    return int(row.account_id)


def _release_some(connection: Connection, campaign_id: str, now: datetime) -> list[AnyRow]:
    held = and_(_HELD, messages.c.campaign_id == campaign_id)
    some = select(messages.c.id, messages.c.route).where(held).order_by(messages.c.id).limit(BATCH)
    rows = list(fetch(connection, some.with_for_update()))
    due_at = case((messages.c.due_at < now, literal(now, UtcDateTime)), else_=messages.c.due_at)
    free = {"state": MessageState.PENDING, "reason": None, "detail": None, "due_at": due_at}
    connection.execute(update(messages).where(messages.c.id.in_([row.id for row in rows])).values(**free))
    return rows


def _mark_released(connection: Connection, campaign_id: str, now: datetime, *, ends: bool) -> None:
    """From the first step on, what is still being expanded is not held again; held it is until the last."""
    goes_on = campaigns.c.state == CampaignState.EXPANDING
    done = {"held_at": None, "state": case((goes_on, CampaignState.EXPANDING), else_=CampaignState.ACCEPTED)}
    values = {"released_at": now, **(done if ends else {})}
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(**values))


def _close_empty(connection: Connection) -> None:
    left = exists().where(messages.c.campaign_id == campaigns.c.id, _HELD)
    empty = and_(_HELD_CAMPAIGN, campaigns.c.state == CampaignState.HELD, not_(left))
    connection.execute(update(campaigns).where(empty).values(held_at=None, state=CampaignState.ACCEPTED))


def _as_held(row: AnyRow, count: int, cost: int) -> HeldCampaign:
    hold = hold_of(row)
    if hold is None:
        raise LookupError(f"campaign {row.id} is not held")  # the query asks for nothing else
    return HeldCampaign(row.id, row.account_id, row.name, CampaignState(row.state), row.text, hold, count, cost)
