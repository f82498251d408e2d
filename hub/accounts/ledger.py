"""The credit ledger: append-only, double entry, and no race can overdraw it.

Every entry moves credits from one book to another. The balances beside the entries are their running sums,
changed in the same transaction by a conditional update: two senders with the last credit cannot both have it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, bindparam, func, insert, literal, select, union_all, update

from hub.accounts.model import Balance, Book, Movement
from hub.accounts.tables import accounts
from hub.accounts.tables import credit_balances as balances
from hub.accounts.tables import credit_entries as entries
from hub.errors import NotEnoughCredits
from hub.store.bulk import add_to_rows, among, insert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.accounts.model import Amount

_BOOKS = {
    Movement.PURCHASE: (Book.ISSUED, Book.AVAILABLE),
    Movement.WITHDRAWAL: (Book.AVAILABLE, Book.ISSUED),
    Movement.RESERVE: (Book.AVAILABLE, Book.RESERVED),
    Movement.CHARGE: (Book.RESERVED, Book.SPENT),
    Movement.RELEASE: (Book.RESERVED, Book.AVAILABLE),
    # Between accounts they go by way of `issued`, whose sum over a family stays what was sold to it.
    Movement.TRANSFER_IN: (Book.ISSUED, Book.AVAILABLE),
    Movement.TRANSFER_OUT: (Book.AVAILABLE, Book.ISSUED),
    # What an account that pays afterwards may use before it does.
    Movement.ADVANCE: (Book.ISSUED, Book.AVAILABLE),
    Movement.ADVANCE_BACK: (Book.AVAILABLE, Book.ISSUED),
}


# Made once: to build a statement costs more than to run it.
_TAKE = (
    update(balances)
    .where(balances.c.account_id == bindparam("account"), balances.c.book == bindparam("of"))
    .values(amount=balances.c.amount - bindparam("much", type_=BigInteger))
)
_TAKE_IF_THERE = _TAKE.where(balances.c.amount >= bindparam("much"))


def open_books(connection: Connection, account_id: int) -> None:
    """Give a new account its empty books."""
    connection.execute(insert(balances), [{"account_id": account_id, "book": book, "amount": 0} for book in Book])


def move(
    connection: Connection,
    account_id: int,
    movement: Movement,
    amount: int,
    *,
    at: datetime,
    campaign_id: str | None = None,
    note: str | None = None,
) -> None:
    """Move credits between two books of an account, and write it down.

    Raises NotEnoughCredits when the book they come from does not hold them; the caller's transaction must
    then be given up.
    """
    if amount == 0:
        return
    source, target = _BOOKS[movement]
    lock_books(connection, {account_id})
    _take(connection, account_id, source, amount)
    _change(connection, account_id, target, amount)
    connection.execute(insert(entries), _entry(account_id, movement, amount, at, campaign_id, note))


def transfer(connection: Connection, giver: int, taker: int, amount: int, *, at: datetime, note: str) -> None:
    """Give free credits of one account to another. Raises NotEnoughCredits, and then nothing may be kept."""
    lock_books(connection, {giver, taker})
    move(connection, giver, Movement.TRANSFER_OUT, amount, at=at, note=note)
    move(connection, taker, Movement.TRANSFER_IN, amount, at=at, note=note)


def bring_in(connection: Connection, account_id: int, parent_id: int, wanted: int, *, at: datetime) -> None:
    """Take from the parent what a sub-account lacks of so many free credits; what it has is used first.

    Raises NotEnoughCredits when both together do not have them.
    """
    lock_books(connection, {account_id, parent_id})
    own = balance(connection, account_id).available
    if own >= wanted:
        return
    try:
        transfer(connection, parent_id, account_id, wanted - own, at=at, note=f"drawn by account {account_id}")
    except NotEnoughCredits as error:
        raise NotEnoughCredits(wanted, own + error.available) from error


def move_all(connection: Connection, amounts: Mapping[tuple[int, str, Movement, str], Amount], *, at: datetime) -> None:
    """Move credits that are there for certain, such as reserved ones.

    An amount per account, campaign, movement and, of charges, country (empty for none).
    """
    rows = [
        _entry(account_id, movement, amount.credits, at, campaign_id)
        | {"country": country or None, "texts": amount.texts or None, "segments": amount.segments or None}
        for (account_id, campaign_id, movement, country), amount in sorted(amounts.items())
        if amount.credits
    ]
    changes: Counter[tuple[int, Book]] = Counter()
    for row in rows:
        changes[row["account_id"], row["from_book"]] -= row["amount"]
        changes[row["account_id"], row["to_book"]] += row["amount"]
    lock_books(connection, {row["account_id"] for row in rows})
    deltas = [{"account_id": account, "book": book, "amount": amount} for (account, book), amount in changes.items()]
    add_to_rows(connection, balances, balances.c.amount, deltas)
    insert_rows(connection, entries, rows)


def balance(connection: Connection, account_id: int) -> Balance:
    """What an account has, in credits."""
    return balances_of(connection, [account_id])[account_id]


def balances_of(connection: Connection, account_ids: Collection[int]) -> dict[int, Balance]:
    """What accounts have, by their ids; in one statement."""
    query = select(balances).where(among(connection, balances.c.account_id, account_ids))
    amounts: dict[int, dict[str, int]] = {}
    for row in connection.execute(query) if account_ids else ():
        amounts.setdefault(row.account_id, {})[row.book] = row.amount
    return {
        account_id: Balance(books[Book.AVAILABLE], books[Book.RESERVED], books[Book.SPENT])
        for account_id, books in amounts.items()
    }


def audit(connection: Connection) -> tuple[str, ...]:
    """Compare every balance with the sum of its entries; one sentence per difference, none when all is well.

    One statement, so that it sees one moment even while credits move.
    """
    zero = literal(0)
    come = select(
        entries.c.account_id, entries.c.to_book.label("book"), entries.c.amount.label("said"), zero.label("is")
    )
    gone = select(entries.c.account_id, entries.c.from_book, -entries.c.amount, zero)
    stands = select(balances.c.account_id, balances.c.book, zero, balances.c.amount)
    both = union_all(come, gone, stands).subquery()
    said, amount = func.sum(both.c.said), func.sum(both.c["is"])
    sums = select(both.c.account_id, both.c.book, said, amount).group_by(both.c.account_id, both.c.book)
    different = sums.having(said != amount).order_by(both.c.account_id, both.c.book)
    return tuple(
        f"Account {account_id}: {book} stands at {int(is_)}, its entries say {int(told)}."
        for account_id, book, told, is_ in connection.execute(different)
    )


def _entry(
    account_id: int, movement: Movement, amount: int, at: datetime, campaign_id: str | None, note: str | None = None
) -> dict[str, Any]:
    source, target = _BOOKS[movement]
    return {
        "account_id": account_id,
        "at": at,
        "movement": movement,
        "from_book": source,
        "to_book": target,
        "amount": amount,
        "campaign_id": campaign_id,
        "note": note,
    }


def lock_books(connection: Connection, account_ids: Collection[int]) -> None:
    """Take the books of accounts in one order, always: a reservation and a release would wait for each other.

    The order is by families, a parent before its sub-accounts: who draws takes its parent's books first.
    """
    if account_ids and connection.dialect.name != "sqlite":
        family = func.coalesce(accounts.c.parent_id, accounts.c.id)
        query = select(balances.c.book).join(accounts, accounts.c.id == balances.c.account_id)
        query = query.where(among(connection, balances.c.account_id, account_ids))
        query = query.order_by(family, balances.c.account_id, balances.c.book).with_for_update(of=balances)
        connection.execute(query).all()


def _take(connection: Connection, account_id: int, book: Book, amount: int) -> None:
    take = _TAKE if book is Book.ISSUED else _TAKE_IF_THERE
    if connection.execute(take, {"account": account_id, "of": book, "much": amount}).rowcount == 0:
        raise NotEnoughCredits(amount, balance(connection, account_id).available)


def _change(connection: Connection, account_id: int, book: Book, amount: int) -> None:
    connection.execute(_TAKE, {"account": account_id, "of": book, "much": -amount})
