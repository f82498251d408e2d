"""A way to Redis that loses an answer, for whoever needs to know what becomes of it then."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hub.embedded import socket_path

if TYPE_CHECKING:
    from hub.embedded import PrivateServer


class Forgetful(threading.Thread):
    """A way to Redis on which the answer to one command, and the line with it, is lost once."""

    def __init__(self, server: PrivateServer, loses: bytes) -> None:
        super().__init__(daemon=True)
        self.lost = threading.Event()
        self._loses = loses
        self._target = str(socket_path(server.data_dir))
        self._path = server.data_dir / "way.sock"
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(self._path))
        self._door.listen()
        self.start()

    @property
    def url(self) -> str:
        """Where it begins."""
        return f"unix://{self._path}"

    def run(self) -> None:
        """Let everybody through."""
        while True:
            here, _ = self._door.accept()
            there = socket.socket(socket.AF_UNIX)
            try:
                there.connect(self._target)
            except OSError:  # Redis is gone, and so is whoever calls
                here.close()
                there.close()
                continue
            for ends in ((here, there, self._loses), (there, here, b"\0\0")):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, loses: bytes) -> None:
        with suppress(OSError):
            while said := here.recv(65536):
                there.sendall(said)
                if loses in said and not self.lost.is_set():
                    self.lost.set()
                    time.sleep(0.05)  # Redis has it
                    here.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            there.shutdown(socket.SHUT_RDWR)
