"""A web process as it runs, for tests that speak to it over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from hub.clock import SystemClock
from hub.processes.heartbeat import beats
from hub.testing.hub import make_hub
from hub.testing.ports import free_port
from hub.web.bodies import WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

SERVE = "from hub.bootstrap import build; from hub.processes.web import serve; serve(build().settings, within_s={})"
SOON_S = 15.0
LOCALHOST = "127.0.0.1"


@dataclass
class Server:
    """A web process of its own, on the database of a test's hub."""

    hub: TestHub
    port: int
    log: IO[str]
    settings: dict[str, str] = field(default_factory=dict)
    within_s: float = WITHIN_S
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers and shows signs of life."""
        environ = {
            **os.environ,
            "HUB_HUB_DATA_DIR": str(self.hub.core.data_dir),
            "HUB_HUB_DATABASE_URL": self.hub.core.settings.hub.database_url,
            "HUB_HUB_REDIS_URL": "none",
            "HUB_GUARD_ENABLED": "no",
            "HUB_WEB_PORT": str(self.port),
            "HUB_HUB_LOG_FORMAT": "json",
            **self.settings,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE.format(self.within_s)], env=environ, stderr=self.log
        )
        assert until(self.beats)

    def beats(self) -> bool:
        """Whether its heart beats."""
        return [beat.name for beat in beats(self.hub.core.data_dir, SystemClock())] == ["web"]

    def post(self, body: bytes) -> tuple[int, dict[str, Any], http.client.HTTPMessage]:
        """Post a campaign as the hub's account: the status, the content and the headers."""
        headers = {"Authorization": f"Bearer {self.hub.token}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(LOCALHOST, self.port, timeout=SOON_S)) as connection:
            connection.request("POST", "/api/v1/campaigns", body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers

    def connect(self, data: bytes = b"") -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection((LOCALHOST, self.port), timeout=SOON_S)
        connection.sendall(data)
        return connection

    def say(self, data: bytes) -> bytes:
        """Everything that is answered to these bytes until the server closes; what it does not take is not sent."""
        with closing(self.connect()) as connection:
            with suppress(OSError):
                connection.sendall(data)
            return read_all(connection)

    def send(self, number: str) -> int:
        """Post an alert to a number: the status."""
        return self.post(json.dumps({"purpose": "alert", "text": "Bonjour", "recipients": [number]}).encode())[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end: the exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(SOON_S)


@contextmanager
def running(folder: Path, databases: Databases, within_s: float = WITHIN_S, **settings: str) -> Iterator[Server]:
    """A web process while the block lasts, with so much patience; `settings` are variables of its environment."""
    with (folder / "log").open("w") as log:
        made = Server(make_hub(folder, databases.fresh("sqlite")), free_port(), log, settings, within_s)
        made.start()
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop()
        made.hub.core.close()


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other end closes, or cuts."""
    heard = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            heard += piece
    return heard


def is_free(port: int) -> bool:
    """Whether a server could listen there."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def until(holds: Callable[[], bool], within_s: float = SOON_S) -> bool:
    """Wait for something to hold: whether it did in time."""
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
