"""Warn accounts that their free credits fell below what they said: once per crossing.

Looked for every half minute, and never while texts are sent. The crossing, its mails, its event and the text that is
owed are one transaction; the text is a campaign with the crossing's own key: it is sent once, whoever dies in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, select, update

from hub.accounts.model import Book
from hub.accounts.reading import account_with
from hub.accounts.said import checked_setting
from hub.accounts.service import MAX_CREDITS
from hub.accounts.tables import credit_balances as balances
from hub.billing.model import BalanceAlert, LowBalance
from hub.billing.tables import balance_alerts as table
from hub.billing.words import low_mail, low_text
from hub.compliance.model import Purpose
from hub.errors import RequestRefused, TooMany
from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.mailing.outbox import post
from hub.messages.model import CampaignRequest, Recipient
from hub.store.bulk import upsert_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.messages.model import Acceptance
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

SOURCE = "balance_alert"
"""The `source` of the texts that warn."""
MOST_EMAILS = 10
SOME = 500

_AVAILABLE = (
    select(balances.c.amount)
    .where(balances.c.account_id == table.c.account_id, balances.c.book == Book.AVAILABLE)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class BalanceAlerts:
    """The alerts of accounts. `accept` takes a text in, `tell` hears of a crossing after its commit."""

    store: Store
    clock: Clock
    accept: Callable[[CampaignRequest], Acceptance]
    tell: Callable[[LowBalance], None]

    def get(self, account_id: int) -> BalanceAlert:
        """What an account has asked for."""
        with self.store.read() as connection:
            return _alert(connection, account_id)

    def set(
        self,
        account_id: int,
        threshold: int | None,
        emails: Sequence[str] = (),
        phone: str | None = None,
        check: Callable[[BalanceAlert], None] = lambda _: None,
    ) -> BalanceAlert:
        """Say when and where an account is warned; without a threshold it is not. `check` may refuse, by what stands.

        Raises RequestRefused for a bad threshold or address, and where nobody would hear of it.
        """
        if threshold is not None and not 1 <= threshold <= MAX_CREDITS:
            raise RequestRefused.because("threshold", "out_of_range", f"A threshold goes from 1 to {MAX_CREDITS}.")
        if len(emails) > MOST_EMAILS:
            raise RequestRefused.because("emails", "too_many", f"An alert goes to {MOST_EMAILS} addresses at most.")
        kept = tuple(dict.fromkeys(_checked_email(place, one) for place, one in enumerate(emails)))
        row = {
            "account_id": account_id,
            "threshold": threshold or 0,
            "emails": "\n".join(kept),
            "phone": phone,
            "armed": True,
            "text_due": None,
            "text_fault": None,
        }
        with self.store.write("balance_alert") as connection:
            connection.execute(select(table.c.account_id).where(table.c.account_id == account_id).with_for_update())
            now = _alert(connection, account_id)
            check(now)
            if threshold is None or threshold != now.threshold:
                upsert_rows(connection, table, [row])
            else:  # what was told already is not told again to a new address
                upsert_rows(connection, table, [row], keeping=("armed", "text_due", "text_fault"))
            return _alert(connection, account_id)

    def look(self) -> int:
        """Find the accounts that have crossed their thresholds, and tell them; how many there were."""
        told = 0
        if self._any(_rearmable()):
            with self.store.write("balance_alert") as connection:
                connection.execute(update(table).where(_rearmable()).values(armed=True))
        if self._any(_crossed()):
            with self.store.write("balance_alert") as connection:
                crossings = self._cross(connection)
            for one in crossings:
                self.tell(one)
            told = len(crossings)
        for row in self._texts_due():
            self._text(row)
        return told

    def _any(self, condition: ColumnElement[bool]) -> bool:
        with self.store.read() as connection:
            return bool(connection.execute(select(exists().where(condition))).scalar())

    def _cross(self, connection: Connection) -> list[LowBalance]:
        """Take the crossings that nobody else has taken, with their mails and events."""
        query = select(table).where(_crossed()).order_by(table.c.account_id).limit(SOME)
        taken = connection.execute(query.with_for_update(skip_locked=True)).all()
        crossings = [self._take(connection, row) for row in taken]
        now = self.clock.now()
        record(connection, [Fact(one.account_id, EventType.BALANCE_LOW, _told(one), now) for one in crossings])
        return crossings

    def _take(self, connection: Connection, row: AnyRow) -> LowBalance:
        now = self.clock.now()
        account = account_with(connection, row.account_id)
        available = _available(connection, row.account_id)
        crossing = row.crossings + 1
        mine = update(table).where(table.c.account_id == row.account_id)
        values = {"armed": False, "crossings": crossing, "crossed_at": now, "text_fault": None}
        text = low_text(account, available=available, threshold=row.threshold) if row.phone else None
        connection.execute(mine.values(**values, text_due=text))
        mails = [
            low_mail(account, to, f"{account.id}/{crossing}/{place}", available=available, threshold=row.threshold)
            for place, to in enumerate(_lines(row.emails))
        ]
        post(connection, mails, now)
        return LowBalance(account.id, available, row.threshold, crossing)

    def _texts_due(self) -> Sequence[AnyRow]:
        with self.store.read() as connection:
            return connection.execute(select(table).where(table.c.text_due.is_not(None)).limit(SOME)).all()

    def _text(self, row: AnyRow) -> None:
        """Send the text of a crossing as a campaign of the account's; where it is refused, keep why."""
        fault = None
        try:
            self.accept(_request(row))
        except TooMany:
            return  # later
        except RequestRefused as error:
            fault = str(error)
        mine = (table.c.account_id == row.account_id, table.c.crossings == row.crossings)
        with self.store.write("balance_alert") as connection:
            connection.execute(update(table).where(*mine).values(text_due=None, text_fault=fault))


def _told(one: LowBalance) -> dict[str, int]:
    return {"available": one.available, "threshold": one.threshold, "crossing": one.crossing}


def _request(row: AnyRow) -> CampaignRequest:
    return CampaignRequest(
        row.account_id,
        row.text_due,
        (Recipient(row.phone),),
        purpose=Purpose.ALERT,
        source=SOURCE,
        idempotency_key=f"{row.account_id}/{row.crossings}",
    )


def _crossed() -> ColumnElement[bool]:
    return table.c.armed & (table.c.threshold > 0) & (table.c.threshold > _AVAILABLE)


def _rearmable() -> ColumnElement[bool]:
    return ~table.c.armed & (table.c.threshold <= _AVAILABLE)


def _available(connection: Connection, account_id: int) -> int:
    mine = (balances.c.account_id == account_id, balances.c.book == Book.AVAILABLE)
    return int(connection.execute(select(balances.c.amount).where(*mine)).scalar_one())


def _alert(connection: Connection, account_id: int) -> BalanceAlert:
    row = connection.execute(select(table).where(table.c.account_id == account_id)).first()
    if row is None:
        return BalanceAlert()
    return BalanceAlert(
        row.threshold or None, tuple(_lines(row.emails)), row.phone, row.armed, row.crossed_at, row.text_fault
    )


def _lines(said: str) -> list[str]:
    return said.split("\n") if said else []


def _checked_email(place: int, said: str) -> str:
    try:
        return checked_setting("notice_email", said)
    except RequestRefused as error:
        raise RequestRefused.because(f"emails[{place}]", "not_an_address", str(error)) from error
