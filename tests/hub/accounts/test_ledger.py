"""The credit ledger: double entry, and nobody overdraws it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from hub.accounts import ledger
from hub.accounts.model import Amount, Balance, Book, Movement
from hub.accounts.service import Accounts
from hub.accounts.tables import credit_balances as balances
from hub.accounts.tables import credit_entries as entries
from hub.errors import NotEnoughCredits
from hub.store.engine import Store
from hub.testing.clock import A_TUESDAY_MORNING as NOW
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.testing.databases import Databases

CAMPAIGN = "01KB0000000000000000000000"


def open_account(accounts: Accounts, credits_: int = 100, name: str = "Salon") -> int:
    """An account's id."""
    return accounts.create(name, "FR", credits_=credits_)[0].id


def move(accounts: Accounts, account_id: int, movement: Movement, amount: int) -> Balance:
    """Move credits in a transaction of its own; the balance after."""
    with accounts.store.write("test") as connection:
        ledger.move(connection, account_id, movement, amount, at=NOW, campaign_id=CAMPAIGN)
    return accounts.balance(account_id)


def differences(accounts: Accounts) -> tuple[str, ...]:
    """What an audit finds."""
    with accounts.store.read() as connection:
        return ledger.audit(connection)


def test_credits_are_set_aside_then_spent_or_given_back(accounts: Accounts) -> None:
    """Nothing appears, nothing vanishes."""
    account = open_account(accounts)
    assert move(accounts, account, Movement.RESERVE, 30) == Balance(70, 30, 0)
    assert move(accounts, account, Movement.CHARGE, 20) == Balance(70, 10, 20)
    assert move(accounts, account, Movement.RELEASE, 10) == Balance(80, 0, 20)
    assert differences(accounts) == ()


def test_every_movement_is_written_down(accounts: Accounts) -> None:
    """From which book to which, how much, when and for what."""
    account = open_account(accounts)
    move(accounts, account, Movement.RESERVE, 3)
    with accounts.store.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.id)).all()
    assert [(row.movement, row.from_book, row.to_book, row.amount, row.campaign_id, row.at) for row in rows] == [
        ("purchase", "issued", "available", 100, None, NOW),
        ("reserve", "available", "reserved", 3, CAMPAIGN, NOW),
    ]


@pytest.mark.parametrize(
    ("movement", "there"),
    [
        (Movement.RESERVE, 100),
        (Movement.WITHDRAWAL, 100),
        (Movement.CHARGE, 0),
        (Movement.RELEASE, 0),
    ],
)
def test_no_book_gives_what_it_does_not_hold(accounts: Accounts, movement: Movement, there: int) -> None:
    """And nothing is moved."""
    account = open_account(accounts)
    with pytest.raises(NotEnoughCredits):
        move(accounts, account, movement, there + 1)
    assert (accounts.balance(account), differences(accounts)) == (Balance(100, 0, 0), ())


def test_nothing_is_no_movement(accounts: Accounts) -> None:
    """No entry of zero."""
    account = open_account(accounts, 0)
    move(accounts, account, Movement.RESERVE, 0)
    with accounts.store.read() as connection:
        assert connection.execute(select(entries)).all() == []


def test_a_negative_amount_is_refused(accounts: Accounts) -> None:
    """It would be a movement the other way round."""
    account = open_account(accounts)
    with pytest.raises(IntegrityError):
        move(accounts, account, Movement.RESERVE, -5)
    assert (accounts.balance(account), differences(accounts)) == (Balance(100, 0, 0), ())


