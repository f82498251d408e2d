"""Names for new things: 26 characters, sorted by time, not guessable from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulid import ULID

if TYPE_CHECKING:
    from datetime import datetime


def new_id(at: datetime) -> str:
    """A new ULID for something that begins at that time."""
    return str(ULID.from_datetime(at))


def first_id(at: datetime) -> str:
    """The least id that anything which begins at that time can have: those before it are older."""
    return str(ULID.from_bytes(ULID.from_datetime(at).bytes[:6] + bytes(10)))
