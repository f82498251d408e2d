"""What accounts used, by day, country, account and source: read from what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from hub.accounts.tables import accounts
from hub.billing.model import By, Consumed
from hub.billing.tables import consumption as table
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from hub.store.engine import Store

LONGEST = timedelta(days=366)
_COLUMNS = {By.DAY: table.c.day, By.COUNTRY: table.c.country, By.ACCOUNT: table.c.account_id, By.SOURCE: table.c.source}
_FIGURES = (table.c.texts, table.c.segments, table.c.credits, table.c.delivered, table.c.undelivered)


@dataclass(frozen=True, slots=True)
class Consumption:
    """The figures of what was used; what was sent within the last minute may not be counted yet."""

    store: Store

    def of(self, account_id: int, first: date, last: date, by: Collection[By]) -> tuple[Consumed, ...]:
        """What an account and its sub-accounts used from one day to another, told apart by these, in their order.

        Raises RequestRefused for a span of more than a year, or one that ends before it begins.
        """
        if not timedelta(0) <= last - first <= LONGEST:
            message = "Give a span of a year at most that begins before it ends."
            raise RequestRefused.because("to", "span", message)
        keys = [_COLUMNS[one] for one in By if one in by]
        mine = select(accounts.c.id).where(or_(accounts.c.id == account_id, accounts.c.parent_id == account_id))
        sums = [func.coalesce(func.sum(one), 0).label(one.name) for one in _FIGURES]
        query = select(*keys, *sums).where(
            table.c.account_id.in_(mine), table.c.day >= first.isoformat(), table.c.day <= last.isoformat()
        )
        with self.store.read() as connection:
            rows = connection.execute(query.group_by(*keys).order_by(*keys)).mappings().all()
        return tuple(
            Consumed(
                row.get("day"),
                row.get("country") or None,
                row.get("account_id"),
                row.get("source") or None,
                *(int(row[one.name]) for one in _FIGURES),
            )
            for row in rows
        )
