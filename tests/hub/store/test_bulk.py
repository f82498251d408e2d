"""Statements over many rows at once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, insert, select
from sqlalchemy.exc import IntegrityError

from hub.accounts.tables import accounts, credit_balances
from hub.contacts.tables import unallocated_numbers
from hub.messages.tables import messages, parked_receipts
from hub.store.bulk import (
    add_to_rows,
    among,
    fetch,
    in_batches,
    insert_new,
    insert_returning,
    insert_rows,
    update_rows,
    upsert_rows,
)
from hub.store.engine import Store
from hub.store.storable import is_storable
from hub.store.tables import leases
from hub.testing.clock import A_TUESDAY_MORNING as NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from hub.testing.databases import Databases

TEXTS = st.text(st.characters(exclude_categories=()), max_size=40).filter(is_storable)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def lease(name: str, owner: str = "me", until: datetime = NOW) -> dict[str, Any]:
    """A row of a small table."""
    return {"name": name, "owner": owner, "until": until}


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    """A transaction that writes."""
    with store.write("test") as made:
        yield made


def names(connection: Connection) -> list[str]:
    """The names that are there."""
    return list(connection.execute(select(leases.c.name).order_by(leases.c.name)).scalars())


@pytest.mark.parametrize(
    ("items", "size", "batches"),
    [([], 3, []), ([1, 2], 3, [[1, 2]]), ([1, 2, 3], 3, [[1, 2, 3]]), ([1, 2, 3, 4], 3, [[1, 2, 3], [4]])],
)
def test_items_are_cut_into_batches(items: list[int], size: int, batches: list[list[int]]) -> None:
    """The last one may be short; nothing makes none."""
    assert list(in_batches(iter(items), size)) == batches


# --- insert ---


def test_rows_are_inserted(connection: Connection) -> None:
    """All of them, in one statement."""
    insert_rows(connection, leases, [lease(name) for name in "abc"])
    assert names(connection) == ["a", "b", "c"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=TEXTS, reason=st.none() | TEXTS.map(lambda text: text[:16]), at=TIMES)
def test_values_come_back_as_they_went_in(connection: Connection, raw: str, reason: str | None, at: datetime) -> None:
    """Quotes, backslashes, emoji, nothing at all, microseconds."""
    row = {"connector": "c", "carrier_id": "1", "state": "s", "reason": reason, "raw": raw, "at": at}
    connection.execute(parked_receipts.delete())
    other = {"connector": "c", "carrier_id": "2", "state": "t", "reason": "other", "raw": "", "at": NOW}
    insert_rows(connection, parked_receipts, [row, other])  # beside another, it travels as JSON; alone, it would not
    found, _ = fetch(connection, select(parked_receipts).order_by(parked_receipts.c.id))
    assert (found.raw, found.reason, found.at, found.client_ref) == (raw, reason, at, None)


@pytest.mark.parametrize("number", [0, -1, 2**53 + 1, 2**62, -(2**62)])
def test_whole_numbers_keep_every_digit(connection: Connection, number: int) -> None:
    """JSON has no smaller numbers than the database."""
    row = {"name": "A", "country": "FR", "created_at": NOW, "locked": True}
    (account,) = insert_returning(connection, accounts, [row], accounts.c.id)
    rows = [
        {"account_id": account, "book": book, "amount": amount} for book, amount in (("issued", number), ("spent", 7))
    ]
    insert_rows(connection, credit_balances, rows)
    found, _ = fetch(connection, select(credit_balances.c.amount).order_by(credit_balances.c.book))
    (flag,) = fetch(connection, select(accounts.c.locked))
    assert (found.amount, flag.locked) == (number, True)


def test_ids_and_defaults_are_filled_in(connection: Connection) -> None:
    """As with any other insert."""
    rows = [{"name": name, "country": "FR", "created_at": NOW} for name in "ab"]
    ids = insert_returning(connection, accounts, rows, accounts.c.id)
    found = connection.execute(select(accounts.c.id, accounts.c.locked).order_by(accounts.c.id)).all()
    assert [tuple(row) for row in found] == [(one, False) for one in sorted(ids)]


def test_rows_whose_key_is_taken_are_left_alone(connection: Connection) -> None:
    """Among those that are there, and among those given."""
    insert_rows(connection, leases, [lease("a")])
    new = insert_new(connection, leases, [lease("a", "other"), lease("b"), lease("b", "other")])
    owners = connection.execute(select(leases.c.owner).distinct()).scalars().all()
    assert (new, names(connection), owners) == (1, ["a", "b"], ["me"])


def test_those_that_were_new_are_named(connection: Connection) -> None:
    """Only those."""
    insert_rows(connection, leases, [lease("a")])
    assert sorted(insert_returning(connection, leases, [lease(name) for name in "abc"], leases.c.name)) == ["b", "c"]


def test_a_key_that_must_be_free_and_is_not_is_an_error(connection: Connection) -> None:
    """A plain insert does not swallow it."""
    insert_rows(connection, leases, [lease("a")])
    with pytest.raises(IntegrityError):
        insert_rows(connection, leases, [lease("b"), lease("a")])


def test_rows_whose_key_is_taken_can_be_overwritten(connection: Connection) -> None:
    """In the columns given."""
    insert_rows(connection, leases, [lease("a"), lease("b")])
    upsert_rows(connection, leases, [lease("b", "other"), lease("c", "other")])
    rows = connection.execute(select(leases.c.name, leases.c.owner).order_by(leases.c.name)).all()
    assert [tuple(row) for row in rows] == [("a", "me"), ("b", "other"), ("c", "other")]


@pytest.mark.parametrize("names", [("FR",), ("FR", "BE")])
def test_a_key_that_is_taken_can_be_added_to_and_kept_in_part(connection: Connection, names: tuple[str, ...]) -> None:
    """One row or several: the same."""
    first, later = NOW, NOW + timedelta(days=1)
    made = {"name": "Salon", "country": "FR", "locked": False, "created_at": NOW}
    connection.execute(insert(accounts).values(id=1, **made))
    for at, more in ((first, 1), (later, 2)):
        rows = [{"account_id": 1, "number": n, "campaigns": more, "first_at": at, "last_at": at} for n in names]
        upsert_rows(connection, unallocated_numbers, rows, adding={"campaigns"}, keeping={"first_at"})
    kept = connection.execute(select(unallocated_numbers)).all()
    assert {(row.campaigns, row.first_at, row.last_at) for row in kept} == {(3, first, later)}


def test_nothing_to_do_is_no_statement(connection: Connection) -> None:
    """An empty list has no columns to name."""
    insert_rows(connection, leases, [])
    upsert_rows(connection, leases, [])
    update_rows(connection, leases, leases.c.name, [])
    add_to_rows(connection, credit_balances, credit_balances.c.amount, [])
    assert (insert_new(connection, leases, []), insert_returning(connection, leases, [], leases.c.name)) == (0, [])
    assert names(connection) == []


def test_a_nul_is_refused_rather_than_cut_off(connection: Connection) -> None:
    """SQLite would end the text there; a backslash that only looks like one is kept."""
    with pytest.raises(ValueError, match="NUL"):
        insert_rows(connection, leases, [lease("a\x00b")])
    insert_rows(connection, leases, [lease("\\u0000")])
    assert names(connection) == ["\\u0000"]


def test_half_a_character_is_refused(connection: Connection) -> None:
    """It would be there and could not be read again."""
    with pytest.raises(UnicodeEncodeError):
        insert_rows(connection, leases, [lease("\ud800")])


def test_what_json_cannot_carry_is_refused(connection: Connection) -> None:
    """Bytes, for one."""
    with pytest.raises(TypeError, match="bytes"):
        insert_rows(connection, leases, [lease("a", owner=b"me"), lease("b")])  # type: ignore[arg-type]  # the fault


# --- look up ---


@pytest.mark.parametrize("wanted", [[], ["a"], ["a", "c", "z"], [f"n{number}" for number in range(5000)] + ["b"]])
def test_rows_are_found_among_any_number_of_values(connection: Connection, wanted: list[str]) -> None:
    """Those that are there; none of none."""
    insert_rows(connection, leases, [lease(name) for name in "abc"])
    query = select(leases.c.name).where(among(connection, leases.c.name, wanted))
    assert sorted(connection.execute(query).scalars()) == sorted(set(wanted) & set("abc"))


def test_numbers_are_found_as_numbers(connection: Connection) -> None:
    """JSON on one database, an array on the other."""
    row = {"connector": "c", "carrier_id": "1", "state": "s", "raw": "", "at": NOW}
    insert_rows(connection, parked_receipts, [row, row])
    ids = list(connection.execute(select(parked_receipts.c.id)).scalars())
    query = select(parked_receipts.c.id).where(among(connection, parked_receipts.c.id, ids[:1]))
    assert list(connection.execute(query).scalars()) == ids[:1]


# --- update ---


def test_what_is_the_same_in_all_rows_reaches_all_of_them(connection: Connection) -> None:
    """Though it travels once; the row that is not named keeps what it had."""
    insert_rows(connection, leases, [lease(name) for name in "abc"])
    update_rows(connection, leases, leases.c.name, [lease("a", "you"), lease("b", "you")])
    owners = connection.execute(select(leases.c.owner).order_by(leases.c.name)).scalars()
    assert list(owners) == ["you", "you", "me"]


def test_rows_that_do_not_meet_the_condition_are_left_and_not_counted(connection: Connection) -> None:
    """Whether the values are the same in all rows or not."""
    insert_rows(connection, leases, [lease("a"), lease("b", "stranger"), lease("c")])
    mine = (leases.c.owner == "me",)
    same = update_rows(connection, leases, leases.c.name, [lease("a", until=NOW), lease("b", until=NOW)], only=mine)
    each = update_rows(connection, leases, leases.c.name, [lease("b", "x"), lease("c", "y")], only=mine)
    owners = connection.execute(select(leases.c.owner).order_by(leases.c.name)).scalars()
    assert (same, each, list(owners)) == (1, 1, ["me", "stranger", "y"])


def test_rows_are_updated_each_in_its_own_way(connection: Connection) -> None:
    """Those named, and no others."""
    insert_rows(connection, leases, [lease(name) for name in "abc"])
    later = NOW + timedelta(days=1)
    update_rows(connection, leases, leases.c.name, [lease("a", "x", later), lease("c", "y"), lease("z", "z")])
    rows = connection.execute(select(leases).order_by(leases.c.name)).all()
    assert [(row.name, row.owner, row.until) for row in rows] == [("a", "x", later), ("b", "me", NOW), ("c", "y", NOW)]


def test_counters_are_added_to(connection: Connection) -> None:
    """By the row's other columns."""
    row = {"name": "A", "country": "FR", "created_at": NOW}
    (account,) = insert_returning(connection, accounts, [row], accounts.c.id)
    books = [{"account_id": account, "book": book, "amount": 10} for book in ("available", "reserved")]
    insert_rows(connection, credit_balances, books)
    add_to_rows(connection, credit_balances, credit_balances.c.amount, [books[0] | {"amount": -4}])
    amounts = connection.execute(select(credit_balances.c.amount).order_by(credit_balances.c.book)).scalars().all()
    assert amounts == [6, 10]


