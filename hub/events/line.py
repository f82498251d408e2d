"""Call a receiver, and nobody else: its name is looked up once, its address is judged, and that address is called.

A name that leads to one address when it is judged and to another when it is called (DNS rebinding) gains nothing.
Host and the name that TLS checks stay those of the URL. Redirects are not followed.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError
from urllib3.util.connection import create_connection

from hub.events.rules import is_public
from hub.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TIME_LIMIT_S = 15.0
CONNECT_LIMIT_S = 10.0
MOST_READ = 4096
"""Bytes of an answer's body that are read: only its status counts."""
LONGEST_FAULT = 200
_OWN = {"content-type": "application/json", "user-agent": f"TextoHub/{__version__}"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: its status (None: nothing was heard), Retry-After, what went wrong."""

    status: int | None
    retry_after: str | None = None
    fault: str | None = None

    @property
    def is_yes(self) -> bool:
        """Whether it took the event."""
        return self.status is not None and 200 <= self.status <= 299  # noqa: PLR2004 - RFC 9110, 15.3


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Judged:
    """The part of a connection that opens its socket."""

    _dns_host: str
    port: int
    timeout: Any

    def _new_conn(self) -> socket.socket:
        line = self._line
        try:
            address = line.address_of(self._dns_host, self.port)
            sock = create_connection((address, self.port), self.timeout, socket_options=[_NO_DELAY])
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, str(error)) from error  # type: ignore[arg-type]  # it is mixed into one
        line.connection = self
        return sock

    _line: Line


_NO_DELAY = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Plain(_Judged, HTTPConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line


class _Secure(_Judged, HTTPSConnection):
    def __init__(self, *args: Any, line: Line, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line = line


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Line:
    """One kept connection to a receiver; `allow_private` is for development."""

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool = False,
        resolver: Callable[[str, int], Sequence[str]] = resolve,
        limit_s: float = TIME_LIMIT_S,
    ) -> None:
        parts = urlsplit(url)
        self.connection: Any = None
        self._resolver = resolver
        self._allow_private = allow_private
        self._limit_s = limit_s
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._begun_at: float | None = None
        self._cut = False
        self._calls = 0
        kind = _SecurePool if parts.scheme == "https" else _PlainPool
        timeout = Timeout(connect=min(CONNECT_LIMIT_S, limit_s), read=limit_s)
        self._pool = kind(parts.hostname or "", parts.port, maxsize=1, block=True, timeout=timeout, line=self)

    def address_of(self, host: str, port: int) -> str:
        """The address to call; raises OSError where the name has none, or one that is not public."""
        found = self._resolver(host, port)
        if not found:
            raise OSError("the name has no address")
        if not self._allow_private and not all(map(is_public, found)):
            raise OSError("the name leads to a private address, which the hub does not call")
        return found[0]

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send an event and hear the answer, in 15 seconds at most where somebody calls `cut_if_late`."""
        self._begun_at, self._cut = time.monotonic(), False
        try:
            try:
                return self._post(body, headers)
            except ProtocolError:
                if self._cut or self._calls == 0:
                    raise
                self._pool.close()  # the receiver closed what it had kept: that says nothing of this event
                self._renew()
                return self._post(body, headers)
        except (HTTPError, OSError, ValueError) as error:
            fault = f"no answer within {self._limit_s:g} s" if self._cut else _plain(error)
            return Answer(None, fault=fault[:LONGEST_FAULT])
        finally:
            self._begun_at = None

    def cut_if_late(self) -> None:
        """Break the connection where a call takes too long: a receiver may send a byte now and then for ever."""
        begun_at, connection = self._begun_at, self.connection
        if begun_at is not None and time.monotonic() - begun_at > self._limit_s and connection is not None:
            self._cut = True
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except (OSError, AttributeError):
                return  # it is closed already

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()

    def _renew(self) -> None:
        old = self._pool
        self._calls = 0
        self._pool = type(old)(old.host, old.port, maxsize=1, block=True, timeout=old.timeout, line=self)

    def _post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        response = self._pool.urlopen(
            "POST",
            self._path,
            body=body,
            headers={**_OWN, **headers},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        whole = False
        with suppress(HTTPError, OSError):  # the status is there, and nothing else counts
            whole = len(response.read(MOST_READ + 1, decode_content=False)) <= MOST_READ
        if not whole:
            response.close()
        response.release_conn()
        self._calls += 1
        answer = Answer(response.status, response.headers.get("Retry-After"))
        if answer.is_yes:
            return answer
        fault = f"{response.status} {response.reason or ''}".strip()
        return Answer(answer.status, answer.retry_after, fault[:LONGEST_FAULT])


def _plain(error: Exception) -> str:
    """What went wrong, without the objects that urllib3 puts in front."""
    said = str(error).rpartition(">: ")[2]
    return (said.partition("): ")[2] if "Pool(" in said.partition("): ")[0] else said) or type(error).__name__
