"""Several threads share a transaction, and what one of them does wrong is its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from hub.errors import RequestRefused
from hub.store.tables import switches
from hub.store.together import MOST, Together, _Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from hub.store.engine import Store

NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)
WHO: ContextVar[str] = ContextVar("who")


class Doorway:
    """Holds the first to come inside its transaction until so many wait behind it."""

    def __init__(self, together: Together) -> None:
        self.together = together
        self.inside = threading.Event()

    def wait_for(self, others: int) -> Callable[[Connection], None]:
        """What the first does: it goes on once that many wait."""

        def act(_: Connection) -> None:
            self.inside.set()
            for _tries in range(2000):
                if len(self.together._waiting) >= others:
                    return
                threading.Event().wait(0.005)
            raise AssertionError("the others never came")

        return act


def row(route: str) -> Callable[[Connection], str]:
    """Store a row of that name."""

    def act(connection: Connection) -> str:
        connection.execute(insert(switches).values(way="out", route=route, since=NOW, cause="operator"))
        return route

    return act


def routes(store: Store) -> list[str]:
    """The names that are stored."""
    with store.read() as connection:
        return sorted(connection.execute(select(switches.c.route)).scalars())


def all_at_once(together: Together, acts: list[Callable[[Connection], object]]) -> list[object]:
    """Carry them out in one transaction, from a thread each: what each returned or raised."""
    doorway = Doorway(together)
    with ThreadPoolExecutor(len(acts) + 1) as threads:
        first = threads.submit(together.write, doorway.wait_for(len(acts)), order=(0,))
        assert doorway.inside.wait(10)
        others = [threads.submit(together.write, act, order=(place,)) for place, act in enumerate(acts)]
        first.result()
        return [one.exception() or one.result() for one in others]


@pytest.fixture
def together(store: Store) -> Together:
    """Writes on a migrated database."""
    return Together(store, "test")


def test_each_hears_its_own_result(store: Store, together: Together) -> None:
    """However many shared the transaction, and each row is there."""
    names = [f"route{number}" for number in range(5)]
    assert all_at_once(together, [row(name) for name in names]) == names
    assert routes(store) == names


def test_those_who_wait_share_one_transaction(together: Together) -> None:
    """PostgreSQL's or SQLite's own word for the transaction is the same for all."""
    seen: list[int] = []

    def act(connection: Connection) -> None:
        seen.append(id(connection.connection.driver_connection))
        assert connection.in_nested_transaction()

    assert all_at_once(together, [act, act, act]) == [None] * 3
    assert len(set(seen)) == 1


def test_what_one_raises_undoes_its_own_part_only(store: Store, together: Together) -> None:
    """The others' rows are kept."""

    def refuse(connection: Connection) -> None:
        row("refused")(connection)
        raise RequestRefused("no")

    heard = all_at_once(together, [row("a"), refuse, row("b")])
    assert (heard[0], str(heard[1]), heard[2], routes(store)) == ("a", "no", "b", ["a", "b"])


def test_a_row_that_is_there_already_is_its_own_part_s_fault(store: Store, together: Together) -> None:
    """A constraint says no to one; the database is well."""
    heard = all_at_once(together, [row("a"), row("a"), row("b")])
    assert ([type(one).__name__ for one in heard], routes(store)) == (["str", "IntegrityError", "str"], ["a", "b"])


def test_a_database_that_fails_fails_everybody(store: Store, together: Together) -> None:
    """Nothing of anybody's is kept, and each may try again."""

    def lose(connection: Connection) -> None:
        connection.invalidate()
        connection.execute(select(func.count()).select_from(switches))

    heard = all_at_once(together, [row("a"), lose])
    assert all(isinstance(one, Exception) for one in heard)
    assert routes(store) == []


def test_parts_are_carried_out_by_their_order(together: Together) -> None:
    """Two processes lock the rows of accounts in the same order."""
    seen: list[int] = []
    doorway = Doorway(together)
    with ThreadPoolExecutor(7) as threads:
        first = threads.submit(together.write, doorway.wait_for(6), order=(0,))
        assert doorway.inside.wait(10)
        for number in (4, 2, 5, 0, 3, 1):
            threads.submit(together.write, partial(_note, seen, number), order=(number,))
        first.result()
    assert seen == sorted(seen)


def _note(seen: list[int], number: int, _: Connection) -> None:
    seen.append(number)


def test_a_part_keeps_the_context_of_its_thread(together: Together) -> None:
    """Its log lines name its own request, whoever carries it out."""

    def mine(name: str) -> str:
        WHO.set(name)
        return together.write(lambda _: WHO.get(), order=(1,))

    doorway = Doorway(together)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(together.write, doorway.wait_for(2), order=(0,))
        assert doorway.inside.wait(10)
        others = [threads.submit(mine, name) for name in ("a", "b")]
        first.result()
        assert [one.result() for one in others] == ["a", "b"]


def test_who_comes_after_more_than_may_share_does_not_wait_for_ever(together: Together) -> None:
    """Nobody else is there who would carry out what is left."""
    strangers = [_Part((0,), lambda _: None) for _ in range(MOST)]
    together._waiting.extend(strangers)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(together.write, lambda _: "mine", order=(1,)).result(timeout=10) == "mine"
    assert all(one.done.done() for one in strangers)


def test_more_than_may_share_come_with_the_next_transaction(store: Store, together: Together) -> None:
    """Nobody is left out, and what is locked is not locked for long."""
    names = [f"route{number:03}" for number in range(MOST + 10)]
    assert all_at_once(together, [row(name) for name in names]) == names
    assert routes(store) == names