def test_an_update_finds_its_rows_by_their_key(databases: Databases) -> None:
    """SQLite does not walk through the table: a hub has millions of messages."""
    store = Store(databases.fresh("sqlite"))
    seen: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: seen.append((args[2], args[3])))
    with store.write("test") as connection:
        update_rows(connection, messages, messages.c.id, [{"id": 1, "state": "x"}])
        statement, parameters = seen[-1]
        plan = " ".join(
            str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        )
    store.close()
    assert "SEARCH messages USING INTEGER PRIMARY KEY" in plan


# --- fetch ---


def test_rows_are_fetched_in_their_order(connection: Connection) -> None:
    """With names, and with what the query limits."""
    insert_rows(connection, leases, [lease(name) for name in "cab"])
    rows = fetch(connection, select(leases).order_by(leases.c.name.desc()).limit(2))
    assert [(row.name, row.until, row._asdict()["owner"]) for row in rows] == [("c", NOW, "me"), ("b", NOW, "me")]


def test_no_rows_are_fetched_from_nothing(connection: Connection) -> None:
    """An empty list."""
    assert list(fetch(connection, select(leases))) == []


def test_what_is_null_is_none(connection: Connection) -> None:
    """Times too."""
    connection.execute(insert(accounts).values(name="A", country="FR", created_at=NOW))
    (row,) = fetch(connection, select(accounts.c.parent_id, accounts.c.created_at))
    assert (row.parent_id, row.created_at) == (None, NOW)


def test_a_busy_thread_does_not_make_a_statement_wait_for_each_row(store: Store) -> None:
    """Row by row, two thousand rows take ten seconds beside one; this takes a blink of an eye."""
    stop = threading.Event()

    def be_busy() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=be_busy)
    thread.start()
    begin = time.monotonic()
    with store.write("test") as connection:
        insert_rows(connection, leases, [lease(f"{number}") for number in range(2000)])
        update_rows(connection, leases, leases.c.name, [lease(f"{number}", "x") for number in range(2000)])
        count = len(fetch(connection, select(leases).where(leases.c.owner == "x")))
    took = time.monotonic() - begin
    stop.set()
    thread.join()
    assert count == 2000
    assert took < 4, f"{took:.1f} s"
