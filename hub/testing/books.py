"""What must always hold of the credits in a database, whatever was killed while they moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.accounts import ledger
from hub.accounts.model import Book
from hub.accounts.tables import credit_balances as balances
from hub.messages.model import UNSETTLED
from hub.messages.tables import messages

if TYPE_CHECKING:
    from sqlalchemy import Connection


def differences_in(connection: Connection) -> list[str]:
    """Each book beside the messages that say what is in it; none when all is well."""
    found = list(ledger.audit(connection))
    query = select(balances.c.account_id, balances.c.amount)
    for book, billing in ((Book.RESERVED, "reserved"), (Book.SPENT, "charged")):
        said = select(messages.c.account_id, messages.c.credits).where(messages.c.billing == billing)
        by_account: dict[int, int] = {}
        for account_id, credits_ in connection.execute(said):
            by_account[account_id] = by_account.get(account_id, 0) + credits_
        for account_id, amount in connection.execute(query.where(balances.c.book == book)):
            if amount != by_account.get(account_id, 0):
                found.append(f"{account_id}: {amount} {book}, messages say {by_account.get(account_id, 0)}")
    settled = messages.c.state.not_in(UNSETTLED)
    left = connection.execute(select(messages.c.id).where(messages.c.billing == "reserved", settled)).scalars().all()
    return found + [f"message {one} is settled and still reserves credits" for one in left]
