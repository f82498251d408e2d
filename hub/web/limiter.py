"""How often: requests per token and failed sign-ins per address, each within a minute.

Tokens are counted by their digest, so that neither memory nor Redis holds one. Who has shown a valid token lately
may go on from an address that somebody else guesses from: behind a proxy, or in an office, both have the same one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from limits import RateLimitItemPerMinute

from hub.accounts.secrets import digest_of
from hub.errors import NotAuthenticated, TooMany

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.accounts.model import Caller
    from hub.web.windows import Room, Windows

KNOWN = 10_000
"""Tokens shown lately that are remembered."""
_TOKEN, _ADDRESS = "token", "sign-in"

log = structlog.get_logger(__name__)


@dataclass
class Limiter:
    """Lets callers in, as often as `per_minute`; `failures` are the wrong tokens a minute that one address may show."""

    windows: Windows
    authenticate: Callable[[str, str], Caller]
    per_minute: int
    failures: int
    _known: dict[str, None] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def enter(self, token: str, address: str, told: Callable[[Room], None] = lambda _: None) -> Caller:
        """Who shows this token. Raises NotAuthenticated, and TooMany past either limit.

        `told` hears what its limit leaves, even where that is nothing.
        """
        digest = digest_of(token)
        if digest not in self._known:
            self.check_address(address)
        try:
            caller = self.authenticate(token, address)
        except NotAuthenticated:
            self._forget(digest)
            self.failed(address)
            raise
        self._remember(digest)
        self._count(digest, told)
        return caller

    def failed(self, address: str) -> None:
        """Count a wrong token, and say it once when an address has shown too many."""
        item = RateLimitItemPerMinute(self.failures)
        room = self.windows.take(item, _ADDRESS, address)
        if room.counted and not room.remaining:
            log.warning("sign_ins_refused", address=address, failures=self.failures)

    def check_address(self, address: str) -> None:
        """Raise TooMany where an address has shown too many wrong tokens or passwords within the minute."""
        item = RateLimitItemPerMinute(self.failures)
        room = self.windows.look(item, _ADDRESS, address)
        if not room.counted:
            raise TooMany(
                f"This address showed {item.amount} wrong tokens in a minute; wait, and show a valid one.",
                retry_after=timedelta(seconds=room.reset_s),
            )

    def _count(self, digest: str, told: Callable[[Room], None]) -> None:
        item = RateLimitItemPerMinute(self.per_minute)
        room = self.windows.take(item, _TOKEN, digest)
        told(room)
        if not room.counted:
            raise TooMany(
                f"This token made {item.amount} requests in a minute, which is the most; wait, and put several "
                "recipients into one request.",
                retry_after=timedelta(seconds=room.reset_s),
            )

    def _remember(self, digest: str) -> None:
        with self._lock:
            self._known.pop(digest, None)
            self._known[digest] = None
            if len(self._known) > KNOWN:
                del self._known[next(iter(self._known))]

    def _forget(self, digest: str) -> None:
        with self._lock:
            self._known.pop(digest, None)
