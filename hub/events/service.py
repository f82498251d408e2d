"""Use cases of webhooks: made, edited, tried, and what became of what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, text, update

from hub.errors import Conflict, NotFound, RequestRefused
from hub.events.model import (
    SUBSCRIBABLE,
    Attempt,
    Backlog,
    EventFigures,
    EventState,
    EventType,
    Fact,
    NewWebhook,
    Webhook,
    WebhookState,
)
from hub.events.outbox import row_of
from hub.events.rules import checked_url
from hub.events.secrets import forget_secrets, make_secret, take_secret
from hub.events.tables import webhook_attempts, webhook_events, webhooks
from hub.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store
    from hub.vault import Vault

MOST_WEBHOOKS = 20
PIECE = 5000
"""Rows that are dropped in one transaction."""
_WAITING = text("webhook_events.state = 'waiting'")


def _anything(_: Webhook) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The webhooks of accounts. What they were told is kept for `keep`."""

    store: Store
    clock: Clock
    vault: Callable[[], Vault]
    ring: Callable[[], None]
    allow_private: bool = False
    keep: timedelta = timedelta(days=30)

    def create(
        self,
        account_id: int,
        url: str,
        types: Collection[EventType],
        *,
        style: str | None = None,
        secret: str = "",
    ) -> NewWebhook:
        """Make a webhook; it counts from now on. Raises RequestRefused, and Conflict where there are enough.

        One with a `style` of a plugin's has the secret that is given, or none.
        """
        now = self.clock.now()
        row = {
            "account_id": account_id,
            "url": checked_url(url, allow_private=self.allow_private),
            "types": _checked_types(types),
            "state": WebhookState.ACTIVE,
            "created_at": now,
            "changed_at": now,
            "retry_at": now,
            "style": style,
        }
        vault = self.vault()  # before the transaction: the first one to need it makes its key
        with self.store.write("webhook") as connection:
            mine = (webhooks.c.account_id == account_id, webhooks.c.deleted_at.is_(None))
            if (
                connection.execute(select(func.count()).select_from(webhooks).where(*mine)).scalar_one()
                >= MOST_WEBHOOKS
            ):
                raise Conflict(
                    f"An account has at most {MOST_WEBHOOKS} webhooks; delete one.", code="too_many_webhooks"
                )
            made = connection.execute(insert(webhooks).values(row).returning(*webhooks.c)).one()
            if style is not None:
                take_secret(connection, vault, made.id, secret)
                return NewWebhook(as_webhook(made), secret)
            return NewWebhook(as_webhook(made), make_secret(connection, vault, made.id, now))

    def all(self, account_id: int) -> tuple[Webhook, ...]:
        """The webhooks of an account, the oldest first."""
        mine = (webhooks.c.account_id == account_id, webhooks.c.deleted_at.is_(None))
        with self.store.read() as connection:
            return tuple(map(as_webhook, connection.execute(select(webhooks).where(*mine).order_by(webhooks.c.id))))

    def get(self, account_id: int, webhook_id: int) -> Webhook:
        """A webhook of an account; raises NotFound."""
        with self.store.read() as connection:
            return _webhook(connection, account_id, webhook_id)

    def edit(
        self,
        account_id: int,
        webhook_id: int,
        *,
        url: str | None = None,
        types: Collection[EventType] | None = None,
        state: WebhookState | None = None,
        secret: str | None = None,
        check: Callable[[Webhook], None] = _anything,
    ) -> Webhook:
        """Change what is given; `check` may refuse, by what stands there. Raises NotFound, RequestRefused.

        One that becomes active is called at once, and begins with what had been waiting. A `secret` is for one of a
        plugin's style: it takes the place of any other at once, and an empty one leaves none.
        """
        vault = None if secret is None else self.vault()
        now = self.clock.now()
        values: dict[str, Any] = {"changed_at": now}
        if url is not None:
            values["url"] = checked_url(url, allow_private=self.allow_private)
        if types is not None:
            values["types"] = _checked_types(types)
        if state is not None:
            values |= _by_hand(state, now)
        with self.store.write("webhook") as connection:
            check(_webhook(connection, account_id, webhook_id, lock=True))
            if vault is not None:
                take_secret(connection, vault, webhook_id, secret or "")
            changed = update(webhooks).where(webhooks.c.id == webhook_id).values(values)
            found = as_webhook(connection.execute(changed.returning(*webhooks.c)).one())
        self.ring()
        return found

    def delete(self, account_id: int, webhook_id: int) -> None:
        """Take a webhook away with its secrets: nothing more is told to it. Raises NotFound."""
        with self.store.write("webhook") as connection:
            _webhook(connection, account_id, webhook_id, lock=True)
            gone = {"deleted_at": self.clock.now(), "owner": None, "lease_until": None}
            connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(gone))
            forget_secrets(connection, webhook_id)

    def rotate(self, account_id: int, webhook_id: int) -> NewWebhook:
        """Give a webhook another secret; the old one signs beside it for a day. Raises NotFound."""
        vault = self.vault()
        with self.store.write("webhook") as connection:
            found = _webhook(connection, account_id, webhook_id, lock=True)
            return NewWebhook(found, make_secret(connection, vault, webhook_id, self.clock.now()))

    def test(self, account_id: int, webhook_id: int) -> str:
        """Send a webhook an event of no meaning, behind what waits, and call it at once; the event's id.

        Raises NotFound, and Conflict for one that is switched off.
        """
        now = self.clock.now()
        event_id = new_id(now)
        with self.store.write("webhook") as connection:
            _active(connection, account_id, webhook_id)
            fact = Fact(account_id, EventType.WEBHOOK_TEST, {"webhook_id": webhook_id}, now)
            connection.execute(insert(webhook_events).values(row_of(fact, event_id, webhook_id)))
            _call_now(connection, webhook_id, now)
        self.ring()
        return event_id

    def replay(self, account_id: int, webhook_id: int, event_id: str) -> None:
        """Tell a webhook an event again, under its own id. Raises NotFound, Conflict for one that is switched off."""
        now = self.clock.now()
        with self.store.write("webhook") as connection:
            _active(connection, account_id, webhook_id)
            these = (webhook_events.c.webhook_id == webhook_id, webhook_events.c.event_id == event_id)
            again = update(webhook_events).where(*these).values(state=EventState.WAITING)
            if connection.execute(again).rowcount == 0:
                raise NotFound("This webhook has no event of that id; old ones are dropped.")
            _call_now(connection, webhook_id, now)
        self.ring()

    def last_answers(self, account_id: int) -> dict[int, int | None]:
        """The status that each webhook of an account answered its last call with, by its id; None: it gave none."""
        table = webhook_attempts
        mine = select(webhooks.c.id).where(webhooks.c.account_id == account_id, webhooks.c.deleted_at.is_(None))
        last = select(func.max(table.c.id)).where(table.c.webhook_id.in_(mine)).group_by(table.c.webhook_id)
        with self.store.read() as connection:
            rows = connection.execute(select(table.c.webhook_id, table.c.status).where(table.c.id.in_(last)))
            return {row.webhook_id: row.status for row in rows}

    def attempts(
        self, account_id: int, webhook_id: int, *, before: int | None = None, limit: int = 100
    ) -> tuple[Attempt, ...]:
        """The calls to a webhook, the latest first, from the one before `before`. Raises NotFound."""
        table = webhook_attempts
        query = select(table).where(table.c.webhook_id == webhook_id).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        with self.store.read() as connection:
            _webhook(connection, account_id, webhook_id)
            return tuple(map(_as_attempt, connection.execute(query)))

    # --- for the operator ---

    def backlogs(self, account_id: int | None = None) -> tuple[Backlog, ...]:
        """Every webhook with what waits for it; of one account, or of all."""
        counted = (
            select(
                webhook_events.c.webhook_id,
                func.count().label("waiting"),
                func.min(webhook_events.c.created_at).label("oldest_at"),
            )
            .where(_WAITING)
            .group_by(webhook_events.c.webhook_id)
            .subquery()
        )
        query = select(webhooks, counted.c.waiting, counted.c.oldest_at).outerjoin(
            counted, counted.c.webhook_id == webhooks.c.id
        )
        query = query.where(webhooks.c.deleted_at.is_(None)).order_by(webhooks.c.id)
        if account_id is not None:
            query = query.where(webhooks.c.account_id == account_id)
        with self.store.read() as connection:
            return tuple(
                Backlog(as_webhook(row), row.waiting or 0, row.oldest_at, row.tries, row.retry_at)
                for row in connection.execute(query)
            )

    def set_state(self, webhook_id: int, state: WebhookState) -> Webhook:
        """Switch a webhook of any account on, so that it is called at once, or off. Raises NotFound."""
        with self.store.read() as connection:
            account_id = connection.execute(select(webhooks.c.account_id).where(webhooks.c.id == webhook_id)).scalar()
        return self.edit(account_id or 0, webhook_id, state=state)

    def forget_old(self) -> int:
        """Drop events and attempts of long ago, told or not; how many."""
        dropped = 0
        while some := self._forget_some():
            dropped += some
        return dropped

    def _forget_some(self) -> int:
        before = self.clock.now() - self.keep
        dropped = 0
        with self.store.write("forget_events") as connection:
            for table, at in (
                (webhook_events, webhook_events.c.created_at),
                (webhook_attempts, webhook_attempts.c.at),
            ):
                old = select(table.c.id).where(at < before).limit(PIECE)
                dropped += connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
        return dropped


