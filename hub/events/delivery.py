"""Tell receivers what waits: lease a webhook, send some of its events over one connection, record how each went.

One process at a time tells a receiver, in the order of the events; each receiver has a thread, so that one that is slow
holds up nobody else. An event is recorded as told after its receiver has said yes. A crash in between tells it again,
under the same id: it may come twice, it is never lost.
"""

from __future__ import annotations

import json
import random
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import and_, exists, or_, select, text, update

from hub.errors import HubError
from hub.events.line import Answer
from hub.events.model import Call, EventState, EventType, Happened, WebhookState
from hub.events.notices import disabled_notice
from hub.events.rules import asked_pause, next_pause
from hub.events.secrets import sealed_secrets
from hub.events.service import as_webhook
from hub.events.signing import headers_of
from hub.events.tables import webhook_attempts, webhook_events, webhooks
from hub.failpoints import failpoint
from hub.ids import new_id
from hub.mailing.outbox import post
from hub.store.bulk import among, fetch, insert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.events.line import Line
    from hub.events.model import Webhook
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store
    from hub.vault import Vault

THREADS = 16
"""Receivers that are called at once by one process."""
AT_ONCE = 200
"""Events that are sent before they are recorded: what a crash sends again at most."""
BUDGET = timedelta(seconds=10)
LEASE = timedelta(seconds=120)
LOOK_AGAIN_S = 0.25

_WAITING = text("webhook_events.state = 'waiting'")  # written out, so that both databases use the partial index

log = structlog.get_logger(__name__)


def _never() -> bool:
    return False


_PASSED_OVER = Answer(204)
"""The answer to an event of which a plugin's style says nothing: nobody was called."""


def _no_style(style: str, _: Webhook, __: Sequence[str], ___: Sequence[Happened]) -> Sequence[Call | None]:
    raise LookupError(style)


def _nobody(_: Connection, __: int) -> tuple[str | None, bool]:
    return None, False


@dataclass(frozen=True, slots=True)
class _Told:
    """An event that was sent, when, for how long it took, and what was answered."""

    row: AnyRow
    at: datetime
    took_ms: int
    answer: Answer


