"""A line to PostgreSQL that breaks at a COMMIT: after it was carried out, before it arrived, or while it is late."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Self

from sqlalchemy.engine import make_url

_COMMIT = b"COMMIT\0"
_CHUNK = 65536


class Break(Enum):
    """What becomes of the commit at which the line breaks."""

    ANSWER_LOST = auto()
    NEVER_ARRIVES = auto()
    ARRIVES_LATE = auto()


LATE_BY_S = 0.4


@dataclass
class _Plan:
    how: Break
    seen: bytes


class Proxy:
    """Stands between a hub and its database, at `url`; nothing breaks until `break_at` is called."""

    def __init__(self, url: str) -> None:
        self._upstream = make_url(url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._plan: _Plan | None = None
        self.broke = threading.Event()
        port = self._server.getsockname()[1]
        plain = {"sslmode": "disable", "gssencmode": "disable"}
        here = self._upstream.set(host="127.0.0.1", port=port, query=plain)
        self.url = here.render_as_string(hide_password=False)
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def break_at(self, seen: bytes, how: Break) -> None:
        """Break once, at the next commit of a transaction that said `seen`."""
        self.broke.clear()
        self._plan = _Plan(how, seen)

    def _accept(self) -> None:
        with suppress(OSError):  # closed at the end of the test
            while True:
                line = _Line(self._server.accept()[0], self._connect())
                threading.Thread(target=self._to_server, args=(line,), daemon=True).start()
                threading.Thread(target=line.to_client, daemon=True).start()

    def _connect(self) -> socket.socket:
        where = str(self._upstream.query.get("host") or self._upstream.host or "127.0.0.1")
        port = self._upstream.port or 5432
        if not where.startswith("/"):
            return socket.create_connection((where, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(Path(where) / f".s.PGSQL.{port}"))
        return server

    def _to_server(self, line: _Line) -> None:
        said = b""
        with suppress(OSError):
            while data := line.client.recv(_CHUNK):
                said += data
                if _COMMIT in data:
                    plan = self._plan
                    if plan is not None and plan.seen in said:
                        self._plan = None
                        line.break_at_commit(plan.how, data)
                        self.broke.set()
                        return
                    said = b""
                line.server.sendall(data)
        line.end()


@dataclass
class _Line:
    client: socket.socket
    server: socket.socket
    deaf: bool = False
    answered: threading.Event = field(default_factory=threading.Event)

    def to_client(self) -> None:
        with suppress(OSError):
            while data := self.server.recv(_CHUNK):
                if self.deaf:
                    self.answered.set()
                    return
                self.client.sendall(data)
        if not self.deaf:
            self.end()

    def break_at_commit(self, how: Break, commit: bytes) -> None:
        self.deaf = True
        if how is Break.ARRIVES_LATE:
            _end(self.client)
            time.sleep(LATE_BY_S)
        if how is not Break.NEVER_ARRIVES:
            self.server.sendall(commit)
            self.answered.wait(10)
        self.end()

    def end(self) -> None:
        _end(self.client)
        _end(self.server)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
