"""The body of a request, as it arrives: none is waited for without end, and slow ones do not hold the threads.

A server thread that waits for a body is one that answers nobody else. So the first part of each body, which for nearly
all is the whole, is gathered before a thread takes the request. What is longer is waited for in the thread, and only
some of the threads may wait long.
"""

from __future__ import annotations

import asyncio
import io
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestTimeout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

GATHERED = 64 * 1024
"""Bytes that are gathered before anything is known of who sends them."""
WITHIN_S = 15.0
SLOWEST = 16 * 1024
"""Bytes per second that a body may take longer than `WITHIN_S` by."""
QUICK_S = 0.5

_TOO_LATE = "The body did not arrive in time; send it again, all at once."


@dataclass
class Body:
    """What arrives of a request: `chunks` in the event loop `loop`, `within_s` the patience for one without bytes."""

    chunks: AsyncIterator[bytes]
    loop: asyncio.AbstractEventLoop
    within_s: float = WITHIN_S
    is_late: bool = False
    has_ended: bool = False
    _gathered: bytearray = field(default_factory=bytearray, init=False)
    _received: int = field(default=0, init=False)
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.loop.time()

    async def gather(self, most: int = GATHERED) -> None:
        """Take in the first part, `most` bytes at least where there are that many."""
        while not self.has_ended and len(self._gathered) < most:
            self._gathered += await self.receive()

    async def receive(self) -> bytes:
        """The next bytes; none at the end, nor when they are late."""
        left = self._began + self.within_s + self._received / SLOWEST - self.loop.time()
        try:
            async with asyncio.timeout(left):
                while not (chunk := await anext(self.chunks)):
                    pass
        except StopAsyncIteration:
            self.has_ended = True
        except TimeoutError:
            self.is_late = self.has_ended = True
        else:
            self._received += len(chunk)
            return bytes(chunk)
        return b""

    def take(self) -> bytes:
        """What was gathered and not taken yet."""
        taken = bytes(self._gathered)
        self._gathered.clear()
        return taken


@dataclass
class Places:
    """Where threads may wait for slow bodies: half of `threads` in all, half of those for one owner."""

    threads: int
    quick_s: float = QUICK_S
    _taken: dict[str, int] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def wait(self, coming: Future[bytes], owner: str) -> bytes:
        """What comes, at once or, where there is a place, when it comes. Raises RequestTimeout where there is none."""
        with suppress(NotYet):
            return coming.result(self.quick_s)
        with self._place(owner) as has_place:
            if has_place:
                return coming.result()
        coming.cancel()
        raise RequestTimeout(_TOO_LATE)

    @contextmanager
    def _place(self, owner: str) -> Iterator[bool]:
        most = max(1, self.threads // 2)
        with self._lock:
            mine = self._taken.get(owner, 0)
            free = sum(self._taken.values()) < most and mine < max(1, most // 2)
            if free:
                self._taken[owner] = mine + 1
        try:
            yield free
        finally:
            if free:
                self._leave(owner)

    def _leave(self, owner: str) -> None:
        with self._lock:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]


class BodyStream(io.RawIOBase):
    """A body as a thread reads it. `owner` names whose it is, when it is asked; once late, it stays so."""

    def __init__(self, body: Body, places: Places, owner: Callable[[], str]) -> None:
        self._body, self._places, self._owner = body, places, owner
        self._rest = b""
        self._is_given_up = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        """Fill the buffer from what is there, else from what comes; raises RequestTimeout when it is late."""
        rest = self._rest or self._body.take() or self._next()
        size = min(len(buffer), len(rest))
        buffer[:size] = rest[:size]
        self._rest = rest[size:]
        return size

    def _next(self) -> bytes:
        if self._is_given_up or self._body.is_late:
            raise RequestTimeout(_TOO_LATE)
        if self._body.has_ended:
            return b""
        coming = asyncio.run_coroutine_threadsafe(self._body.receive(), self._body.loop)
        try:
            came = self._places.wait(coming, self._owner())
        except RequestTimeout:
            self._is_given_up = True
            raise
        return came or self._next()
