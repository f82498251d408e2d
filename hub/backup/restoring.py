"""Bring a backup back, in such a way that nothing is sent a second time out of it.

The copy is made safe (`hub.messages.restored.mark`) before any process can see it: on SQLite the file is put in place
last of all, on PostgreSQL the switch is thrown in the transaction that brings the rows, and cannot be thrown back
before they are marked. Killed at any moment, the same command brings everything to its end.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError

from hub.accounts import ledger
from hub.accounts.tables import accounts
from hub.backup.dumping import count_rows
from hub.backup.manifest import KEY_NAME, BadBackup, Manifest, read_manifest
from hub.backup.tools import require_tools, run_tool
from hub.errors import HubError
from hub.failpoints import failpoint
from hub.messages.restored import mark
from hub.processes.heartbeat import beats
from hub.processes.lock import ServeLock
from hub.store import migrate
from hub.store.engine import Store
from hub.store.migrate import VERSION_TABLE
from hub.store.tables import restored_campaigns, switches
from hub.switches import HALF_RESTORED, is_half_restored
from hub.vault import WrongKey, create_key_file, fingerprint_of, read_key_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.bootstrap import Core
    from hub.messages.restored import Review

_OWNER_ONLY = 0o600
_SIDE_FILES = ("-wal", "-shm", "-journal")

# The way out is closed by the transaction that brings the rows: a hub that looks on sees either nothing or this.
_CLOSE_THE_WAY_OUT = f"""
RESET search_path;
INSERT INTO switches (way, route, since, cause) VALUES ('out', '', now(), 'restored')
ON CONFLICT (way, route) DO UPDATE SET since = excluded.since, cause = excluded.cause;
INSERT INTO restored_campaigns (campaign_id) VALUES ('{HALF_RESTORED}') ON CONFLICT DO NOTHING;
"""  # noqa: S608 - a constant of our own


_OURS = frozenset({switches.name, restored_campaigns.name})


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was brought back. `review` waits for a decision; `audit` says where credits do not add up, if anywhere.

    `kept` is where the database that stood in its place is now, if there was one and it was a file.
    """

    manifest: Manifest
    review: Review
    audit: tuple[str, ...]
    kept: Path | None = None


def restore_backup(core: Core, folder: Path, *, overwrite: bool = False) -> Restoration:
    """Bring a backup back into the data folder and database of `core`, which may be empty ones.

    Raises HubError, and changes nothing: BadBackup for one that is damaged, WrongKey when its key is not here, and
    otherwise when a hub runs here, or something is in the database already and `overwrite` was not said.
    """
    manifest = read_manifest(folder.absolute())
    _require_same_kind(core, manifest)
    with _nobody_runs(core):
        _require_empty(core, overwrite=overwrite)
        keys = _keys_for(core, folder, manifest)
        with _key_in_place(core, keys):
            bring = _bring_sqlite if core.store.is_sqlite else _bring_postgresql
            return bring(core, folder, manifest)


@contextmanager
def _key_in_place(core: Core, keys: tuple[str, ...]) -> Iterator[None]:
    """The key comes first: a database without its key opens for nobody, a key without a database hurts nobody."""
    if keys:
        create_key_file(core.keyring.path, keys)
    try:
        yield
    except Exception:
        if keys:
            core.keyring.path.unlink(missing_ok=True)
        raise


def _require_same_kind(core: Core, manifest: Manifest) -> None:
    here = "sqlite" if core.store.is_sqlite else "postgresql"
    if manifest.database != here:
        raise BadBackup(
            f"This backup is of {manifest.database}, and [hub] database_url leads to {here}: a backup goes back "
            "into the kind of database that it came from."
        )


@contextmanager
def _nobody_runs(core: Core) -> Iterator[None]:
    """Keep `hub serve` out meanwhile. Raises HubError while any process of the hub runs here."""
    running = sorted({beat.name for beat in beats(core.data_dir, core.clock) if beat.is_alive})
    if running:
        raise HubError(f"The hub runs here ({', '.join(running)}): stop it first, on every machine.")
    lock = ServeLock(core.data_dir)
    lock.take()
    try:
        yield
    finally:
        lock.release()


def _require_empty(core: Core, *, overwrite: bool) -> None:
    """Nothing is missed of a database without an account, or of one that was only half brought back."""
    if overwrite or (core.store.is_sqlite and not Path(str(core.store.url.database)).exists()):
        return
    if _is_in_use(core.store):
        what = core.store.url.database
        raise HubError(
            f"The database {what} is in use: it has accounts. Say --overwrite to put the backup in its place."
        )


def _is_in_use(store: Store) -> bool:
    try:
        with store.read() as connection:
            if inspect(connection).has_table(restored_campaigns.name) and is_half_restored(connection):
                return False
            there = inspect(connection).has_table(accounts.name)
            return there and connection.execute(select(accounts.c.id).limit(1)).first() is not None
    except SQLAlchemyError as error:
        raise HubError(f"What is in the place of the database cannot be read ({error.__class__.__name__}).") from error
    finally:
        store.close()


