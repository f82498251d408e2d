"""The copy of hub.ini that goes into a backup without the secret key."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hub.config.ini import parse_ini
from hub.sealing import SETTING
from hub.vault import WrongKey, read_keys

if TYPE_CHECKING:
    from pathlib import Path

    from hub.config.ini import Entry


def copy_ini(source: Path, target: Path) -> tuple[str, ...]:
    """Copy a hub.ini without the secret key; the settings that are left empty in the copy.

    The rest stays byte for byte, but for the key's own letters where they stand elsewhere, as in a comment.
    """
    content = source.read_bytes()
    entries = parse_ini(content.decode("utf-8-sig", "replace"), str(source)).entries
    found = [one for one in entries if (one.section, one.key) == ("hub", "secret_key") and one.value]
    for entry in found:
        content = _without(content, entry)
    target.write_bytes(content)
    return tuple(SETTING for _ in found)


def _without(content: bytes, entry: Entry) -> bytes:
    """Leave the value out; it ends with its line, for the hub refuses one that goes on."""
    lines = content.splitlines(keepends=True)
    if entry.line is not None:
        name, equals, value = lines[entry.line - 1].partition(b"=")
        lines[entry.line - 1] = name + equals + value[len(value.rstrip(b"\r\n")) :]
    content = b"".join(lines)
    with suppress(WrongKey):
        for key in read_keys(entry.value, entry.where):
            content = content.replace(key.encode(), b"")
    return content
