"""Transactions: what they promise, and what is said when they cannot keep it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from hub.errors import StoreUnavailable
from hub.messages.tables import campaign_numbers
from hub.store import alive
from hub.store.engine import Store, sqlite_url
from hub.store.tables import leases
from hub.testing.clock import A_TUESDAY_MORNING as NOW

if TYPE_CHECKING:
    from hub.testing.databases import Databases


@pytest.fixture
def embedded(databases: Databases) -> Store:
    """A store on SQLite."""
    return Store(databases.fresh("sqlite"))


def put(store: Store, name: str) -> None:
    """Write a row in a transaction."""
    with store.write("test") as connection:
        connection.execute(insert(leases).values(name=name, owner="me", until=NOW))


def count(store: Store) -> int:
    """How many rows there are."""
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(leases)).scalar_one())


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)]
)
def test_sqlite_is_durable_and_checks_references(embedded: Store, pragma: str, value: object) -> None:
    """WAL, synchronous = FULL (2), foreign keys: on every connection, whoever opened the file before."""
    for _ in range(2):
        with embedded.read() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value
        embedded.close()


def test_what_is_written_is_there(store: Store) -> None:
    """After the commit, for others too."""
    put(store, "a")
    assert count(store) == 1


def test_what_breaks_leaves_nothing(store: Store) -> None:
    """Whatever was raised."""

    class Breaking(Exception):
        pass

    def write_and_break() -> None:
        with store.write("test") as connection:
            connection.execute(insert(leases).values(name="a", owner="me", until=NOW))
            raise Breaking

    with pytest.raises(Breaking):
        write_and_break()
    assert count(store) == 0


def test_a_write_takes_the_lock_at_its_beginning(embedded: Store) -> None:
    """A second writer cannot read what the first is about to change."""
    other = sqlite3.connect(str(embedded.url.database), timeout=0.01, isolation_level=None)
    with embedded.write("test"), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    """It sees what was there before."""
    put(store, "a")
    with store.write("test") as connection:
        connection.execute(insert(leases).values(name="b", owner="me", until=NOW))
        assert count(store) == 1


def test_a_reader_sees_one_moment(embedded: Store) -> None:
    """What is written meanwhile does not appear in the middle."""
    with embedded.read() as connection:
        query = select(func.count()).select_from(leases)
        before = connection.execute(query).scalar_one()
        put(embedded, "a")
        assert (before, connection.execute(query).scalar_one()) == (0, 0)


def test_writers_take_turns(store: Store) -> None:
    """Read, then write: no increment is lost."""
    put(store, "counter")

    def increment() -> None:
        mine = Store(store.url.render_as_string(hide_password=False))
        for _ in range(10):
            with mine.write("test") as connection:
                row = connection.execute(select(leases).where(leases.c.name == "counter").with_for_update()).one()
                number = 1 if row.owner == "me" else int(row.owner) + 1
                connection.execute(leases.update().values(owner=str(number)))
        mine.close()

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as connection:
        assert connection.execute(select(leases.c.owner)).scalar_one() == "40"


def test_a_database_that_is_locked_for_too_long_is_unavailable(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller hears so, nothing was kept, and the next try works (F15)."""
    put(store, "a")
    monkeypatch.setattr("hub.store.engine.BUSY_TIMEOUT_S", 0.1)
    impatient = Store(store.url.render_as_string(hide_password=False))
    with store.write("test") as holder:
        holder.execute(leases.update().values(owner="holder"))
        with pytest.raises(StoreUnavailable, match="did not take it"), impatient.write("test") as connection:
            connection.execute(leases.update().values(owner="impatient"))
    with store.read() as connection:
        kept = connection.execute(select(leases.c.owner)).scalar_one()
    put(impatient, "b")
    impatient.close()
    assert (kept, count(store)) == ("holder", 2)


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """A folder that is gone, a server that is down."""
    for url in (sqlite_url(tmp_path / "gone"), "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"):
        store = Store(url)
        with pytest.raises(StoreUnavailable), store.read() as connection:
            connection.execute(text("SELECT 1"))


def test_a_file_that_is_no_database_is_not_taken_for_one(tmp_path: Path) -> None:
    """Whatever wrote it."""
    (tmp_path / "hub.db").write_bytes(b"not a database at all, " * 100)
    with pytest.raises(Exception, match="not a database"), Store(sqlite_url(tmp_path)).read() as connection:
        connection.execute(text("SELECT 1"))


