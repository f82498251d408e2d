"""What becomes of a text from a phone once it is kept: plugins may claim it, else it is forwarded and answered.

The work of background workers: a text is claimed under a lease, and its end is one transaction fenced by the owner. A
worker that dies leaves it to the next one; plugins may then be asked about it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import or_, select, text, update

from hub.accounts.reading import account_with
from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.contacts.service import suppressed, suppressed_since
from hub.errors import Conflict, NotAllowed, NotEnoughCredits, RequestRefused
from hub.ids import new_id
from hub.inbound.answers import CONVERSATION, LEGAL, can_be_answered, is_our_own, is_worth_a_mail, legal_words
from hub.inbound.forwarding import forward
from hub.inbound.model import InboundKind, OptOutNotice
from hub.inbound.tables import inbound_answers
from hub.inbound.tables import inbound_messages as table
from hub.inbound.views import as_message
from hub.messages.accept import LegalAnswer
from hub.messages.model import AUTO_REPLY, CampaignRequest, Recipient
from hub.messages.tables import campaigns
from hub.observe import hiding
from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number
from hub.store.bulk import among, fetch, insert_new

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement, Connection

    from hub.accounts.model import Account
    from hub.clock import Clock
    from hub.inbound.model import InboundMessage
    from hub.messages.accept import Intake
    from hub.plugin_manager import Plugins
    from hub.running import Hub
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

AT_ONCE = 20
LEASE = timedelta(seconds=180)
ENOUGH_LEFT = timedelta(seconds=60)
"""No text is begun with less than this left of the lease: every plugin may take its ten seconds."""
LONGEST_PAUSE = timedelta(hours=1)

_NEW = text("state = 'new'")  # written out, so that both databases use the partial index

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Works texts off. `own` are the numbers that this hub texts from; a day begins at midnight in `zone`."""

    store: Store
    clock: Clock
    plugins: Plugins
    intake: Intake
    own: Collection[str]
    zone: ZoneInfo
    ring_dispatch: Callable[[str], None]

    def has_new(self) -> bool:
        """Whether a text waits for a worker."""
        query = select(table.c.id).where(*_waiting(self.clock.now())).limit(1)
        with self.store.read() as connection:
            return connection.execute(query).first() is not None

    def work_off(self, hub: Hub, stop: Callable[[], bool] = lambda: False) -> int:
        """Bring the texts that wait to their end, some at a time; how many there were in the last helping."""
        if not self.has_new():
            return 0
        owner, until, rows = self._claim()
        ended: list[tuple[AnyRow, InboundMessage]] = []
        for row in rows:
            if stop() or self.clock.now() > until - ENOUGH_LEFT:
                break
            message = self._guarded(hub, owner, row)
            if message is not None:
                ended.append((row, message))
        if len(ended) < len(rows):
            self._let_go(owner)
        self._tell(hub, ended)
        return len(ended)

    def _claim(self) -> tuple[str, datetime, Sequence[AnyRow]]:
        now = self.clock.now()
        owner, until = new_id(now), now + LEASE
        query = select(table).where(*_waiting(now)).order_by(table.c.due_at, table.c.id).limit(AT_ONCE)
        with self.store.write("inbound_claim") as connection:
            rows = fetch(connection, query.with_for_update(skip_locked=True))
            if rows:
                mine = among(connection, table.c.id, [row.id for row in rows])
                connection.execute(update(table).where(mine).values(owner=owner, lease_until=until))
        return owner, until, rows

    def _guarded(self, hub: Hub, owner: str, row: AnyRow) -> InboundMessage | None:
        """Bring one text to its end; one that cannot be waits, longer each time, and keeps the others from nothing."""
        with hiding(lambda: (row.text, row.raw)):
            try:
                return self._handle(hub, owner, row)
            except Exception as error:  # noqa: BLE001 - it is tried again, and must not stand in the way of the others
                log.warning("inbound_waits", inbound=row.public_id, tries=row.tries + 1, error=str(error))
                self._put_back(owner, row)
        return None

    def _handle(self, hub: Hub, owner: str, row: AnyRow) -> InboundMessage | None:
        message = as_message(row)
        claimed_by = self.plugins.claim_inbound(hub, message) if message.kind in CONVERSATION else None
        if claimed_by is None:
            self._reply(message)
        return self._finish(owner, row, replace(message, claimed_by=claimed_by, done=True))

    def _finish(self, owner: str, row: AnyRow, message: InboundMessage) -> InboundMessage | None:
        now = self.clock.now()
        route = None
        mine = (table.c.id == row.id, table.c.owner == owner, _NEW)
        done = {"state": "done", "done_at": now, "claimed_by": message.claimed_by, "owner": None, "lease_until": None}
        with self.store.write("inbound_done") as connection:
            if connection.execute(update(table).where(*mine).values(done)).rowcount != 1:
                return None  # another worker has brought it to its end
            account_id = message.account_id or _first_of(row.opted_out)
            if account_id is not None:
                account = account_with(connection, account_id)
                route = self._answer(connection, message, account, now)
                message = replace(message, forwarded=_forwarded(connection, message, account, now))
            if message.forwarded:
                connection.execute(update(table).where(table.c.id == row.id).values(forwarded=True))
        if route is not None:
            self.ring_dispatch(route)
        return message

    def _answer(self, connection: Connection, message: InboundMessage, account: Account, now: datetime) -> str | None:
        """Answer what the law wants answered, once per cause; the route on which it leaves."""
        number = parse_number(message.number, None)
        if message.kind not in LEGAL or not isinstance(number, PhoneNumber) or not can_be_answered(message, self.own):
            return None
        cause = self._cause(connection, message, account, now)
        key = {"account_id": account.id, "number": message.number, "kind": message.kind, "cause": cause}
        if cause is None or insert_new(connection, inbound_answers, [{**key, "at": now}]) == 0:
            return None
        words = legal_words(message.kind, account)
        made = self.intake.answer(connection, LegalAnswer(account, number, message.to, words, message.connector), now)
        return made[1] if made else None

    def _cause(self, connection: Connection, message: InboundMessage, account: Account, now: datetime) -> str | None:
        if message.kind is not InboundKind.OPT_OUT:
            return self._day(now)
        since = suppressed_since(connection, account.id, message.number, SuppressionKind.OPT_OUT)
        return since.isoformat() if since else None  # taken back since: nothing is confirmed any more

    def _reply(self, message: InboundMessage) -> None:
        """Answer as the campaign says, else as the account does: charged as a text, once per number and day."""
        if message.kind not in CONVERSATION or message.account_id is None or not can_be_answered(message, self.own):
            return
        with self.store.read() as connection:
            words = _auto_reply(connection, message)
            stopped = suppressed(connection, message.account_id, [message.number])
        if not words or stopped or is_our_own(message.text, words):
            return
        request = CampaignRequest(
            message.account_id,
            words,
            (Recipient(message.number),),
            Purpose.ALERT,
            message.to,
            source=AUTO_REPLY,
            idempotency_key=f"{message.number} {self._day(message.received_at)}",
        )
        try:
            self.intake.accept(request)
        except Conflict:
            return  # the words have changed since this number was answered today
        except (NotAllowed, NotEnoughCredits, RequestRefused) as error:
            log.warning("auto_reply_refused", account=message.account_id, inbound=message.id, code=error.code)

    def _day(self, now: datetime) -> str:
        return now.astimezone(self.zone).date().isoformat()

    def _put_back(self, owner: str, row: AnyRow) -> None:
        pause = min(timedelta(seconds=2 ** min(row.tries, 12)), LONGEST_PAUSE)
        due_at = self.clock.now() + pause
        values = {"owner": None, "lease_until": None, "due_at": due_at, "tries": row.tries + 1}
        with self.store.write("inbound_put_back") as connection:
            connection.execute(update(table).where(table.c.id == row.id, table.c.owner == owner).values(values))

    def _let_go(self, owner: str) -> None:
        with self.store.write("inbound_let_go") as connection:
            mine = (table.c.owner == owner, _NEW)
            connection.execute(update(table).where(*mine).values(owner=None, lease_until=None))

    def _tell(self, hub: Hub, ended: Sequence[tuple[AnyRow, InboundMessage]]) -> None:
        notices = [
            OptOutNotice(int(account), message.number, message.received_at, message.text, message.campaign_id)
            for row, message in ended
            for account in (row.opted_out or "").split(",")
            if account
        ]
        with hiding(lambda: (message.text for _, message in ended)):
            self.plugins.inbound_received(hub, [message for _, message in ended])
            self.plugins.opted_out(hub, notices)


def _waiting(now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(table.c.lease_until.is_(None), table.c.lease_until < now)
    return (_NEW, table.c.due_at <= now, free)  # type: ignore[return-value]  # text() is a condition too


def _forwarded(connection: Connection, message: InboundMessage, account: Account, now: datetime) -> bool:
    wanted = message.account_id is not None and message.claimed_by is None and is_worth_a_mail(message)
    return wanted and forward(connection, message, account, at=now)


def _auto_reply(connection: Connection, message: InboundMessage) -> str | None:
    query = select(campaigns.c.auto_reply).where(campaigns.c.id == message.campaign_id)
    said = connection.execute(query).scalar_one_or_none() if message.campaign_id else None
    if said is not None or message.account_id is None:
        return str(said or "") or None
    return account_with(connection, message.account_id).settings.auto_reply


def _first_of(accounts: str | None) -> int | None:
    return int(accounts.split(",")[0]) if accounts else None
