"""Make a backup of a hub that runs."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hub.backup.dumping import copy_database
from hub.backup.ini_copy import copy_ini
from hub.backup.manifest import INI_NAME, KEY_NAME, Manifest, database_file, describe, write_manifest
from hub.errors import HubError
from hub.sealing import find_canary
from hub.vault import create_key_file
from hub.version import __version__

if TYPE_CHECKING:
    from hub.bootstrap import Core

_OWNER_ONLY = 0o600


def make_backup(core: Core, folder: Path, *, with_key: bool = False) -> Manifest:
    """Put everything a hub is made of into a new folder: the database, hub.ini, and the key's fingerprint.

    The key itself only `with_key`, be it a file or a line of hub.ini: who has both can read the secrets. The folder is
    there once it is whole, checked and on disk. Raises HubError when it exists already, or when the database cannot be
    copied.
    """
    folder = folder.absolute()
    _require_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        manifest = _fill(core, aside, with_key=with_key)
        _keep(aside)
        if folder.exists():
            folder.rmdir()
        aside.rename(folder)
    except OSError as error:
        raise HubError(f"The backup could not be written to {folder} ({error.strerror}).") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _sync(folder.parent)
    return manifest


def _require_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HubError(f"{folder} is there already; name a folder that is not, such as one with the date in it.")


def _fill(core: Core, folder: Path, *, with_key: bool) -> Manifest:
    kind = "sqlite" if core.store.is_sqlite else "postgresql"
    canary = find_canary(core.store)
    copy = copy_database(core.store, folder / database_file(kind))
    blanked = _copy_settings(core, folder, with_key=with_key)
    if with_key:
        create_key_file(folder / KEY_NAME, core.vault.keys)
    manifest = Manifest(
        hub=__version__,
        made_at=core.clock.now(),
        database=kind,
        database_version=copy.version,
        revisions=copy.revisions,
        counts=copy.counts,
        key_fingerprint=canary.fingerprint if canary else None,
        files={path.name: describe(path) for path in sorted(folder.iterdir())},
        blanked=blanked,
    )
    write_manifest(folder, manifest)
    return manifest


def _copy_settings(core: Core, folder: Path, *, with_key: bool) -> tuple[str, ...]:
    """Copy hub.ini, where there is one; the settings that are left empty in the copy."""
    ini = core.settings.path
    if ini is None:
        return ()
    if not with_key:
        return copy_ini(ini, folder / INI_NAME)
    shutil.copyfile(ini, folder / INI_NAME)
    return ()


def _keep(folder: Path) -> None:
    """Let only its owner read it, and have it on disk: neither SQLite nor pg_dump waits for that."""
    for path in folder.iterdir():
        path.chmod(_OWNER_ONLY)
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
