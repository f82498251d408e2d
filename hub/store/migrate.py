"""Bring the database's tables up to date: Alembic, one branch for the core and one per plugin with tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from hub.errors import NewerDatabase, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

    from hub.registry import MigrationBranch
    from hub.store.engine import Store

HOME = Path(__file__).parent / "migrations"
VERSION_TABLE = "schema_versions"
CORE = "core"
_UPGRADE_LOCK = 7_423_001  # any number, as long as every hub takes the same


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a database stands: the revisions it has, those it lacks, and those only a newer hub knows.

    `idle` are those of plugins that take no part now: their tables rest until they do again.
    """

    current: tuple[str, ...]
    missing: tuple[str, ...]
    foreign: tuple[str, ...]
    idle: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether this hub can work on it."""
        return not self.missing and not self.foreign


def status(store: Store, branches: Sequence[MigrationBranch]) -> SchemaStatus:
    """Compare the database with the revisions that the hub and its plugins carry."""
    with store.read() as connection:
        return _status(connection, _scripts(_config(branches)), branches)


def upgrade(store: Store, branches: Sequence[MigrationBranch]) -> SchemaStatus:
    """Apply what is missing. Raises NewerDatabase when the database knows revisions this hub does not."""
    from alembic import command

    config = _config(branches)
    with store.write("migrate") as connection:
        _wait_for_others(connection)
        before = _status(connection, _scripts(config), branches)
        _refuse_newer(before)
        if before.missing:
            _refuse_with_idle(before)
            config.attributes["connection"] = connection
            command.upgrade(config, "heads")
    return status(store, branches)


def require_ready(store: Store, branches: Sequence[MigrationBranch]) -> None:
    """Raise when the database is not what this hub was made for: NewerDatabase, or StoreUnavailable."""
    found = status(store, branches)
    _refuse_newer(found)
    if found.missing:
        raise StoreUnavailable(f"The database lacks {len(found.missing)} revision(s); run `hub db upgrade`.")


def _wait_for_others(connection: Connection) -> None:
    """Two hubs that start together on one server upgrade one after the other; SQLite's write lock does so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # an upgrade may take its time
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})


def _refuse_newer(found: SchemaStatus) -> None:
    if found.foreign:
        raise NewerDatabase(
            f"The database has revision {', '.join(found.foreign)}, which this hub does not know: it was written by a "
            "newer hub, or by a plugin that is no longer installed. Start that one, or restore a backup."
        )


def _config(branches: Sequence[MigrationBranch]) -> Config:
    from alembic.config import Config

    config = Config()
    folders = [HOME / "versions", *(branch.folder for branch in branches)]
    config.set_main_option("script_location", str(HOME).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder).replace("%", "%%") for folder in folders))
    return config


def _scripts(config: Config) -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config)


def _refuse_with_idle(found: SchemaStatus) -> None:
    """Alembic moves all branches together, and cannot while the revisions of one of them are not there."""
    if found.idle:
        raise NewerDatabase(
            f"The database has {', '.join(found.idle)} of a plugin that is switched off or not installed. Switch it on "
            "for the upgrade; afterwards it can be switched off again."
        )


def _status(connection: Connection, scripts: ScriptDirectory, branches: Sequence[MigrationBranch]) -> SchemaStatus:
    from alembic.migration import MigrationContext

    known = {script.revision: script for script in scripts.walk_revisions()}
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    current = context.get_current_heads()
    applied = {
        script.revision
        for head in current
        if head in known
        for script in scripts.iterate_revisions(head, "base", inclusive=True)
    }
    unknown = sorted(set(current) - set(known))
    active = {CORE, *(branch.label for branch in branches)}
    return SchemaStatus(
        current=tuple(sorted(current)),
        missing=tuple(sorted(set(known) - applied)),
        foreign=tuple(one for one in unknown if _branch_of(one) in active),
        idle=tuple(one for one in unknown if _branch_of(one) not in active),
    )


def _branch_of(revision: str) -> str:
    """Revisions are named after their branch: `mail_to_sms_0001` is of `mail_to_sms`."""
    return revision.rpartition("_")[0]
