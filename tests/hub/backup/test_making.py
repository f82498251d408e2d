"""A backup is one moment of a hub that goes on, whole, and says what it is."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hub.backup import making
from hub.backup.making import make_backup
from hub.backup.manifest import BadBackup, describe, read_manifest
from hub.bootstrap import build
from hub.errors import HubError
from hub.testing.hub import make_hub
from hub.vault import new_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.bootstrap import Core
    from hub.testing.hub import TestHub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where backups go."""
    return tmp_path / "backups" / "today"


def test_a_backup_says_what_it_is(hub: TestHub, folder: Path) -> None:
    """Versions, rows by table, the key's fingerprint, and a checksum of every file."""
    hub.send("+33612345678", "+33612345679")
    fingerprint = hub.core.vault.fingerprint
    manifest = make_backup(hub.core, folder)
    assert (manifest.counts["messages"], manifest.counts["accounts"]) == (2, 1)
    assert (manifest.key_fingerprint, read_manifest(folder)) == (fingerprint, manifest)
    assert manifest.files == {manifest.database_file: describe(folder / manifest.database_file)}


def test_only_its_owner_can_read_a_backup(hub: TestHub, folder: Path) -> None:
    """It has everybody's texts in it."""
    make_backup(hub.core, folder)
    assert (folder.stat().st_mode & 0o777, {path.stat().st_mode & 0o777 for path in folder.iterdir()}) == (
        0o700,
        {0o600},
    )


def test_the_key_is_in_a_backup_only_when_asked_for(hub: TestHub, tmp_path: Path) -> None:
    """Not even its letters."""
    key = hub.core.vault.keys[0]
    make_backup(hub.core, tmp_path / "without")
    make_backup(hub.core, tmp_path / "with", with_key=True)
    assert not any(key.encode() in path.read_bytes() for path in (tmp_path / "without").iterdir())
    assert (tmp_path / "with" / "secret.key").read_text() == f"{key}\n"


def test_a_hub_ini_is_in_the_backup(tmp_path: Path, folder: Path) -> None:
    """As it stands."""
    ini = tmp_path / "hub.ini"
    ini.write_text("[hub]\nregion = BE\n")
    core = build(ini, environ={"HUB_HUB_REDIS_URL": "none"})
    core.upgrade()
    make_backup(core, folder)
    core.close()
    assert (folder / "hub.ini").read_text() == ini.read_text()


INI = """\
; a hub in Orl\u00e9ans\r
[hub]\r
region = BE\r
Secret_Key = {first}, {second}\r
log_level = info
; before: {second}
"""
KEYLESS = INI.replace(" {first}, {second}", "").replace("{second}", "")


@pytest.fixture
def with_key_in_ini(tmp_path: Path) -> Iterator[Core]:
    """A hub whose key stands in hub.ini, with an old one behind it."""
    ini = tmp_path / "hub.ini"
    ini.write_bytes(INI.format(first=new_key(), second=new_key()).encode())
    core = build(ini, environ={"HUB_HUB_REDIS_URL": "none"})
    core.upgrade()
    yield core
    core.close()


def test_a_key_in_hub_ini_is_not_in_the_backup(with_key_in_ini: Core, folder: Path) -> None:
    """Its line is empty in the copy, which the manifest says; every other byte stays."""
    manifest = make_backup(with_key_in_ini, folder)
    assert (folder / "hub.ini").read_bytes() == KEYLESS.encode()
    assert manifest.blanked == read_manifest(folder).blanked == ("[hub] secret_key",)


def test_a_key_in_hub_ini_is_in_a_backup_that_was_to_have_it(with_key_in_ini: Core, folder: Path) -> None:
    """As it stands."""
    manifest = make_backup(with_key_in_ini, folder, with_key=True)
    path = with_key_in_ini.settings.path
    assert path is not None
    assert ((folder / "hub.ini").read_bytes(), manifest.blanked) == (path.read_bytes(), ())


def test_a_manifest_of_before_anything_was_left_out_is_read(hub: TestHub, folder: Path) -> None:
    """An older hub made it."""
    make_backup(hub.core, folder)
    content = json.loads((folder / "manifest.json").read_text())
    del content["blanked"]
    (folder / "manifest.json").write_text(json.dumps(content))
    assert read_manifest(folder).blanked == ()


def test_a_folder_with_something_in_it_is_left_alone(hub: TestHub, folder: Path) -> None:
    """A backup never takes the place of another."""
    make_backup(hub.core, folder)
    before = (folder / "manifest.json").read_bytes()
    with pytest.raises(HubError, match="is there already"):
        make_backup(hub.core, folder)
    assert (folder / "manifest.json").read_bytes() == before


def test_a_backup_that_fails_leaves_nothing(hub: TestHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the folder nor half of one beside it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "write_manifest", full)
    with pytest.raises(HubError, match="No space left on device"):
        make_backup(hub.core, folder)
    assert list(folder.parent.iterdir()) == []


def test_a_damaged_database_is_not_backed_up_as_if_it_were_well(tmp_path: Path, folder: Path) -> None:
    """Its copy is opened and looked through."""
    home = tmp_path / "data"
    home.mkdir()
    (home / "hub.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    hub = make_hub(home, f"sqlite:///{home / 'hub.db'}", empty=True)
    with pytest.raises(HubError):
        make_backup(hub.core, folder)
    assert not folder.exists()


def test_without_its_programs_it_is_said_what_to_install(
    hub: TestHub, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """PostgreSQL's; SQLite needs none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    if hub.core.store.is_sqlite:
        assert make_backup(hub.core, folder).database == "sqlite"
        return
    with pytest.raises(HubError, match="pg_dump and pg_restore cannot be found: install PostgreSQL's client"):
        make_backup(hub.core, folder)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "is no manifest"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "is no manifest"),
        (lambda folder: next(folder.glob("hub.d*")).unlink(), "is missing"),
        (lambda folder: next(folder.glob("hub.d*")).write_bytes(b"x"), "its checksum differs"),
        (lambda folder: _edit(folder, format=2), "has format 2"),
        (lambda folder: _edit(folder, files={}), "names no database"),
        (lambda folder: _edit(folder, files={"../hub.db": {"bytes": 1, "sha256": ""}}), "is missing"),
    ],
)
def test_a_backup_that_was_spoilt_is_not_read(hub: TestHub, folder: Path, spoil: object, complaint: str) -> None:
    """The sentence names the file."""
    make_backup(hub.core, folder)
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(BadBackup, match=complaint):
        read_manifest(folder)


def _edit(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_writers_go_on_while_a_backup_is_made(hub: TestHub, folder: Path) -> None:
    """A writer that holds the lock all along neither waits for the backup nor keeps it waiting."""
    hub.send()
    done = threading.Event()

    def copy() -> None:
        make_backup(hub.core, folder)
        done.set()

    with hub.core.store.write("test"):
        thread = threading.Thread(target=copy)
        thread.start()
        assert done.wait(60)
    thread.join()


def test_the_copy_of_an_embedded_database_is_one_file(hub: TestHub, folder: Path) -> None:
    """Without a log beside it, whose loss nobody would notice."""
    hub.send()
    manifest = make_backup(hub.core, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([manifest.database_file, "manifest.json"])
    if hub.core.store.is_sqlite:
        with closing(sqlite3.connect(folder / "hub.db")) as copy:
            assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
