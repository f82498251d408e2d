"""The bridge from the server, which works with an event loop, to the application, which works with threads.

Granian's own bridge hands a request to a thread before its body has arrived, and lets that thread wait for it without
end: four slow clients would be enough to keep everybody else out.
"""

from __future__ import annotations

import asyncio
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from hub.web.bodies import WITHIN_S, Body, BodyStream
from hub.web.places import Places
from hub.web.streams import STREAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from wsgiref.types import WSGIApplication

OWNER = "hub.owner"
"""Where in an environ the application writes whose request it is, once it knows."""

LEAST_THREADS = 2
"""One that may wait for a slow body, and one that answers meanwhile."""

UNREADABLE = "\x7f"
"""What stands for a header's value that the server could not read: nothing that means anything begins so."""

_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

log = structlog.get_logger(__name__)

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said; `stream` makes its content where it is one, and `close` is to be called then."""

    status: int
    headers: Headers
    content: bytes
    stream: Iterator[bytes | float] | None = None
    close: Callable[[], None] = lambda: None


class Bridge:
    """An RSGI application that runs a WSGI one in `threads` threads, but two at least.

    `within_s` is the patience for a body.
    """

    def __init__(self, app: WSGIApplication, threads: int, *, within_s: float = WITHIN_S) -> None:
        threads = max(LEAST_THREADS, threads)
        self._app = app
        self._pool = ThreadPoolExecutor(threads, "web")
        self._places = Places(threads)
        self._within_s = within_s

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        loop = asyncio.get_running_loop()
        body = Body(aiter(protocol), loop, self._within_s, has_ended=not _announces_body(scope.headers))
        await body.gather()
        environ = environ_of(scope)
        stream = BodyStream(body, self._places, lambda: str(environ.get(OWNER, environ["REMOTE_ADDR"])))
        answer = await loop.run_in_executor(self._pool, self._answered, environ, stream)
        unread = [] if body.has_ended and not body.is_late else [("connection", "close")]
        if answer.stream is None:
            protocol.response_bytes(answer.status, answer.headers + unread, answer.content)
        else:
            await self._send(protocol, answer, answer.headers + unread)

    async def _send(self, protocol: Any, answer: Answer, headers: Headers) -> None:
        """Send a stream piece by piece: a thread makes each, and none waits for the next, nor for a slow client."""
        loop = asyncio.get_running_loop()
        try:
            transport = protocol.response_stream(answer.status, headers)
            while (piece := await loop.run_in_executor(self._pool, _next_of, answer.stream)) is not None:
                if isinstance(piece, bytes):
                    await transport.send_bytes(piece)
                else:
                    await asyncio.sleep(piece)
        except Exception as error:  # noqa: BLE001 - the client left, or a piece failed: the answer is cut off either way
            log.info("stream_cut_off", error=str(error), kind=type(error).__name__)
        finally:
            await loop.run_in_executor(self._pool, answer.close)

    def _answered(self, environ: dict[str, Any], stream: BodyStream) -> Answer:
        with closing(io.BufferedReader(stream)) as environ["wsgi.input"]:
            return run(self._app, environ)


def run(app: WSGIApplication, environ: dict[str, Any]) -> Answer:
    """Call a WSGI application, and have its whole answer, or the stream that is to be it.

    What it does not catch itself is logged, and a bare 500.
    """
    said: list[tuple[int, Headers]] = []

    def start(status: str, headers: Headers, _: object = None) -> Callable[[bytes], object]:
        said.append((int(status.split(" ", 1)[0]), [(name.lower(), value) for name, value in headers]))
        return lambda _: None

    try:
        pieces = app(environ, start)
        if stream := environ.get(STREAM):
            status, headers = said[-1]
            return Answer(status, headers, b"", stream, getattr(pieces, "close", stream.close))
        try:
            content = b"".join(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()
        status, headers = said[-1]
    except Exception:
        log.exception("application_broke")
        return Answer(500, [], b"")
    return Answer(status, headers, content)


def _next_of(stream: Iterator[bytes | float] | None) -> bytes | float | None:
    """The next piece; None at the end."""
    return next(stream, None) if stream is not None else None


def environ_of(scope: Any) -> dict[str, Any]:
    """A request's environ (PEP 3333), without its body.

    Headers with an underscore in their name are left out: they would pass for those with a hyphen.
    """
    server, port = _address(scope.server)
    client, client_port = _address(scope.client)
    return {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client,
        "REMOTE_PORT": client_port,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        **_headers(scope.headers),
    }


def _headers(sent: Any) -> Mapping[str, str]:
    """Headers as WSGI has them. Values that are not ASCII are kept from us: they must not pass for headers not sent."""
    found: dict[str, str] = {}
    read = sent.items()
    unread = {str(name) for name in sent.keys()}.difference(name for name, _ in read)  # noqa: SIM118 - it is no dict
    for name, value in (*read, *((name, UNREADABLE) for name in sorted(unread))):
        if "_" in name:
            continue
        key = _PLAIN.get(name.lower(), f"HTTP_{name.upper().replace('-', '_')}")
        joint = "; " if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{value}" if key in found else value
    return found


def _announces_body(headers: Any) -> bool:
    return headers.get("content-length") not in {None, "0"} or "transfer-encoding" in headers


def _address(text: str) -> Sequence[str]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), port