def figures_in(connection: Connection) -> EventFigures:
    """How things stand, in the caller's transaction: what waits for webhooks that are called."""
    live = (webhooks.c.deleted_at.is_(None),)
    active = (*live, webhooks.c.state == WebhookState.ACTIVE)
    waits = select(func.count().label("waiting"), func.min(webhook_events.c.created_at).label("oldest"))
    waits = waits.join_from(webhook_events, webhooks, webhooks.c.id == webhook_events.c.webhook_id)
    row = connection.execute(waits.where(_WAITING, *active)).one()
    count = select(func.count()).select_from(webhooks)
    failing = connection.execute(count.where(*active, webhooks.c.tries > 0)).scalar_one()
    disabled = connection.execute(count.where(*live, webhooks.c.state == WebhookState.DISABLED)).scalar_one()
    return EventFigures(row.waiting, row.oldest, failing, disabled)


def _by_hand(state: WebhookState, now: datetime) -> dict[str, Any]:
    if state is WebhookState.ACTIVE:
        return {"state": state, "fault": None, "tries": 0, "retry_at": now}
    return {"state": WebhookState.DISABLED, "fault": "Switched off by hand."}


def _checked_types(types: Collection[EventType]) -> str:
    if not types or any(one not in SUBSCRIBABLE for one in types):
        message = f"Name at least one of {', '.join(SUBSCRIBABLE)}."
        raise RequestRefused.because("types", "event_types", message)
    return " ".join(one for one in SUBSCRIBABLE if one in types)