def _keys_for(core: Core, folder: Path, manifest: Manifest) -> tuple[str, ...]:
    """The keys to put into the data folder; none where it has the right one already. Raises WrongKey."""
    if manifest.key_fingerprint is None:
        return ()
    ring, wanted = core.keyring, manifest.key_fingerprint
    here = ring.keys()
    if here is not None and wanted in map(fingerprint_of, here):
        return ()
    if here is not None:
        raise WrongKey(
            f"{ring.where} holds another key than this backup was made with ({wanted}). Put that key there, or take "
            "the file away if the backup brings its own. Nothing was changed."
        )
    brought = read_key_file(folder / KEY_NAME) or ()
    if wanted not in map(fingerprint_of, brought):
        raise WrongKey(
            f"The secret key {wanted} is needed, and the backup does not hold it: put it into {ring.path} first. "
            "Nothing was changed."
        )
    return brought


def _bring_sqlite(core: Core, folder: Path, manifest: Manifest) -> Restoration:
    place = Path(str(core.store.url.database)).absolute()
    place.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{place.name}.restoring."
    for stray in place.parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(stray, ignore_errors=True)  # of one that was killed: a whole database that nobody looks for
    with tempfile.TemporaryDirectory(prefix=prefix, dir=place.parent) as aside:
        copy = Path(aside) / place.name
        shutil.copyfile(folder / manifest.database_file, copy)
        copy.chmod(_OWNER_ONLY)
        store = Store(f"sqlite:///{copy}")
        try:
            review, audit = _make_safe(core, store)
        finally:
            store.close()
        _require_whole(copy)
        kept = _keep(core, place)
        failpoint("restore.before_replace")
        copy.replace(place)
        failpoint("restore.after_replace")
    _sync(place)
    _sync(place.parent)
    return Restoration(manifest, review, audit, kept)


def _require_whole(copy: Path) -> None:
    """Closing the last connection brings the log home; a file that goes elsewhere without it would lack the end."""
    if copy.with_name(f"{copy.name}-wal").exists():
        raise HubError(f"{copy} is still held open by somebody; nothing was changed.")


def _keep(core: Core, place: Path) -> Path | None:
    """Give the database that is there a second name; it stays in its place until the other one takes it."""
    _bring_log_home(core.store)
    logs = [place.with_name(place.name + end) for end in _SIDE_FILES]
    kept = _free_name(place, core.clock.now()) if place.exists() else None
    if kept is not None:
        os.link(place, kept)
    for log in logs:  # whatever it says, it would be read into the database that comes now
        if kept is not None and log.exists():
            log.rename(kept.with_name(kept.name + log.name.removeprefix(place.name)))
        log.unlink(missing_ok=True)
    return kept


def _bring_log_home(store: Store) -> None:
    """The last one that closes a database writes its log into it; a damaged one is kept as it is."""
    with suppress(HubError, SQLAlchemyError), store.read() as connection:
        inspect(connection).get_table_names()
    store.close()


def _free_name(place: Path, now: datetime) -> Path:
    first = place.with_name(f"{place.name}.before-{now:%Y%m%dT%H%M%SZ}")
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain([first], others) if not path.exists())


def _bring_postgresql(core: Core, folder: Path, manifest: Manifest) -> Restoration:
    """pg_restore writes the script, psql runs it and closes the way out in one transaction."""
    require_tools("pg_restore", "psql")
    has_tables = _has_tables(core.store)
    with tempfile.TemporaryDirectory(prefix="hub-restore-") as aside:
        rows, switch = Path(aside) / "rows.sql", Path(aside) / "switch.sql"
        how = ["--no-owner", "--no-privileges", *(["--clean", "--if-exists"] if has_tables else [])]
        run_tool(
            core.store, "pg_restore", [*how, f"--file={rows}", str(folder / manifest.database_file)], connects=False
        )
        switch.write_text(_CLOSE_THE_WAY_OUT)
        in_one = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction")
        run_tool(core.store, "psql", [*in_one, f"--file={rows}", f"--file={switch}"])
    with core.store.read() as connection:
        found = count_rows(connection)
    lost = [name for name, there in manifest.counts.items() if name not in _OURS and found.get(name) != there]
    if lost:
        raise BadBackup(f"Not every row of {', '.join(lost)} came back. Sending stays paused; use another backup.")
    review, audit = _make_safe(core, core.store)
    return Restoration(manifest, review, audit)


def _has_tables(store: Store) -> bool:
    with store.read() as connection:
        return inspect(connection).has_table(VERSION_TABLE)


def _make_safe(core: Core, store: Store) -> tuple[Review, tuple[str, ...]]:
    """Bring it up to date, mark what waited, and look whether credits add up."""
    migrate.upgrade(store, core.plugins.migrations())
    with store.write("restore") as connection:
        review = mark(connection, core.clock.now())
        audit = ledger.audit(connection)
    return review, audit


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
