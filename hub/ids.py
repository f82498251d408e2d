"""Names for new things: 26 characters, sorted by time, not guessable from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ulid import ULID

if TYPE_CHECKING:
    from datetime import datetime


def new_id(at: datetime) -> str:
    """A new ULID for something that begins at that time."""
    return str(ULID.from_datetime(at))
