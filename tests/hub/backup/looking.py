"""What stands in a database after a restore: the state of every message, and whether the credits add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.accounts import ledger
from hub.accounts.model import Book
from hub.accounts.tables import credit_balances
from hub.messages.tables import messages

if TYPE_CHECKING:
    from hub.bootstrap import Core


def rows_of(core: Core) -> dict[tuple[str, int], str]:
    """The state of every message, by campaign and position."""
    with core.store.read() as connection:
        query = select(messages.c.campaign_id, messages.c.position, messages.c.state)
        return {(row.campaign_id, row.position): row.state for row in connection.execute(query)}


def differences_in(core: Core) -> list[str]:
    """What is wrong with the credits: entries against balances, balances against messages."""
    with core.store.read() as connection:
        found = list(ledger.audit(connection))
        for book, billing in ((Book.RESERVED, "reserved"), (Book.SPENT, "charged")):
            said = connection.execute(select(messages.c.credits).where(messages.c.billing == billing)).scalars()
            query = select(credit_balances.c.amount).where(credit_balances.c.book == book)
            if (expected := sum(said)) != (amount := sum(connection.execute(query).scalars())):
                found.append(f"{amount} {book}, messages say {expected}")
    return found
