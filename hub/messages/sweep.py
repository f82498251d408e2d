"""What the leader does every second or two: mend what a crash left, end what waited too long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, not_, select, text, update

from hub.accounts.model import Movement
from hub.accounts.tables import accounts
from hub.messages.idempotency import forget_old_keys
from hub.messages.last import forget_some
from hub.messages.model import CampaignState, MessageState
from hub.messages.outcomes import FREE, Changes, record_unknown
from hub.messages.routing import OnUnknown, names_of, routes_for
from hub.messages.tables import campaign_chunks, campaign_sources, campaigns, messages
from hub.messages.telling import tell_finished
from hub.messages.writing import PURPOSES
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.messages.limits import Limits
    from hub.messages.routing import Route
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

BATCH = 1000

# Written out, not bound, so that both databases use the partial indexes made for them.
_LEASED = text("messages.state IN ('claimed', 'submitting')")
_UNSETTLED = text("messages.state IN ('pending', 'claimed', 'submitting', 'submitted', 'unknown')")
_OPEN = text("campaigns.state IN ('expanding', 'accepted', 'cancelled')")
_PENDING = text("messages.state = 'pending'")
NEVER_TRIED = messages.c.tries == 0
"""No carrier can have it. What was in doubt once may be asked for again at the same one, and never at another."""


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Keeps the record true when processes die and carriers stay silent."""

    store: Store
    clock: Clock
    routes: Mapping[str, Route]
    limits: Limits
    tell: Callable[[Changes, datetime], None]
    _pages: dict[str, str] = field(default_factory=dict)

    def recover_leases(self) -> int:
        """Take back what a dead worker held: what was only claimed is due again, what was being written is in doubt."""
        now = self.clock.now()
        changes = Changes()
        with self.store.write("recover_leases") as connection:
            query = select(messages).where(_LEASED, messages.c.lease_until < now).limit(BATCH)
            rows = fetch(connection, query.with_for_update(skip_locked=True))
            for row in rows:
                self._recover(changes, row, now)
            changes.write(connection, now)
        self.tell(changes, now)
        return len(rows)

    def give_up_waiting(self) -> int:
        """End messages whose receipt never came: `no_receipt`, 48 hours after their submission."""
        ended = 0
        while count := self._give_up_some():
            ended += count
        return ended

    def finish_campaigns(self) -> int:
        """Close campaigns whose messages have all come to their end; how many did."""
        with self.store.write("finish_campaigns") as connection:
            waiting = exists().where(messages.c.campaign_id == campaigns.c.id, _UNSETTLED)
            done = and_(_OPEN, campaigns.c.state == CampaignState.ACCEPTED, not_(waiting))
            finished = update(campaigns).where(done).values(state=CampaignState.FINISHED)
            rows = connection.execute(finished.returning(campaigns.c.id, campaigns.c.account_id)).all()
            tell_finished(connection, rows, self.clock.now())
        return len(rows)

    def reroute(self) -> int:
        """Give messages of routes that hub.ini no longer has to routes that it has; how many moved.

        What no route takes any more waits for one until its time is over, and ends as `expired`.
        """
        with self.store.read() as connection:
            lost = set(connection.execute(_PENDING_ROUTES).scalars()) - set(self.routes)
        return sum(self._reroute(name) for name in sorted(lost))

    def has_chunks(self) -> bool:
        """Whether a large campaign is still to be expanded."""
        with self.store.read() as connection:
            return bool(connection.execute(_HAS_CHUNKS).scalar_one())

    def forget(self) -> int:
        """Drop idempotency keys older than what is promised."""
        with self.store.write("forget_keys") as connection:
            return forget_old_keys(connection, self.clock.now())

    def forget_last_texts(self) -> None:
        """Drop what nobody will answer any more, of the next few thousand numbers."""
        with self.store.write("forget_last_texts") as connection:
            self._pages["last_texts"] = forget_some(connection, self._pages.get("last_texts", ""), self.clock.now())

    def _recover(self, changes: Changes, row: AnyRow, now: datetime) -> None:
        if row.state == MessageState.CLAIMED:
            changes.put(row, MessageState.PENDING, **FREE)
            return
        route = self.routes.get(row.route)
        resend = route is not None and route.on_unknown is OnUnknown.RESEND
        detail = "The worker stopped between handing the text to the carrier and hearing its answer."
        record_unknown(changes, row, detail, now, resend=resend)

    def _give_up_some(self) -> int:
        now = self.clock.now()
        changes = Changes()
        with self.store.write("give_up") as connection:
            waiting = messages.c.state.in_((MessageState.SUBMITTED, MessageState.UNKNOWN))
            old = and_(_UNSETTLED, waiting, messages.c.submitted_at < now - self.limits.no_receipt_after)
            query = select(messages).where(old, messages.c.campaign_id.in_(_long_open(now, self.limits)))
            rows = fetch(connection, query.limit(BATCH).with_for_update(skip_locked=True))
            for row in rows:
                _give_up(changes, row, now)
            changes.write(connection, now)
        self.tell(changes, now)
        return len(rows)

    def _reroute(self, name: str) -> int:
        here = and_(_PENDING, messages.c.route == name)
        matters = [messages.c.country, messages.c.priority]
        if any(route.is_choosy for route in self.routes.values()):
            matters += [messages.c.account_id, messages.c.sender]
        with self.store.read() as connection:
            kinds = connection.execute(select(*matters).where(here).distinct()).all()
            names = _names(connection, {row.account_id for row in kinds} if len(matters) > _USUAL else ())
        moved = 0
        for row in kinds:
            kind = and_(here, *(column.is_not_distinct_from(value) for column, value in zip(matters, row, strict=True)))
            account, sender = (row.account_id, row.sender) if len(matters) > _USUAL else (None, None)
            purpose = PURPOSES[row.priority]
            fitting = routes_for(self.routes.values(), row.country, purpose, names.get(account, frozenset()), sender)
            if fitting:
                moved += self._move(kind, fitting[0])
            now = self.clock.now()
            end_expired(self.store, and_(kind, messages.c.expires_at <= now), now, self.tell)
        return moved

    def _move(self, kind: ColumnElement[bool], route: str) -> int:
        moved = 0
        while True:
            with self.store.write("reroute") as connection:
                some = select(messages.c.id).where(kind, NEVER_TRIED).limit(BATCH).with_for_update(skip_locked=True)
                ids = [row.id for row in fetch(connection, some)]
                connection.execute(update(messages).where(among(connection, messages.c.id, ids)).values(route=route))
            moved += len(ids)
            if len(ids) < BATCH:
                return moved


