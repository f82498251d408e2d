"""Requests over kept connections, so that one thing is always known: whether a byte of it was written.

No redirects, no proxy of the environment, certificates always checked, every wait and every answer limited.
"""

from __future__ import annotations

import ssl
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from hub_http_carrier.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from urllib3.response import BaseHTTPResponse

    from hub_http_carrier.auth import Asked

_PIECE = 64 * 1024
_IDLE_S = 20.0
"""Seconds after which a kept connection is not used again: carriers hang up too, and who was first is not known."""


class NotWritten(Exception):
    """No byte of the request left: nothing was sent."""


class NoAnswer(Exception):
    """The request was written and no answer came that can be read: nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the carrier answered; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, for each read, and for the whole; bytes of an answer; connections that are kept."""

    connect_s: float = 5.0
    read_s: float = 10.0
    whole_s: float = 15.0
    most_bytes: int = 256 * 1024
    connections: int = 8


@dataclass
class _Exchange:
    """What is known of the request that this thread is making."""

    until: float
    watchdog: Watchdog
    was_written: bool = False


_here = threading.local()


class _Plain(HTTPConnection):
    """Notes when the first byte is about to be written."""

    def send(self, data: Any) -> None:
        """Connect if need be, say so, and write."""
        if self.sock is None:
            self.connect()
        _note(self.sock)
        super().send(data)


class _Secure(HTTPSConnection):
    """The same over TLS."""

    def send(self, data: Any) -> None:
        """Connect if need be, say so, and write."""
        if self.sock is None:
            self.connect()
        _note(self.sock)
        super().send(data)


def _note(connection: Any) -> None:
    exchange: _Exchange = _here.exchange
    if not exchange.was_written:
        exchange.was_written = True
        exchange.watchdog.watch(id(exchange), connection, exchange.until)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Wire:
    """The connections to one carrier. `ca_file` names certificates that are trusted beside the system's."""

    def __init__(self, limits: Limits, ca_file: Path | None = None) -> None:
        self._limits = limits
        self._watchdog = Watchdog()
        self._lock = threading.Lock()
        self._under_way, self._last_used = 0, time.monotonic()
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._pools = PoolManager(1, maxsize=limits.connections, ssl_context=context, retries=False)
        self._pools.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def open(self) -> None:
        """Begin to watch over the time that requests take."""
        self._watchdog.start()

    def close(self) -> None:
        """Let every connection go."""
        self._watchdog.stop()
        self._pools.clear()

    def ask(self, asked: Asked) -> Reply:
        """Make a request and read its answer. Raises NotWritten or NoAnswer, and nothing else of the network's."""
        exchange = _Exchange(time.monotonic() + self._limits.whole_s, self._watchdog)
        _here.exchange = exchange
        self._begin()
        try:
            return self._exchanged(asked, exchange)
        except (HTTPError, HTTPException, OSError) as error:
            if not exchange.was_written:
                raise NotWritten(_said(error)) from error
            raise NoAnswer(self._too_late(exchange) or _said(error)) from error
        finally:
            self._watchdog.forget(id(exchange))
            self._end()

    def _exchanged(self, asked: Asked, exchange: _Exchange) -> Reply:
        limits = self._limits
        response = self._pools.urlopen(
            asked.method,
            asked.url,
            body=asked.body or None,
            headers=dict(asked.headers),
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=Timeout(connect=limits.connect_s, read=limits.read_s),
        )
        try:
            body = _read(response, limits.most_bytes)
        except BaseException:
            response.close()
            raise
        if len(body) > limits.most_bytes:
            response.close()
            raise NoAnswer(f"the answer is longer than {limits.most_bytes // 1024} kB")
        if late := self._too_late(exchange):
            response.close()
            raise NoAnswer(late)
        self._watchdog.forget(id(exchange))  # before another thread may have the connection
        response.release_conn()
        return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def _too_late(self, exchange: _Exchange) -> str:
        late = time.monotonic() >= exchange.until
        return f"the answer was not there within {self._limits.whole_s:g} s" if late else ""

    def _begin(self) -> None:
        with self._lock:
            if not self._under_way and time.monotonic() - self._last_used > _IDLE_S:
                self._pools.clear()
            self._under_way += 1

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._last_used = time.monotonic()


def _read(response: BaseHTTPResponse, most: int) -> bytes:
    """The body, and a byte more than `most` at most."""
    body = bytearray()
    while len(body) <= most and (piece := response.read(min(_PIECE, most + 1 - len(body)))):
        body += piece
    return bytes(body)


def _said(error: Exception) -> str:
    """What went wrong in a line, without the address: it may hold secrets."""
    inner = [error, *(arg for arg in error.args if isinstance(arg, Exception)), error.__cause__, error.__context__]
    words = (getattr(one, name, None) for one in inner for name in ("verify_message", "strerror"))
    text = next((word for word in words if word), "")
    return f"{type(error).__name__}{f': {text}' if text else ''}"