@dataclass(frozen=True)
class Deliverer:
    """Delivers events. `address_of` says where an account's notices go, and whether it reads French.

    `dress` gives calls of a plugin's style their form: by its name, the webhook, its secrets and the events. A None
    among them is an event that is not told.
    """

    store: Store
    clock: Clock
    vault: Callable[[], Vault]
    open_line: Callable[[str], Line]
    address_of: Callable[[Connection, int], tuple[str | None, bool]] = _nobody
    chance: Callable[[], float] = random.random
    dress: Callable[[str, Webhook, Sequence[str], Sequence[Happened]], Sequence[Call | None]] = _no_style
    _lines: set[Line] = field(default_factory=set)

    def has_due(self) -> bool:
        """Whether a receiver should be called."""
        with self.store.read() as connection:
            query = select(webhooks.c.id).where(*_due(self.clock.now())).limit(1)
            return connection.execute(query).first() is not None

    def deliver_due(self, stop: Callable[[], bool] = _never) -> int:
        """Tell what waits, as long as there is something and nobody says `stop`; how many events were taken."""
        told = 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
            busy: set[Future[int]] = set()
            while True:
                free = THREADS - len(busy)
                if free and not stop():
                    owner, rows = self._claim(free)
                    busy |= {pool.submit(self._guarded, owner, row, stop) for row in rows}
                if not busy:
                    return told
                done, busy = wait(busy, timeout=LOOK_AGAIN_S, return_when=FIRST_COMPLETED)
                told += sum(one.result() for one in done)
                for line in list(self._lines):
                    line.cut_if_late()

    def _claim(self, most: int) -> tuple[str, Sequence[AnyRow]]:
        now = self.clock.now()
        owner = new_id(now)
        query = select(webhooks).where(*_due(now)).order_by(webhooks.c.retry_at, webhooks.c.id).limit(most)
        with self.store.read() as connection:
            if connection.execute(query.with_only_columns(webhooks.c.id)).first() is None:
                return owner, ()
        with self.store.write("claim_webhooks") as connection:
            # NO KEY UPDATE: whoever records events for it meanwhile need not wait
            rows = fetch(connection, query.with_for_update(skip_locked=True, key_share=True))
            if rows:
                mine = update(webhooks).where(among(connection, webhooks.c.id, [row.id for row in rows]))
                connection.execute(mine.values(owner=owner, lease_until=now + LEASE))
        return owner, rows

    def _guarded(self, owner: str, row: AnyRow, stop: Callable[[], bool]) -> int:
        """Serve one receiver; what goes wrong here keeps no other from hearing, and the lease brings it back."""
        try:
            return self._serve(owner, row, stop)
        except HubError as error:
            log.warning("try_again_later", webhook=row.id, error=str(error))
        except Exception:
            log.exception("webhook_stumbled", webhook=row.id)
        return 0

    def _serve(self, owner: str, row: AnyRow, stop: Callable[[], bool]) -> int:
        with self.store.read() as connection:
            sealed = sealed_secrets(connection, row.id, self.clock.now())
            query = select(webhook_events).where(webhook_events.c.webhook_id == row.id, _WAITING)
            events = fetch(connection, query.order_by(webhook_events.c.id).limit(AT_ONCE))
        secrets = [self.vault().open(one) for one in sealed]
        dressed = self.dress(row.style, as_webhook(row), secrets, list(map(_happened, events))) if row.style else None
        line = self.open_line(row.url)
        self._lines.add(line)
        try:
            told = self._tell(line, secrets, events, dressed, stop)
        finally:
            self._lines.discard(line)
            line.close()
        self._record(owner, row, told)
        return sum(one.answer.is_yes for one in told)

    def _tell(
        self,
        line: Line,
        secrets: Sequence[str],
        events: Sequence[AnyRow],
        dressed: Sequence[Call | None] | None,
        stop: Callable[[], bool],
    ) -> list[_Told]:
        """Send events in their order, until one is not taken; `dressed` where a plugin gave them their form."""
        told: list[_Told] = []
        until = self.clock.now() + BUDGET
        for place, event in enumerate(events):
            now = self.clock.now()
            if stop() or now >= until:
                break
            call = _standard(event, now, secrets) if dressed is None else dressed[place]
            if call is None:
                told.append(_Told(event, now, 0, _PASSED_OVER))
                continue
            failpoint("webhook.before_call")
            begun = self.clock.monotonic()
            answer = line.post(call.body, call.headers)
            failpoint("webhook.after_call")
            told.append(_Told(event, now, int((self.clock.monotonic() - begun) * 1000), answer))
            if not answer.is_yes:
                break
        return told

    def _record(self, owner: str, row: AnyRow, told: Sequence[_Told]) -> None:
        """Record what was told, and let go of the webhook; nothing where it is in other hands by now."""
        now = self.clock.now()
        taken = [one.row.id for one in told if one.answer.is_yes]
        values = self._after(row, told, now)
        with self.store.write("webhook_outcome") as connection:
            mine = update(webhooks).where(webhooks.c.id == row.id, webhooks.c.owner == owner)
            if connection.execute(mine.values(owner=None, lease_until=None, **values)).rowcount != 1:
                return
            if taken:
                these = update(webhook_events).where(among(connection, webhook_events.c.id, taken))
                connection.execute(these.values(state=EventState.DELIVERED))
            calls = [one for one in told if one.answer is not _PASSED_OVER]
            insert_rows(connection, webhook_attempts, [_attempt(row, one) for one in calls])
            if values.get("state") == WebhookState.DISABLED:
                self._give_notice(connection, row, values["fault"], now)

    def _after(self, row: AnyRow, told: Sequence[_Told], now: datetime) -> dict[str, Any]:
        """What the last answer makes of a webhook."""
        if not told:
            return {}
        answer = told[-1].answer
        if answer.is_yes:
            return {"tries": 0, "fault": None, "retry_at": now}
        fault = storable(answer.fault or "no answer")
        if answer.status == HTTPStatus.GONE:
            return {"state": WebhookState.GONE, "fault": fault, "changed_at": now}
        tries = (row.tries if len(told) == 1 else 0) + 1  # a yes before it begins the count anew
        log.warning("webhook_not_taken", webhook=row.id, account=row.account_id, tries=tries, status=answer.status)
        pause = next_pause(tries, self.chance())
        if pause is None:
            return {"state": WebhookState.DISABLED, "fault": fault, "changed_at": now, "tries": tries}
        return {"tries": tries, "fault": fault, "retry_at": now + max(pause, asked_pause(answer.retry_after, now))}

    def _give_notice(self, connection: Connection, row: AnyRow, fault: str, now: datetime) -> None:
        to, french = self.address_of(connection, row.account_id)
        if to:
            mail = disabled_notice(row.account_id, to, french=french, webhook=row.id, url=row.url, fault=fault, at=now)
            post(connection, [mail], now)


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    waits = exists().where(and_(webhook_events.c.webhook_id == webhooks.c.id, _WAITING))
    free = or_(webhooks.c.lease_until.is_(None), webhooks.c.lease_until < now)
    live = (webhooks.c.state == WebhookState.ACTIVE, webhooks.c.deleted_at.is_(None))
    return (*live, webhooks.c.retry_at <= now, free, waits)


def _standard(event: AnyRow, now: datetime, secrets: Sequence[str]) -> Call:
    body = event.body.encode()
    return Call(body, headers_of(event.event_id, int(now.timestamp()), body, secrets))


def _happened(row: AnyRow) -> Happened:
    return Happened(row.event_id, EventType(row.type), row.created_at, json.loads(row.body)["data"])


def _attempt(row: AnyRow, one: _Told) -> dict[str, Any]:
    return {
        "webhook_id": row.id,
        "event_id": one.row.event_id,
        "type": one.row.type,
        "at": one.at,
        "status": one.answer.status,
        "fault": storable(one.answer.fault) if one.answer.fault else None,
        "took_ms": one.took_ms,
    }
