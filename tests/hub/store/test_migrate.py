"""Tables are brought up to date, and a database from elsewhere is refused."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, text

import hub.accounts.tables
import hub.contacts.tables
import hub.guard.tables
import hub.inbound.tables
import hub.links.tables
import hub.messages.tables
import hub.store.tables
from hub.accounts.model import AccountLimits
from hub.accounts.service import Accounts
from hub.errors import NewerDatabase, StoreUnavailable
from hub.registry import MigrationBranch
from hub.store import migrate
from hub.store.engine import Store, sqlite_url
from hub.store.metadata import core_metadata
from hub.testing.clock import A_TUESDAY_MORNING, FakeClock
from hub.testing.databases import Databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOMS = (
    hub.accounts.tables,
    hub.contacts.tables,
    hub.guard.tables,
    hub.inbound.tables,
    hub.links.tables,
    hub.messages.tables,
    hub.store.tables,
)
CORE = tuple(sorted(path.stem for path in (migrate.HOME / "versions").glob("core_*.py")))
"""The core's own revisions, oldest first."""
HEAD = CORE[-1]
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {down}
branch_labels = {labels}
depends_on = None


def upgrade():
    op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("{name}")
"""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases with the core's own tables alone."""
    made = Databases(tmp_path_factory.mktemp("core"), (), datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[Store]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        store = Store(sqlite_url(tmp_path))
    else:
        store = Store(databases.fresh("postgresql"))
        with store.write("test") as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield store
    store.close()


@pytest.fixture
def branch(tmp_path: Path) -> MigrationBranch:
    """A plugin's branch with one revision."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    _write_revision(folder, "plug_0001", None)
    return MigrationBranch("plug", folder)


def _write_revision(folder: Path, name: str, down: str | None) -> None:
    labels = f'("{name[:4]}",)' if down is None else None
    (folder / f"{name}.py").write_text(REVISION.format(name=name, down=repr(down), labels=labels))


def test_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    """No difference either way: tables, columns, types, indexes, constraints."""
    assert ROOMS
    with store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrate.VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, core_metadata) == []


def test_partial_indexes_are_those_that_the_code_knows(store: Store) -> None:
    """A comparison does not look at their conditions."""
    with store.read() as connection:
        there = {
            index["name"]: str(index["dialect_options"][f"{connection.dialect.name}_where"])
            for index in inspect(connection).get_indexes("messages")
            if f"{connection.dialect.name}_where" in index.get("dialect_options", {})
        }
    known = {
        index.name: str(index.dialect_options["sqlite"]["where"])
        for index in hub.messages.tables.messages.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert there.keys() == known.keys()
    for name, condition in known.items():
        words = {word.strip("'(),") for word in condition.split()} - {"IN", "="}
        assert all(word in there[str(name)] for word in words), (name, condition, there[str(name)])


def test_every_constraint_has_the_name_that_it_would_get_again(store: Store) -> None:
    """Or a later migration could not find it."""
    with store.read() as connection:
        inspector = inspect(connection)
        for table in core_metadata.sorted_tables:
            found = {one["name"] for one in inspector.get_check_constraints(table.name)}
            assert found == {one.name for one in table.constraints if type(one).__name__ == "CheckConstraint"}


def test_an_empty_database_lacks_everything_and_then_nothing(empty: Store) -> None:
    """Upgrading says where it stands."""
    before = migrate.status(empty, ())
    after = migrate.upgrade(empty, ())
    assert (before.current, before.missing, before.is_ready) == ((), CORE, False)
    assert (after.current, after.missing, after.foreign, after.is_ready) == ((HEAD,), (), (), True)


def test_upgrading_again_changes_nothing(store: Store) -> None:
    """It may be done at every start."""
    before = migrate.status(store, ())
    assert migrate.upgrade(store, ()) == before


def test_a_database_that_is_behind_is_not_ready(empty: Store) -> None:
    """The message says what to do."""
    with pytest.raises(StoreUnavailable, match="hub db upgrade"):
        migrate.require_ready(empty, ())


def test_a_database_that_is_up_to_date_is_ready(store: Store) -> None:
    """Nothing is raised."""
    migrate.require_ready(store, ())
    assert migrate.status(store, ()).is_ready


def test_a_plugins_tables_are_a_branch_of_their_own(store: Store, branch: MigrationBranch) -> None:
    """They come and are known beside the core's."""
    before = migrate.status(store, (branch,))
    after = migrate.upgrade(store, (branch,))
    with store.read() as connection:
        tables = inspect(connection).get_table_names()
    assert (before.missing, after.current, "plug_0001" in tables) == (("plug_0001",), (HEAD, "plug_0001"), True)


def test_a_plugins_next_revision_is_missing_until_it_is_applied(store: Store, branch: MigrationBranch) -> None:
    """Only what is lacking is applied."""
    migrate.upgrade(store, (branch,))
    _write_revision(branch.folder, "plug_0002", "plug_0001")
    before = migrate.status(store, (branch,))
    after = migrate.upgrade(store, (branch,))
    assert (before.missing, after.current) == (("plug_0002",), (HEAD, "plug_0002"))


def test_a_database_of_a_newer_plugin_is_refused(store: Store, branch: MigrationBranch) -> None:
    """Neither used nor touched; the message names the revision."""
    _write_revision(branch.folder, "plug_0002", "plug_0001")
    migrate.upgrade(store, (branch,))
    (branch.folder / "plug_0002.py").unlink()
    found = migrate.status(store, (branch,))
    assert (found.foreign, found.is_ready) == (("plug_0002",), False)
    for act in (migrate.upgrade, migrate.require_ready):
        with pytest.raises(NewerDatabase, match="plug_0002"):
            act(store, (branch,))


def test_a_plugin_that_is_switched_off_leaves_its_tables_at_rest(store: Store, branch: MigrationBranch) -> None:
    """The hub works on without it, and with it again later."""
    migrate.upgrade(store, (branch,))
    without = migrate.upgrade(store, ())
    again = migrate.upgrade(store, (branch,))
    assert (without.idle, without.is_ready, again.idle, again.is_ready) == (("plug_0001",), True, (), True)


def test_an_upgrade_asks_for_the_plugin_that_is_switched_off(
    store: Store, branch: MigrationBranch, tmp_path: Path
) -> None:
    """All branches move together: the message says what to do."""
    migrate.upgrade(store, (branch,))
    other = tmp_path / "other"
    other.mkdir()
    _write_revision(other, "more_0001", None)
    with pytest.raises(NewerDatabase, match="Switch it on"):
        migrate.upgrade(store, (MigrationBranch("more", other),))


def test_a_revision_that_breaks_leaves_the_database_as_it_was(store: Store, branch: MigrationBranch) -> None:
    """Half a migration is none."""
    _write_revision(branch.folder, "plug_0002", "plug_0001")
    broken = branch.folder / "plug_0002.py"
    broken.write_text(broken.read_text().replace('"plug_0002", sa.Column', '"plug_0001", sa.Column'))
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(store, (branch,))
    with store.read() as connection:
        tables = inspect(connection).get_table_names()
    assert ("plug_0001" in tables, migrate.status(store, (branch,)).missing) == (False, ("plug_0001", "plug_0002"))


def test_hubs_that_start_together_upgrade_once(empty: Store) -> None:
    """The second waits for the first, and finds the work done (F26)."""
    failures: list[Exception] = []
    ready = threading.Barrier(3)

    def start() -> None:
        store = Store(empty.url.render_as_string(hide_password=False))
        ready.wait()
        try:
            migrate.upgrade(store, ())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
            failures.append(error)
        store.close()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failures, migrate.status(empty, ()).is_ready) == ([], True)


def test_going_back_empties_the_database(store: Store) -> None:
    """Every revision can be undone."""
    from alembic import command

    config = migrate._config(())
    with store.write("test") as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        left = set(inspect(connection).get_table_names()) - {migrate.VERSION_TABLE}
    assert left == set()


def _upgrade_to(store: Store, revision: str) -> None:
    from alembic import command

    config = migrate._config(())
    with store.write("test") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_accounts_from_before_their_countries_keep_what_they_could_do(empty: Store) -> None:
    """They may text all that the hub does; whoever is opened afterwards, its own country."""
    _upgrade_to(empty, "core_0001")
    row = {"name": "Ancien", "country": "FR", "created_at": A_TUESDAY_MORNING}
    table = hub.accounts.tables.accounts
    with empty.write("test") as connection:
        connection.execute(insert(table).values(row))
    migrate.upgrade(empty, ())
    accounts = Accounts(empty, FakeClock())
    before, after = accounts.find("Ancien"), accounts.create("Neuf", "BE")[0]
    assert (before.countries, before.limits, after.countries) == (None, AccountLimits(), frozenset({"BE"}))
