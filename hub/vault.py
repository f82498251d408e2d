"""Secrets at rest: sealed under a key that the database does not hold.

What must be shown again cannot be hashed, so it is encrypted (Fernet: AES-128-CBC with HMAC-SHA256). The first key
seals, all of them open: that is how a key is changed without an hour in which nothing works. What must be found
again is found by a keyed hash of it, which tells a thief of the database nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.fernet import MultiFernet

KEY_FILE = "secret.key"
_KEY_BYTES = 32
_OTHERS = 0o077
_SEPARATOR = re.compile(r"[\s,]+")


class WrongKey(HubError):
    """The key is missing, is none, or is not the one that this database's secrets are sealed with."""


@dataclass(frozen=True)
class Vault:
    """Seals and opens. `keys` are Fernet keys, at least one, the one that seals first."""

    keys: tuple[str, ...] = field(repr=False)

    def seal(self, text: str) -> str:
        """The text, unreadable without the key; never twice the same."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises WrongKey when no key here sealed it."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKey("A secret in the database was sealed with another key than this hub's.") from None

    def lookup(self, text: str) -> str:
        """A keyed hash by which the text can be found: 64 characters, the same for the same text."""
        return _hash(self.keys[0], "lookup", text)

    def lookups(self, text: str) -> tuple[str, ...]:
        """The same under each key: while a key is being changed, some rows still have the old one's."""
        return tuple(_hash(key, "lookup", text) for key in self.keys)

    def signature(self, purpose: str, text: str) -> str:
        """What only a holder of the key can make of the text: 64 characters, the same for the same purpose and text."""
        return _hash(self.keys[0], f"signature {purpose}", text)

    def signatures(self, purpose: str, text: str) -> tuple[str, ...]:
        """The same under each key: what was signed before the key was changed is still believed."""
        return tuple(_hash(key, f"signature {purpose}", text) for key in self.keys)

    @property
    def fingerprint(self) -> str:
        """What the sealing key can be told by without showing it; 32 characters."""
        return fingerprint_of(self.keys[0])

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        return MultiFernet([Fernet(key) for key in self.keys])


def fingerprint_of(key: str) -> str:
    """What a key can be told by without showing it."""
    return _hash(key, "fingerprint", "")[:32]


def new_key() -> str:
    """A key of 256 random bits, as Fernet writes them."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


def read_keys(text: str, where: str) -> tuple[str, ...]:
    """The keys in a file or a setting, separated by blanks, lines or commas. Raises WrongKey, naming `where`."""
    keys = tuple(filter(None, _SEPARATOR.split(text.strip())))
    if not keys or not all(map(_is_key, keys)):
        raise WrongKey(f"{where} holds no usable key: put back the one from your backup. Nothing was changed.")
    return keys


def read_key_file(path: Path) -> tuple[str, ...] | None:
    """The keys of a file; None when there is no such file. Raises WrongKey when it cannot be used."""
    try:
        return read_keys(path.read_text(encoding="ascii"), str(path))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise WrongKey(f"{path} cannot be read ({reason}): mend its rights, or put back your backup of it.") from error


def create_key_file(path: Path, keys: Sequence[str]) -> tuple[str, ...]:
    """Write keys to a new file that only its owner can read; those of another process that was quicker count."""
    made = _written_aside(path, keys)
    try:
        os.link(made, path)  # all of it, or nothing: unlike a rename it never takes the place of a key
    except FileExistsError:
        pass
    finally:
        made.unlink()
    _sync_folder(path.parent)
    found = read_key_file(path)
    if found is None:
        raise WrongKey(f"{path} went away while it was being made.")
    return found


def replace_key_file(path: Path, keys: Sequence[str]) -> None:
    """Put other keys into the file, at once or not at all."""
    _written_aside(path, keys).replace(path)
    _sync_folder(path.parent)


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but its owner may read or write a file."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False


def _written_aside(path: Path, keys: Sequence[str]) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return aside


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_key(word: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(word.encode("ascii"))) == _KEY_BYTES
    except ValueError:  # what is no base64, and what is no ASCII
        return False


def _hash(key: str, purpose: str, text: str) -> str:
    own = hmac.digest(base64.urlsafe_b64decode(key), f"textohub {purpose}".encode(), hashlib.sha256)
    return hmac.new(own, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
