"""The web process as it runs: granian, its worker, and what becomes of both."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from hub.clock import SystemClock
from hub.errors import ConfigError
from hub.processes.heartbeat import beats
from hub.processes.web import serve
from hub.testing.hub import make_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

pytestmark = pytest.mark.slow

SERVE = "from hub.bootstrap import build; from hub.processes.web import serve; serve(build().settings)"
SOON_S = 15.0
LOCALHOST = "127.0.0.1"


@dataclass
class Server:
    """A web process of its own, on the database of a test's hub."""

    hub: TestHub
    port: int
    log: IO[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers and shows signs of life."""
        environ = {
            **os.environ,
            "HUB_HUB_DATA_DIR": str(self.hub.core.data_dir),
            "HUB_HUB_DATABASE_URL": self.hub.core.settings.hub.database_url,
            "HUB_HUB_REDIS_URL": "none",
            "HUB_WEB_PORT": str(self.port),
            "HUB_HUB_LOG_FORMAT": "json",
        }
        self.process = subprocess.Popen([sys.executable, "-c", SERVE], env=environ, stderr=self.log)
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

    def send(self, number: str) -> int:
        """Post an alert to a number: the status."""
        return self.post(json.dumps({"purpose": "alert", "text": "Bonjour", "recipients": [number]}).encode())[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end: the exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(SOON_S)


@contextmanager
def running(folder: Path, databases: Databases) -> Iterator[Server]:
    """A web process while the block lasts."""
    with (folder / "log").open("w") as log:
        made = Server(make_hub(folder, databases.fresh("sqlite")), free_port(), log)
        made.start()
        yield made
        if made.process is not None and made.process.poll() is None:
            made.stop()
        made.hub.core.close()


@pytest.fixture
def server(tmp_path: Path, databases: Databases) -> Iterator[Server]:
    """A web process of the test's own, which it may end."""
    with running(tmp_path, databases) as made:
        yield made


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Server]:
    """A web process for tests that leave it running."""
    with running(tmp_path_factory.mktemp("steady"), databases) as made:
        yield made


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind((LOCALHOST, 0))
        port: int = probe.getsockname()[1]
        return port


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


def test_a_running_server_answers_and_logs_without_names(steady: Server) -> None:
    """A campaign is taken; a body of ten megabytes is refused so that its sender hears why; no number is logged."""
    assert steady.send("+33612345678") == 201
    status, content, headers = steady.post(b" " * 10_000_000)
    assert (status, content["code"], headers["Server"]) == (413, "too_large", "hub")
    lines = [json.loads(line) for line in Path(steady.log.name).read_text().splitlines()]
    assert [line["status"] for line in lines if line["event"] == "request"] == [201, 413]
    assert not re.search(r"612345678|hub_live_", str(lines))


def test_a_port_that_is_taken_is_refused(steady: Server, tmp_path: Path, databases: Databases) -> None:
    """Two servers would share it, and each would get some of the requests."""
    settings = {"HUB_WEB_PORT": str(steady.port)}
    second = make_hub(tmp_path, databases.fresh("sqlite"), settings=settings).core
    with pytest.raises(ConfigError, match="cannot be listened on"):
        serve(second.settings)
    second.close()


def test_a_request_in_hand_is_finished_before_the_end(server: Server) -> None:
    """SIGTERM while the database is busy: the answer still comes, and the exit code is 0."""
    path = server.hub.core.store.url.database
    assert path
    statuses: list[int] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as somebody_else:
        somebody_else.execute("BEGIN IMMEDIATE")
        asking = threading.Thread(target=lambda: statuses.append(server.send("+33612345678")))
        asking.start()
        time.sleep(0.3)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        somebody_else.execute("ROLLBACK")
    asking.join()
    assert (statuses, server.process.wait(SOON_S)) == ([201], 0)
    assert not server.beats()


def test_a_worker_does_not_outlive_its_master(server: Server) -> None:
    """Killed without a word, it leaves the port free within two seconds."""
    server.stop(signal.SIGKILL)
    assert until(lambda: is_free(server.port), within_s=2.0)
