"""The web process as it runs: granian, its worker, and what becomes of both."""

from __future__ import annotations

import json
import re
import resource
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.errors import ConfigError
from hub.processes.web import connections_within, serve
from hub.testing.hub import make_hub

from .serving import SOON_S, is_free, running, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases

    from .serving import Server

pytestmark = pytest.mark.slow


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


def test_a_running_server_answers_and_logs_without_names(steady: Server) -> None:
    """A campaign is taken; a body of ten megabytes is refused so that its sender hears why; no number is logged."""
    assert steady.send("+33612345678") == 201
    status, content, headers = steady.post(b" " * 10_000_000)
    assert (status, content["code"], headers["Server"]) == (413, "too_large", "hub")
    lines = [json.loads(line) for line in Path(steady.log.name).read_text().splitlines()]
    assert [line["status"] for line in lines if line["event"] == "request"] == [201, 413]
    assert not re.search(r"612345678|hub_live_", str(lines))


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [("Idempotency-Key", 400, "idempotency_key_form"), ("Hub-Account", 404, "not_found"), ("Cookie", 201, None)],
)
def test_a_header_in_no_ascii_is_not_passed_over(steady: Server, header: str, status: int, code: str | None) -> None:
    """What means something is refused; what the hub does not read harms nobody."""
    body = json.dumps({"purpose": "alert", "text": "Bonjour", "recipients": ["+33612345678"]}).encode()
    head = f"POST /api/v1/campaigns HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}: caf\u00e9=1\r\n"
    head += f"Authorization: Bearer {steady.hub.token}\r\nContent-Type: application/json\r\n"
    answer = steady.say(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    said = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (int(answer.split()[1]), said.get("code")) == (status, code)


def test_a_port_that_is_taken_is_refused(steady: Server, tmp_path: Path, databases: Databases) -> None:
    """Two servers would share it, and each would get some of the requests."""
    settings = {"HUB_WEB_PORT": str(steady.port)}
    second = make_hub(tmp_path, databases.fresh("sqlite"), settings=settings).core
    with pytest.raises(ConfigError, match="cannot be listened on"):
        serve(second.settings)
    second.close()


@pytest.mark.parametrize(
    ("hard", "connections"), [(128, 64), (1024, 512), (8192, 4096), (1_048_576, 4096), (resource.RLIM_INFINITY, 4096)]
)
def test_connections_leave_files_for_everything_else(hard: int, connections: int) -> None:
    """Half of them, under whatever limit; a soft limit that is enough already is left as it is."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert connections_within(resource.RLIM_INFINITY, hard) == connections
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


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
