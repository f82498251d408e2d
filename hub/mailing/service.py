"""Mail as the operator sees it: what waits, what failed and why; tried again by hand, and forgotten in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update

from hub.errors import Conflict, NotFound
from hub.mailing.model import MailFigures, MailState, MailView
from hub.mailing.postman import read_mail
from hub.mailing.rules import FORGET_AFTER, TOO_OLD
from hub.mailing.tables import outgoing_mails as table

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

SHOWN = 200
UNSENT = (MailState.WAITING, MailState.FAILED, MailState.EXPIRED)
_EXPIRED = "It waited for a week, and is not sent any more."


@dataclass(frozen=True, slots=True)
class Mails:
    """The queue of outgoing mail."""

    store: Store
    clock: Clock

    def all(
        self, *, account_id: int | None = None, states: Collection[MailState] = UNSENT, limit: int = SHOWN
    ) -> tuple[MailView, ...]:
        """Mails in these states, the latest first."""
        query = select(table).where(table.c.state.in_(states)).order_by(table.c.id.desc()).limit(limit)
        if account_id is not None:
            query = query.where(table.c.account_id == account_id)
        with self.store.read() as connection:
            return tuple(map(_view_of, connection.execute(query)))

    def retry(self, mail_id: int) -> MailView:
        """Have a mail tried again, now. Raises NotFound, and Conflict for one that was sent, or is being sent."""
        now = self.clock.now()
        with self.store.write("retry_mail") as connection:
            idle = or_(table.c.lease_until.is_(None), table.c.lease_until <= now)
            mine = update(table).where(table.c.id == mail_id, table.c.state != MailState.SENT, idle)
            # Due now, it is young again: what was too old is sent when somebody asks for it.
            again = mine.values(state=MailState.WAITING, due_at=now, tries=0, owner=None, lease_until=None)
            if connection.execute(again).rowcount == 0:
                raise _why_not(connection, mail_id)
            return _view_of(connection.execute(select(table).where(table.c.id == mail_id)).one())

    def figures(self) -> MailFigures:
        """How the queue stands."""
        with self.store.read() as connection:
            return figures_in(connection)

    def expire_old(self) -> int:
        """Give up what has waited for a week, relay or none; how many there were."""
        now = self.clock.now()
        old = (table.c.state == MailState.WAITING) & (table.c.due_at < now - TOO_OLD)
        with self.store.write("expire_mails") as connection:
            given_up = update(table).where(old).values(state=MailState.EXPIRED, fault=_EXPIRED, owner=None)
            return connection.execute(given_up).rowcount

    def forget_ended(self) -> int:
        """Drop what came to its end a month ago; how many there were."""
        ended = table.c.state != MailState.WAITING
        with self.store.write("forget_mails") as connection:
            long_ago = self.clock.now() - FORGET_AFTER
            return connection.execute(delete(table).where(ended, table.c.created_at < long_ago)).rowcount


def figures_in(connection: Connection) -> MailFigures:
    """How the queue stands, in the caller's transaction; one grouped query, and one for the latest fault."""
    counted = select(table.c.state, func.count().label("mails"), func.min(table.c.created_at).label("oldest"))
    grouped = counted.where(table.c.state != MailState.SENT).group_by(table.c.state)
    rows = {row.state: row for row in connection.execute(grouped)}
    waiting = rows.get(MailState.WAITING)
    fault = None
    if waiting is not None:
        faulty = (table.c.state == MailState.WAITING) & table.c.fault.is_not(None)
        fault = connection.execute(select(table.c.fault).where(faulty).order_by(table.c.id.desc()).limit(1)).scalar()
    return MailFigures(
        waiting=waiting.mails if waiting else 0,
        oldest=waiting.oldest if waiting else None,
        failed=rows[MailState.FAILED].mails if MailState.FAILED in rows else 0,
        expired=rows[MailState.EXPIRED].mails if MailState.EXPIRED in rows else 0,
        fault=fault,
    )


def _why_not(connection: Connection, mail_id: int) -> NotFound | Conflict:
    state = connection.execute(select(table.c.state).where(table.c.id == mail_id)).scalar_one_or_none()
    if state is None:
        return NotFound(f"There is no mail {mail_id}.")
    if state == MailState.SENT:
        return Conflict("This mail was sent; it is not sent twice.", code="already_sent")
    return Conflict("This mail is being sent at this moment.", code="being_sent")


def _view_of(row: AnyRow) -> MailView:
    return MailView(
        id=row.id,
        account_id=row.account_id,
        kind=row.kind,
        to=row.recipient,
        subject=read_mail(row.mail).subject,
        state=MailState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        tries=row.tries,
        sent_at=row.sent_at,
        message_id=row.message_id,
        fault=row.fault,
    )
