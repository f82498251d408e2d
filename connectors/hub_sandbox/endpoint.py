"""Where a carrier of its own listens: a Unix socket or a TCP port, written `unix:PATH` or `HOST:PORT`."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_UNIX = "unix:"
LONGEST_PATH = 107
"""What the kernel takes, in bytes (unix(7))."""
_HIGHEST_PORT = 65535
_WAITING_ROOM = 64


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that can be listened on and called; `path` for a Unix socket, else `host` and `port`."""

    host: str = ""
    port: int = 0
    path: Path | None = None

    def __str__(self) -> str:
        return f"{_UNIX}{self.path}" if self.path else f"{self.host}:{self.port}"

    def call(self, timeout_s: float) -> socket.socket:
        """Connect. Raises OSError when nobody answers within `timeout_s` seconds."""
        if self.path is None:
            return socket.create_connection((self.host, self.port), timeout=timeout_s)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(timeout_s)
        try:
            line.connect(str(self.path))
        except OSError:
            line.close()
            raise
        return line

    def listen(self) -> socket.socket:
        """Listen. Raises OSError, also when somebody listens there already; a socket left by a dead one is replaced."""
        if self.path is None:
            return socket.create_server((self.host, self.port), backlog=_WAITING_ROOM)
        self._clear(self.path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(self.path))
        self.path.chmod(0o600)
        server.listen(_WAITING_ROOM)
        return server

    def forget(self) -> None:
        """Take the Unix socket away, once nobody listens on it any more."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _clear(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_socket():
            return
        with suppress(ConnectionRefusedError):
            self.call(1.0).close()
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), str(path))
        path.unlink(missing_ok=True)


def endpoint_of(written: str) -> Endpoint:
    """Read `unix:PATH` or `HOST:PORT`; port 0 is any free one. Raises ValueError with a sentence."""
    if written.startswith(_UNIX):
        path = Path(written.removeprefix(_UNIX)).expanduser()
        if not path.name or len(os.fsencode(path)) > LONGEST_PATH:
            raise ValueError(f"the path of a Unix socket has 1 to {LONGEST_PATH} bytes; {written!r} has not")
        return Endpoint(path=path)
    host, _, port = written.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise ValueError(f"{written!r} is no address; write unix:/run/carrier.sock or 127.0.0.1:2780")
    return Endpoint(host.strip("[]"), int(port))
