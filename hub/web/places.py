"""Where threads may wait for slow bodies: few may, and nobody may have them all.

What is quick needs no place: each request may wait a little while without one, over all the pieces of its body. That
while is lent by the owner's purse, which is as large as all threads need once and fills up slowly: who stalls time
and again finds it empty, and is refused without any wait.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import TimeoutError as NotYet
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestTimeout

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

QUICK_S = 0.5
TOO_LATE = "The body did not arrive in time; send it again, all at once."


@dataclass
class Places:
    """Places to wait in: half of `threads` in all, half of those for one owner. `quick_s` is what needs none."""

    threads: int
    quick_s: float = QUICK_S
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, int] = field(default_factory=dict, init=False)
    _spent: dict[str, tuple[float, float]] = field(default_factory=dict, init=False)
    """By owner: the seconds that are lent or were used, and when that was reckoned."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def take(self, owner: str) -> bool:
        """Take a place, if one is free: whether it was."""
        most = max(1, self.threads // 2)
        with self._lock:
            mine = self._taken.get(owner, 0)
            if sum(self._taken.values()) >= most or mine >= max(1, most // 2):
                return False
            self._taken[owner] = mine + 1
            return True

    def leave(self, owner: str) -> None:
        """Give a place back."""
        with self._lock:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]

    def lend(self, owner: str) -> float:
        """Seconds that a request may wait without a place: none where the owner's purse is empty."""
        with self._lock:
            self._reckon()
            spent, now = self._spent.get(owner, (0.0, self.clock()))
            lent = max(0.0, min(self.quick_s, self.quick_s * self.threads - spent))
            self._spent[owner] = (spent + lent, now)
            return lent

    def give_back(self, owner: str, seconds: float) -> None:
        """Put back what was lent and not used."""
        with self._lock:
            self._reckon()
            if owner in self._spent:
                spent, now = self._spent[owner]
                self._spent[owner] = (max(0.0, spent - seconds), now)

    def _reckon(self) -> None:
        """Fill the purses by an eighth of the threads' time, and forget the full ones."""
        now, filling = self.clock(), self.threads / 8
        left = {owner: spent - (now - since) * filling for owner, (spent, since) in self._spent.items()}
        self._spent = {owner: (spent, now) for owner, spent in left.items() if spent > 0}


@dataclass
class Waiting:
    """One request's waiting. `owner` names whose it is, and is asked when there is something to wait for."""

    places: Places
    owner: Callable[[], str]
    _owner: str | None = field(default=None, init=False)
    _quick_s: float = field(default=0.0, init=False)
    _has_place: bool = field(default=False, init=False)

    def wait(self, coming: Future[bytes]) -> bytes:
        """What comes: soon, or in a place that is held from then on. Raises RequestTimeout where none is free."""
        if self._owner is None:
            self._owner = self.owner()
            self._quick_s = self.places.lend(self._owner)
        if not self._has_place:
            with suppress(NotYet):
                return self._quickly(coming)
            self._has_place = self.places.take(self._owner)
        if self._has_place:
            return coming.result()
        coming.cancel()
        raise RequestTimeout(TOO_LATE)

    def _quickly(self, coming: Future[bytes]) -> bytes:
        began = self.places.clock()
        try:
            return coming.result(self._quick_s)
        finally:
            self._quick_s = max(0.0, self._quick_s - (self.places.clock() - began))

    def end(self) -> None:
        """Leave the place, and give back what is left of the while; a second time does nothing."""
        if self._owner is None:
            return
        self.places.give_back(self._owner, self._quick_s)
        self._quick_s = 0.0
        if self._has_place:
            self._has_place = False
            self.places.leave(self._owner)
