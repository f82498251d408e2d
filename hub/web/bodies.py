"""The body of a request, as it arrives: none is waited for without end, and slow ones do not hold the threads.

A server thread that waits for a body is one that answers nobody else. So the first part of each body, which for nearly
all is the whole, is gathered before a thread takes the request. What is longer is waited for in the thread, and only
some of the threads may wait long (`hub.web.places`).
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from werkzeug.exceptions import RequestTimeout

from hub.web.places import TOO_LATE, Waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from hub.web.places import Places

GATHERED = 64 * 1024
"""Bytes that are gathered before anything is known of who sends them."""
WITHIN_S = 15.0
"""How long a client may take over its body, and over anything else it says."""
SLOWEST = 16 * 1024
"""Bytes per second that a body may take longer than `WITHIN_S` by."""


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


class BodyStream(io.RawIOBase):
    """A body as a thread reads it. `owner` names whose it is, when it is asked; once late, it stays so.

    Closing it gives back the place where its thread waited.
    """

    def __init__(self, body: Body, places: Places, owner: Callable[[], str]) -> None:
        self._body, self._waiting = body, Waiting(places, owner)
        self._rest = b""
        self._is_given_up = False

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Wait no longer, whatever is still to come."""
        self._waiting.end()
        super().close()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        """Fill the buffer from what is there, else from what comes; raises RequestTimeout when it is late."""
        rest = self._rest or self._body.take() or self._next()
        size = min(len(buffer), len(rest))
        buffer[:size] = rest[:size]
        self._rest = rest[size:]
        return size

    def _next(self) -> bytes:
        if self._is_given_up or self._body.is_late:
            raise RequestTimeout(TOO_LATE)
        while not self._body.has_ended:
            if came := self._wait():
                return came
        self._waiting.end()
        if self._body.is_late:
            raise RequestTimeout(TOO_LATE)
        return b""

    def _wait(self) -> bytes:
        coming = asyncio.run_coroutine_threadsafe(self._body.receive(), self._body.loop)
        try:
            return self._waiting.wait(coming)
        except RequestTimeout:
            self._is_given_up = True
            raise
