"""Cut connections whose time is up, whatever trickles over them: a limit of each read alone is none of the whole."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress


class Watchdog:
    """One thread that shuts sockets down; it lives from `start` to `stop`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, socket.socket]] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, name="http-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        thread, self._thread = self._thread, None
        with self._changed:
            self._changed.notify_all()
        if thread is not None:
            thread.join()

    def watch(self, key: int, connection: socket.socket, until: float) -> None:
        """Cut a connection at a time of the monotonic clock, unless `forget` comes first."""
        with self._changed:
            earliest = min((at for at, _ in self._due.values()), default=None)
            self._due[key] = (until, connection)
            if earliest is None or until < earliest:
                self._changed.notify_all()

    def forget(self, key: int) -> None:
        """Leave a connection alone."""
        with self._changed:
            self._due.pop(key, None)

    def _run(self) -> None:
        with self._changed:
            while self._thread is not None:
                now = time.monotonic()
                for key in [key for key, (at, _) in self._due.items() if at <= now]:
                    _cut(self._due.pop(key)[1])
                earliest = min((at for at, _ in self._due.values()), default=None)
                self._changed.wait(None if earliest is None else max(0.0, earliest - now))


def _cut(connection: socket.socket) -> None:
    """Shut both ways down below TLS: who waits for a byte hears of it at once."""
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
