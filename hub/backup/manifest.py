"""What a backup says of itself: manifest.json, with a checksum of every other file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = 1
NAME = "manifest.json"
KEY_NAME = "secret.key"
INI_NAME = "hub.ini"
_CHUNK = 1 << 20


class BadBackup(HubError):
    """A folder that is no backup, or not the one that was made."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a backup: its size in bytes, and the SHA-256 of what is in it."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `counts` are rows by table, `files` stand beside the manifest by their names.

    `blanked` are the settings that hub.ini has and its copy has not.
    """

    hub: str
    made_at: datetime
    database: str
    database_version: str
    revisions: tuple[str, ...]
    counts: Mapping[str, int]
    key_fingerprint: str | None
    files: Mapping[str, File]
    blanked: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def database_file(self) -> str:
        """The name of the file with the database."""
        return database_file(self.database)


def database_file(kind: str) -> str:
    """What the file with a database of that kind is called."""
    return "hub.db" if kind == "sqlite" else "hub.dump"


def describe(path: Path) -> File:
    """Read a file through, for its checksum."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return File(size, digest.hexdigest())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest into a backup's folder."""
    content = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    (folder / NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup, every file compared with it. Raises BadBackup, naming what is wrong."""
    manifest = _read(folder / NAME)
    for name, said in manifest.files.items():
        path = folder / name
        if path.parent != folder or not path.is_file():
            raise BadBackup(f"{path} is missing: this backup is not whole. Use another one.")
        if describe(path) != said:
            raise BadBackup(f"{path} is not what was backed up: its checksum differs. Use another backup.")
    if manifest.database_file not in manifest.files:
        raise BadBackup(f"{folder / NAME} names no database: this backup is not whole. Use another one.")
    return manifest


def _read(path: Path) -> Manifest:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _manifest(content)
    except OSError as error:
        raise BadBackup(f"{path} cannot be read ({error.strerror}): give the folder that `hub backup` made.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadBackup(f"{path} is no manifest of a backup that this hub can read.") from error


def _manifest(content: Mapping[str, Any]) -> Manifest:
    if content["format"] != FORMAT:
        raise BadBackup(f"This backup has format {content['format']}, and this hub reads {FORMAT}: use a newer hub.")
    return Manifest(
        hub=str(content["hub"]),
        made_at=datetime.fromisoformat(content["made_at"]),
        database=str(content["database"]),
        database_version=str(content["database_version"]),
        revisions=tuple(map(str, content["revisions"])),
        counts={str(name): int(count) for name, count in content["counts"].items()},
        key_fingerprint=content["key_fingerprint"],
        files={str(name): File(int(one["bytes"]), str(one["sha256"])) for name, one in content["files"].items()},
        blanked=tuple(map(str, content.get("blanked", ()))),
    )