def _webhook(connection: Connection, account_id: int, webhook_id: int, *, lock: bool = False) -> Webhook:
    these = (webhooks.c.id == webhook_id, webhooks.c.account_id == account_id, webhooks.c.deleted_at.is_(None))
    query = select(webhooks).where(*these)
    row = connection.execute(query.with_for_update(key_share=True) if lock else query).first()
    if row is None:
        raise NotFound("This account has no webhook of that id.")
    return as_webhook(row)


def _active(connection: Connection, account_id: int, webhook_id: int) -> None:
    if _webhook(connection, account_id, webhook_id, lock=True).state is not WebhookState.ACTIVE:
        raise Conflict("This webhook is switched off; set its state to active first.", code="webhook_disabled")


def _call_now(connection: Connection, webhook_id: int, now: datetime) -> None:
    connection.execute(update(webhooks).where(webhooks.c.id == webhook_id).values(retry_at=now))


def as_webhook(row: AnyRow) -> Webhook:
    """A row of `webhooks` as a value."""
    types = tuple(map(EventType, row.types.split()))
    state = WebhookState(row.state)
    return Webhook(row.id, row.account_id, row.url, types, state, row.fault, row.created_at, row.changed_at, row.style)


def _as_attempt(row: AnyRow) -> Attempt:
    return Attempt(row.id, row.event_id, EventType(row.type), row.at, row.status, row.fault, row.took_ms)
