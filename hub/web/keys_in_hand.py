"""Idempotency keys whose first request is still being carried out.

A client that lost patience and asks again hears at once that it is to wait, and holds no thread meanwhile. Between
processes the database keeps such requests apart: the second one waits there for the first.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class KeysInHand:
    """The keys, by account, that this process is at work on."""

    _held: set[tuple[int, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def hold(self, account_id: int, key: str | None) -> Iterator[None]:
        """Hold a key while the block lasts; no key is held by nobody. Raises Conflict, `idempotency_key_busy`."""
        if key is None:
            yield
            return
        one = (account_id, key)
        with self._lock:
            if one in self._held:
                message = "The first request with this idempotency key is being carried out; ask again in a moment."
                raise Conflict(message, code="idempotency_key_busy")
            self._held.add(one)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(one)