def test_more_readers_than_connections_wait_and_are_then_refused(
    embedded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with the library's own words."""
    monkeypatch.setattr(embedded.engine.pool, "_timeout", 0.05)
    held = [embedded.engine.connect() for _ in range(15)]
    with pytest.raises(StoreUnavailable), embedded.read():
        pass
    for connection in held:
        connection.close()


def test_a_mistake_in_a_statement_is_not_called_an_outage(store: Store) -> None:
    """A key that is taken is no reason to try again."""
    put(store, "a")
    with pytest.raises(IntegrityError):
        put(store, "a")


def test_a_reference_to_nothing_is_refused(store: Store) -> None:
    """On SQLite too, where that has to be asked for."""
    with pytest.raises(IntegrityError), store.write("test") as connection:
        connection.execute(insert(campaign_numbers).values(campaign_id="nobody's", number="+33612345678"))


def test_a_full_disk_is_an_outage(embedded: Store) -> None:
    """Nothing is kept, nothing is damaged, and it goes on when there is room again (F16)."""
    with embedded.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        for number in range(1000):
            put(embedded, f"{number}".rjust(64, "x"))

    with pytest.raises(StoreUnavailable, match="full"):
        fill()
    filled = count(embedded)
    with embedded.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    put(embedded, "more")
    assert count(embedded) == filled + 1


def test_a_stuck_session_does_not_hold_up_a_server_for_ever(databases: Databases) -> None:
    """Waiting for a lock ends after five seconds, as on SQLite."""
    store = Store(databases.fresh("postgresql"))
    with store.read() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "5s"
    store.close()


def test_a_server_that_drops_a_connection_is_unavailable_and_then_there_again(databases: Databases) -> None:
    """It is not said that anything was kept, and the next transaction finds a way (F17)."""
    store = Store(databases.fresh("postgresql"))
    other = Store(store.url.render_as_string(hide_password=False))

    def write_while_it_is_dropped() -> None:
        with store.write("test") as connection:
            connection.execute(insert(leases).values(name="a", owner="me", until=NOW))
            mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with other.read() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            connection.execute(insert(leases).values(name="b", owner="me", until=NOW))

    with pytest.raises(StoreUnavailable):
        write_while_it_is_dropped()
    put(store, "c")
    assert count(store) == 1
    store.close()
    other.close()


@pytest.mark.parametrize("quiet_s", [1.0, 0.0], ids=["used a moment ago", "used long ago"])
def test_a_connection_that_was_dropped_while_it_rested_is_not_used(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, quiet_s: float
) -> None:
    """Nobody hears of it: a server may have been restarted, or have lost patience (F17)."""
    monkeypatch.setattr(alive, "QUIET_S", quiet_s)
    store = Store(databases.fresh("postgresql"))
    other = Store(store.url.render_as_string(hide_password=False))
    with store.read() as connection:
        mine = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.read() as killer:
        killer.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": mine})
    assert count(store) == 0
    store.close()
    other.close()


def test_a_connection_that_was_used_a_moment_ago_costs_no_trip(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only one that has rested is asked whether it still is."""
    asked: list[object] = []
    store = Store(databases.fresh("postgresql"))
    monkeypatch.setattr(store.engine.dialect, "do_ping", asked.append)
    count(store)
    count(store)
    assert asked == []
    monkeypatch.setattr(alive, "QUIET_S", 0.0)
    count(store)
    assert len(asked) == 1
    store.close()


def test_a_database_says_which_kind_it_is(databases: Databases) -> None:
    """By its URL, without being opened."""
    kinds = {kind: Store(databases.fresh(kind)).is_sqlite for kind in ("sqlite", "postgresql")}
    assert kinds == {"sqlite": True, "postgresql": False}


def test_a_statement_that_makes_no_sense_is_the_programs_fault(databases: Databases) -> None:
    """PostgreSQL tells it from an outage."""
    store = Store(databases.fresh("postgresql"))
    with pytest.raises(ProgrammingError), store.read() as connection:
        connection.execute(text("SELECT nonsense"))
    store.close()


def test_a_checkpoint_empties_the_log_into_the_file_while_others_write(store: Store, tmp_path: Path) -> None:
    """On SQLite; a server looks after itself."""
    put(store, "a")
    store.checkpoint()
    with store.write("test") as connection:
        connection.execute(leases.update().values(owner="meanwhile"))
        store.checkpoint()
    with store.read() as connection:
        assert connection.execute(select(leases.c.owner)).scalar_one() == "meanwhile"
    if store.is_sqlite:
        store.checkpoint()
        alone = tmp_path / "hub.db"
        alone.write_bytes(Path(str(store.url.database)).read_bytes())  # without its log
        with Store(f"sqlite:///{alone}").read() as connection:
            assert connection.execute(select(leases.c.owner)).scalar_one() == "meanwhile"
