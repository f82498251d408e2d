"""Tell accounts that have not sent for long that their credits lie there: once each time. Nothing is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hub.accounts.model import Book
from hub.accounts.reading import account_of_row, accounts_with_parents
from hub.accounts.tables import accounts
from hub.accounts.tables import credit_balances as balances
from hub.billing.months import day_of
from hub.billing.tables import consumption, validity_notices
from hub.billing.words import idle_mail
from hub.guard.notices import address_of
from hub.mailing.outbox import post
from hub.store.bulk import insert_new

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from hub.accounts.model import Account
    from hub.clock import Clock
    from hub.store.engine import Store

SOME = 200


@dataclass(frozen=True, slots=True)
class Validity:
    """Looks for accounts without a text for `months` (0: never); `expire` is what they are told."""

    store: Store
    clock: Clock
    zone: ZoneInfo
    months: int
    expire: bool

    def tell_idle(self) -> int:
        """Write to those that were not written to since their last text, and have an address; how many they were."""
        if not self.months:
            return 0
        told, after = 0, 0
        while found := self._idle(after):
            told += sum(self._tell(*one) for one in found if address_of(one[0].settings))
            after = found[-1][0].id
        return told

    def _idle(self, after: int) -> list[tuple[Account, int, str]]:
        """Accounts with what they have and the day of their last text; empty for none."""
        now = self.clock.now()
        since = _before(now, self.months)
        last = func.coalesce(
            select(func.max(consumption.c.day))
            .where(consumption.c.account_id == accounts.c.id, consumption.c.credits > 0)
            .scalar_subquery(),
            "",
        )
        free = (balances.c.account_id == accounts.c.id) & (balances.c.book == Book.AVAILABLE)
        query = accounts_with_parents().add_columns(balances.c.amount, last.label("last_day")).join(balances, free)
        idle = query.where(
            accounts.c.id > after,
            accounts.c.created_at < since,
            balances.c.amount > 0,
            last < day_of(since, self.zone),
            ~select(validity_notices.c.at)
            .where(validity_notices.c.account_id == accounts.c.id, validity_notices.c.last_day == last)
            .exists(),
        )
        with self.store.read() as connection:
            rows = connection.execute(idle.order_by(accounts.c.id).limit(SOME)).all()
        return [(account_of_row(row), row.amount, row.last_day) for row in rows]

    def _tell(self, account: Account, available: int, last_day: str) -> bool:
        to = address_of(account.settings) or ""
        now = self.clock.now()
        mail = idle_mail(
            account, to, f"{account.id}/{last_day}", available=available, months=self.months, expire=self.expire
        )
        row = {"account_id": account.id, "last_day": last_day, "at": now}
        with self.store.write("validity_notice") as connection:
            if not insert_new(connection, validity_notices, [row]):
                return False  # somebody else was quicker
            post(connection, [mail], now)
        return True


def _before(now: datetime, months: int) -> datetime:
    """So many months earlier; the 28th for the days that not every month has."""
    total = now.year * 12 + now.month - 1 - months
    return now.replace(year=total // 12, month=total % 12 + 1, day=min(now.day, 28))
