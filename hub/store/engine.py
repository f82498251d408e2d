"""Open the database and run transactions on it.

Two kinds of transaction: `read()`, and `write()`, which on SQLite takes the write lock at its beginning
(`BEGIN IMMEDIATE`): a transaction that reads a balance and then writes it must not start as a reader.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import CommitInDoubt, StoreUnavailable
from hub.failpoints import failpoint
from hub.store import alive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import ExecutionContext

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another one before it says that the store is unavailable."""

_PRIMARY_CODE = 0xFF
"""SQLite's error codes say the kind of error in their lowest byte, and more of it above."""
TRY_AGAIN_S = 0.0005
"""How long a writer waits before it asks for the lock again."""

_BUSY_PRAGMA = f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # a yes is said after the commit, so the commit must survive a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16000",
    "PRAGMA wal_autocheckpoint=8000",  # pages: whoever waits for a commit should not tidy up as well, see checkpoint()
)


class Store:
    """A database and its transactions; cheap to make, opens its first connection when first used."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine = _sqlite_engine(url) if self.is_sqlite else _server_engine(url)
        # On a server each statement sees what is committed anyway; a transaction around one costs two more trips.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writing = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run a transaction that only reads. Raises StoreUnavailable."""
        with _said_plainly(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, name: str) -> Iterator[Connection]:
        """Run a transaction that may write, and commit it. Raises StoreUnavailable; then nothing was kept.

        Only when a server's answer to the commit itself is lost does nobody know: that is CommitInDoubt.
        `name` says what it is for: it names the two points at which a test can make the process die.
        """
        with (
            _said_plainly(),
            self._turn(),
            self.engine.connect().execution_options(hub_write=True) as connection,
            connection.begin() as transaction,
        ):
            yield connection
            failpoint(f"{name}.before_commit")
            with _in_doubt_without_an_answer():
                transaction.commit()
        failpoint(f"{name}.after_commit")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """On SQLite, let one thread of this process ask for the lock at a time: the others need not ask in vain."""
        if not self.is_sqlite:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_TIMEOUT_S):
            raise sqlite3.OperationalError("database is locked")
        try:
            yield
        finally:
            self._writing.release()

    def checkpoint(self) -> None:
        """Bring what was committed from SQLite's log into its file, keeping no writer from writing meanwhile.

        SQLite does it by itself at the expense of the commit that finds the log long: some waited ten times as long.
        """
        if self.is_sqlite:
            with closing(self.engine.raw_connection()) as connection:
                connection.driver_connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # type: ignore[union-attr]  # sqlite3's

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def sqlite_url(folder: Path) -> str:
    """The URL of the embedded database in a data folder."""
    return f"sqlite:///{folder / 'hub.db'}"


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, sqlite3.OperationalError) as error:
        raise StoreUnavailable(_plain(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(_plain(error)) from error
        raise


@contextmanager
def _in_doubt_without_an_answer() -> Iterator[None]:
    """A connection that breaks during COMMIT leaves open whether the server carried it out (SQLSTATE 08007)."""
    try:
        yield
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        message = f"The database did not say whether it kept this, look before you try again: {_cause(error)}."
        raise CommitInDoubt(message) from error


def _plain(error: Exception) -> str:
    return f"The database did not take it: {_cause(error)}."


def _cause(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).splitlines()[0] if str(cause) else type(cause).__name__


def _server_engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=5, max_overflow=10, pool_timeout=BUSY_TIMEOUT_S)
    event.listen(engine, "connect", _prepare_server)
    alive.watch(engine)
    return engine


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_timeout=BUSY_TIMEOUT_S)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


def _prepare_server(connection: Any, _: ExecutionContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {int(BUSY_TIMEOUT_S * 1000)}")  # or one stuck session holds all others up
    connection.commit()


def _prepare_sqlite(connection: Any, _: ExecutionContext) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    connection.execute(_BUSY_PRAGMA)
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("hub_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while not _takes_lock(driver, give_up_at):
            time.sleep(TRY_AGAIN_S)
    finally:
        driver.execute(_BUSY_PRAGMA)


def _takes_lock(driver: sqlite3.Connection, give_up_at: float) -> bool:
    """Ask for the write lock often: SQLite's own waiting sleeps up to 100 ms, and is overtaken all the while."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
            raise
        return False
    return True