def end_expired(
    store: Store, these: ColumnElement[bool], now: datetime, tell: Callable[[Changes, datetime], None]
) -> None:
    """End some messages whose time is over before any route took them."""
    query = select(messages).where(these).limit(BATCH)
    with store.read() as connection:
        if connection.execute(query.with_only_columns(messages.c.id).limit(1)).first() is None:
            return
    changes = Changes()
    with store.write("expire") as connection:
        for row in fetch(connection, query.with_for_update(skip_locked=True)):
            changes.end(row, MessageState.EXPIRED, "expired_unsent", now)
        changes.write(connection, now)
    tell(changes, now)


def _names(connection: Connection, ids: Collection[int]) -> dict[int | None, frozenset[str]]:
    query = select(accounts.c.id, accounts.c.name).where(among(connection, accounts.c.id, ids))
    return {row.id: names_of(row.id, row.name) for row in connection.execute(query)} if ids else {}


_USUAL = 2
_HAS_CHUNKS = select(exists().select_from(campaign_chunks) | exists().select_from(campaign_sources))

_PENDING_ROUTES = text("""
    WITH RECURSIVE waiting(route) AS (
        SELECT min(route) FROM messages WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT min(route) FROM messages WHERE state = 'pending' AND route > waiting.route)
        FROM waiting WHERE waiting.route IS NOT NULL
    )
    SELECT route FROM waiting WHERE route IS NOT NULL
""")


def _long_open(now: datetime, limits: Limits) -> Any:
    return select(campaigns.c.id).where(_OPEN, campaigns.c.created_at < now - limits.no_receipt_after)


def _give_up(changes: Changes, row: AnyRow, now: datetime) -> None:
    # A submission was billed by the carrier; one that nobody ever confirmed most likely was not.
    billing = changes.bill(row, Movement.RELEASE)
    changes.put(row, MessageState.NO_RECEIPT, billing=billing, settled_at=now, owner=None)
    changes.tell(row, MessageState.NO_RECEIPT, row.reason)
