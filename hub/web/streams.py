"""Answers that go out piece by piece: long files, live progress. Between two pieces none of them holds a thread.

A stream is an iterator of bytes, and of seconds to wait before the next piece. The bridge waits in its event loop; a
WSGI server without the bridge ends the answer there, and its client comes again.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Response, request

from hub.errors import TooMany

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

STREAM = "hub.stream"
"""Where in an environ the application leaves a stream for who can wait without a thread."""
MOST_PER_ACCOUNT = 4

Piece = bytes | float


@dataclass
class Stream:
    """Pieces of an answer; `done` is called once, when it has ended or nobody listens any more."""

    pieces: Generator[Piece, None, None]
    done: Callable[[], None] = lambda: None
    _is_closed: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Piece]:
        return self

    def __next__(self) -> Piece:
        return next(self.pieces)

    def close(self) -> None:
        """Make no more of it."""
        with suppress(ValueError):  # a thread is at a piece still: it is the last one
            self.pieces.close()
        if not self._is_closed:
            self._is_closed = True
            self.done()


@dataclass
class _Waiting:
    """A stream for a server that only knows bytes."""

    stream: Stream

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.stream:
            if not isinstance(piece, bytes):
                return  # it would hold its thread: who follows comes again
            yield piece

    def close(self) -> None:
        """Make no more of it."""
        self.stream.close()


def streamed(stream: Stream, mimetype: str, headers: Mapping[str, str] | None = None) -> Response:
    """A stream as the answer to the request in hand."""
    if request.method == "GET":  # whoever asks for the head alone gets no body
        request.environ[STREAM] = stream
    return Response(_Waiting(stream), mimetype=mimetype, headers={"X-Accel-Buffering": "no", **(headers or {})})


@dataclass
class Places:
    """How many streams each account has open in this process: `most` each."""

    most: int = MOST_PER_ACCOUNT
    _open: Counter[int] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def take(self, account_id: int) -> Callable[[], None]:
        """Take a place, and get what gives it back; raises TooMany."""
        with self._lock:
            if self._open[account_id] >= self.most:
                message = f"This account follows {self.most} campaigns at once, which is the most; close one of them."
                raise TooMany(message, retry_after=timedelta(seconds=5))
            self._open[account_id] += 1

        def leave() -> None:
            with self._lock:
                self._open[account_id] -= 1

        return leave
