"""Accounts that pay afterwards: credits up to a limit are theirs to use, and each month is ordered when it is over.

The limit is issued as credits of its own kind, so that the ledger is never overdrawn. Paying the order of a month buys
back what was used: free credits and what is owed always make the limit, with what was bought beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from hub.accounts import ledger
from hub.accounts.model import Movement
from hub.accounts.reading import account_with
from hub.accounts.service import MAX_CREDITS
from hub.billing.model import OrderKind, OrderState
from hub.billing.months import month_of, next_month, previous_month
from hub.billing.orders import POSTPAID
from hub.billing.statements import close, statement_in
from hub.billing.tables import credit_limits as limits
from hub.billing.tables import purchase_orders
from hub.errors import NotAllowed, NotEnoughCredits, RequestRefused
from hub.store.bulk import insert_new

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store

SOME = 200


@dataclass(frozen=True, slots=True)
class PostPaid:
    """The limits of accounts that pay afterwards, and their monthly orders."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    def limit_of(self, account_id: int) -> int:
        """What an account may use before it pays, in credits; 0 for one that pays first."""
        with self.store.read() as connection:
            said = connection.execute(select(limits.c.credits).where(limits.c.account_id == account_id)).scalar()
        return int(said or 0)

    def set_limit(self, account_id: int, credits_: int) -> None:
        """Say what an account may use before it pays; 0: it pays first, as others do.

        Raises NotAllowed for a sub-account, RequestRefused for a bad amount or one that takes used credits away.
        """
        if not 0 <= credits_ <= MAX_CREDITS:
            raise RequestRefused.because("credits", "out_of_range", f"Credits go from 0 to {MAX_CREDITS}.")
        now = self.clock.now()
        row = {"account_id": account_id, "credits": 0, "billed_through": previous_month(month_of(now, self.zone))}
        with self.store.write("statement") as connection:
            if account_with(connection, account_id).parent_id is not None:
                message = "A sub-account does not pay: its credits come from its parent account."
                raise NotAllowed(message, code="sub_account_cannot_buy")
            insert_new(connection, limits, [row])
            mine = limits.c.account_id == account_id
            known = connection.execute(select(limits.c.credits).where(mine).with_for_update()).scalar_one()
            movement = Movement.ADVANCE if credits_ > known else Movement.ADVANCE_BACK
            try:
                ledger.move(connection, account_id, movement, abs(credits_ - known), at=now, note="credit limit")
            except NotEnoughCredits as error:
                message = f"Only {error.available} credits are unused; the limit can go down by so many."
                raise RequestRefused.because("credits", "too_many", message) from error
            changed = update(limits).values(credits=credits_) if credits_ else delete(limits)
            connection.execute(changed.where(mine))

    def order_months(self) -> int:
        """Make the orders of months that are over, each once; how many accounts were looked at."""
        last = previous_month(month_of(self.clock.now(), self.zone))
        looked = 0
        while ids := self._behind(last):
            for account_id in ids:
                with self.store.write("statement") as connection:
                    self._order(connection, account_id, last)
            looked += len(ids)
        return looked

    def _behind(self, last: str) -> list[int]:
        query = select(limits.c.account_id).where(limits.c.billed_through < last).order_by(limits.c.account_id)
        with self.store.read() as connection:
            return list(connection.execute(query.limit(SOME)).scalars())

    def _order(self, connection: Connection, account_id: int, last: str) -> None:
        mine = limits.c.account_id == account_id
        through = connection.execute(select(limits.c.billed_through).where(mine).with_for_update()).scalar()
        if through is None or through >= last:
            return  # somebody else was quicker
        account = account_with(connection, account_id)
        close(connection, account_id, last, self.zone)
        rows = []
        while through < last:
            through = next_month(through)
            told = statement_in(connection, account, through)
            used = told.used - told.transfers  # what went to sub-accounts is used, too
            if used > 0:
                rows.append(self._row(account_id, through, used))
        insert_new(connection, purchase_orders, rows)
        connection.execute(update(limits).where(mine).values(billed_through=last))

    def _row(self, account_id: int, month: str, credits_: int) -> dict[str, object]:
        return {
            "account_id": account_id,
            "reference": POSTPAID + month,
            "kind": OrderKind.POSTPAID,
            "credits": credits_,
            "state": OrderState.OPEN,
            "created_at": self.clock.now(),
        }
