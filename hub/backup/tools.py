"""PostgreSQL's own tools: pg_dump, pg_restore and psql, with a password that no other user of the machine sees."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.store.engine import Store


class NoTool(HubError):
    """A program of PostgreSQL is not installed."""


def require_tools(*names: str) -> None:
    """Raise NoTool, with what to install, unless all of these programs are on PATH."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise NoTool(
            f"{' and '.join(missing)} cannot be found: install PostgreSQL's client programs in the version of the "
            "server (Debian: postgresql-client, Alpine: postgresql17-client), or put them on PATH."
        )


def run_tool(store: Store, name: str, arguments: Sequence[str], *, connects: bool = True) -> str:
    """Run one of them on the store's database; what it printed. Raises HubError with its own words."""
    require_tools(name)
    dsn, password = _connection_of(store) if connects else ("", "")
    environ = os.environ | ({"PGPASSWORD": password} if password else {})
    where = ["--dbname", dsn] if connects else []
    done = subprocess.run(  # noqa: S603 - PostgreSQL's programs, with arguments of our own
        [name, *where, *arguments], capture_output=True, text=True, errors="replace", env=environ, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise HubError(f"{name} failed: {' '.join(said[:3]) or f'exit code {done.returncode}'}")
    return done.stdout


def _connection_of(store: Store) -> tuple[str, str]:
    """The database as libpq wants it, and the password apart: arguments can be seen by everybody."""
    from psycopg.conninfo import make_conninfo

    _, named = store.engine.dialect.create_connect_args(store.url)
    password = str(named.pop("password", "") or "")
    named.pop("context", None)  # the driver's own, not libpq's
    return make_conninfo(**named), password