def test_many_movements_of_many_accounts_at_once(accounts: Accounts) -> None:
    """Some charged, some given back, in one go."""
    first, second = (open_account(accounts, name=name) for name in ("A", "B"))
    for account in (first, second):
        move(accounts, account, Movement.RESERVE, 50)
    with accounts.store.write("test") as connection:
        amounts = {
            (second, CAMPAIGN, Movement.CHARGE, "FR"): Amount(7, 7, 7),
            (first, CAMPAIGN, Movement.CHARGE, "FR"): Amount(12, 4, 12),
            (first, CAMPAIGN, Movement.CHARGE, "BE"): Amount(8, 2, 4),
            (first, CAMPAIGN, Movement.RELEASE, ""): Amount(5),
            (first, "another", Movement.CHARGE, "FR"): Amount(0),
        }
        ledger.move_all(connection, amounts, at=NOW)
    assert (accounts.balance(first), accounts.balance(second)) == (Balance(55, 25, 20), Balance(50, 43, 7))
    assert differences(accounts) == ()


def test_more_than_was_set_aside_cannot_be_charged(accounts: Accounts) -> None:
    """The table's own rule stands behind the code's."""
    account = open_account(accounts)
    move(accounts, account, Movement.RESERVE, 5)
    with pytest.raises(IntegrityError), accounts.store.write("test") as connection:
        ledger.move_all(connection, {(account, CAMPAIGN, Movement.CHARGE, "FR"): Amount(6, 6, 6)}, at=NOW)
    assert (accounts.balance(account), differences(accounts)) == (Balance(95, 5, 0), ())


@pytest.mark.parametrize("book", list(Book))
def test_an_audit_finds_a_balance_that_was_tampered_with(accounts: Accounts, book: Book) -> None:
    """One sentence, with both figures."""
    account = open_account(accounts)
    with accounts.store.write("test") as connection:
        mine = (balances.c.account_id == account, balances.c.book == book)
        connection.execute(update(balances).where(*mine).values(amount=balances.c.amount + 7))
    (sentence,) = differences(accounts)
    told = {Book.ISSUED: -100, Book.AVAILABLE: 100}.get(book, 0)
    assert sentence == f"Account {account}: {book} stands at {told + 7}, its entries say {told}."


def test_an_audit_finds_an_entry_that_was_slipped_in(accounts: Accounts) -> None:
    """Both books that it names are out."""
    account = open_account(accounts)
    with accounts.store.write("test") as connection:
        connection.execute(
            entries.insert().values(
                account_id=account, at=NOW, movement="charge", from_book="reserved", to_book="spent", amount=5
            )
        )
    assert [sentence.split()[2] for sentence in differences(accounts)] == ["reserved", "spent"]


def test_movements_in_both_directions_do_not_wait_for_each_other(accounts: Accounts) -> None:
    """One transaction charges and gives back, another reserves meanwhile: the second one waits its turn."""
    account = open_account(accounts)
    move(accounts, account, Movement.RESERVE, 50)
    other = Accounts(Store(accounts.store.url.render_as_string(hide_password=False)), accounts.clock)
    reserving = threading.Thread(target=move, args=(other, account, Movement.RESERVE, 10))
    with accounts.store.write("test") as connection:
        ledger.move(connection, account, Movement.CHARGE, 20, at=NOW)
        reserving.start()
        reserving.join(0.3)
        ledger.move(connection, account, Movement.RELEASE, 30, at=NOW)
    reserving.join()
    other.store.close()
    assert accounts.balance(account) == Balance(70, 10, 20)


@settings(max_examples=25, deadline=None)
@given(moves=st.lists(st.tuples(st.sampled_from(Movement), st.integers(1, 60)), max_size=12))
def test_whatever_is_moved_the_sum_of_entries_is_the_balance(
    databases: Databases, moves: list[tuple[Movement, int]]
) -> None:
    """And no book but the hub's own side goes below zero."""
    store = Store(databases.fresh("sqlite"))
    accounts = Accounts(store, FakeClock())
    account = open_account(accounts)
    for movement, amount in moves:
        try:
            balance = move(accounts, account, movement, amount)
        except NotEnoughCredits:
            continue
        assert min(balance.available, balance.reserved, balance.spent) >= 0
    assert differences(accounts) == ()
    store.close()
