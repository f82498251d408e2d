"""A month of an account: what it had, bought and used. Once a month is told, it never changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from hub.accounts.model import Movement
from hub.accounts.reading import account_with
from hub.billing.counting import count_all, lock_cursors
from hub.billing.model import Statement, UsedTexts
from hub.billing.months import month_of, past_month
from hub.billing.tables import account_months as months
from hub.billing.tables import billing_cursors as cursors
from hub.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.clock import Clock
    from hub.store.engine import Store

_SIGNS: Mapping[str, int] = {
    Movement.PURCHASE: 1,
    Movement.ADVANCE: 1,
    Movement.TRANSFER_IN: 1,
    Movement.ADVANCE_BACK: -1,
    Movement.TRANSFER_OUT: -1,
    Movement.WITHDRAWAL: -1,
    Movement.CHARGE: -1,
}


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of accounts."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    def of(self, account_id: int, month: str) -> Statement:
        """The statement of a past month. Raises RequestRefused for one that is not over, NotFound before there was one.

        The month is closed by this: what comes to the ledger late is of a later month.
        """
        past_month(month, self.clock.now(), self.zone)
        with self.store.write("statement") as connection:
            account = account_with(connection, account_id)
            if month < month_of(account.created_at, self.zone):
                raise NotFound("There was no such account in that month.")
            close(connection, account_id, month, self.zone)
            return statement_in(connection, account, month)


def close(connection: Connection, account_id: int, month: str, zone: ZoneInfo) -> None:
    """See to it that a month never changes any more, in the caller's transaction."""
    found = lock_cursors(connection, [account_id])[account_id]
    if found.closed_through < month:
        count_all(connection, account_id, zone)
        mine = update(cursors).where(cursors.c.account_id == account_id)
        connection.execute(mine.values(closed_through=month))


def statement_in(connection: Connection, account: Account, month: str) -> Statement:
    """A month that is closed, as it was counted."""
    mine = select(months).where(months.c.account_id == account.id, months.c.month <= month)
    rows = connection.execute(mine.order_by(months.c.country, months.c.source)).all()
    moved: Counter[str] = Counter()
    opening = sum(_SIGNS[row.movement] * row.credits for row in rows if row.month < month)
    lines = []
    for row in rows:
        if row.month == month:
            moved[row.movement] += row.credits
            if row.movement == Movement.CHARGE:
                lines.append(UsedTexts(row.country or None, row.source or None, row.texts, row.segments, row.credits))
    return Statement(
        account.id,
        account.name,
        month,
        opening,
        moved[Movement.PURCHASE],
        moved[Movement.ADVANCE] - moved[Movement.ADVANCE_BACK],
        moved[Movement.TRANSFER_IN] - moved[Movement.TRANSFER_OUT],
        -moved[Movement.WITHDRAWAL],
        moved[Movement.CHARGE],
        opening + sum(_SIGNS[one] * credits_ for one, credits_ in moved.items()),
        tuple(lines),
    )
