"""Copy the database while others write to it: one moment of it, whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import String, column, func, inspect, select, table, text

from hub.backup.manifest import BadBackup
from hub.backup.tools import require_tools, run_tool
from hub.errors import StoreUnavailable
from hub.store.engine import BUSY_TIMEOUT_S, Store
from hub.store.migrate import VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Copy:
    """What was copied: the server's version, the schema's revisions, and how many rows each table has."""

    version: str
    revisions: tuple[str, ...]
    counts: Mapping[str, int]


def copy_database(store: Store, target: Path) -> Copy:
    """Copy a database into a file, and open the copy. Raises StoreUnavailable, HubError, or BadBackup."""
    return _copy_sqlite(store, target) if store.is_sqlite else _copy_postgresql(store, target)


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    names = sorted(inspect(connection).get_table_names())
    return {name: connection.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names}


def _copy_sqlite(store: Store, target: Path) -> Copy:
    """`VACUUM INTO` copies what one reader sees, however many write meanwhile, and keeps nobody from writing.

    The backup API would begin again with every write of another process, or hold them all up for its one step.
    """
    try:
        with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as source:
            source.execute(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT_S * 1000)}")
            source.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The database could not be copied: {error}.") from error
    copy = Store(f"sqlite:///{target}")
    try:
        with copy.read() as connection:
            return _look_at(connection)
    finally:
        copy.close()
        _settle(target)


def _look_at(connection: Connection) -> Copy:
    found = connection.execute(text("PRAGMA integrity_check(1)")).scalar_one()
    if found != "ok":
        raise BadBackup(f"The copy of the database is damaged: {found}. Look at the disk, and at the database itself.")
    return Copy(sqlite3.sqlite_version, _revisions(connection), count_rows(connection))


def _settle(target: Path) -> None:
    """Let the copy be one file: to open it may have left a log beside it."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")


def _copy_postgresql(store: Store, target: Path) -> Copy:
    """pg_dump sees what this transaction sees, so that the counts are those of the dump."""
    require_tools("pg_dump", "pg_restore")
    with store.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        version = str(connection.execute(text("SHOW server_version")).scalar_one())
        schema = inspect(connection).default_schema_name
        copy = Copy(version, _revisions(connection), count_rows(connection))
        how = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}")
        run_tool(store, "pg_dump", how)
    listed = run_tool(store, "pg_restore", ("--list", str(target)), connects=False)
    missing = [name for name in copy.counts if f" TABLE DATA {schema} {name} " not in listed]
    if missing:
        raise BadBackup(f"The dump lacks the rows of {', '.join(missing)}: may this user read them?")
    return copy


def _revisions(connection: Connection) -> tuple[str, ...]:
    query = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    return tuple(sorted(connection.execute(query).scalars()))
