"""Clients that are slow, greedy or rude: each hears a no at most, and nobody else notices."""

from __future__ import annotations

import json
import re
import select
import threading
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .serving import read_all, running, until

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from hub.testing.databases import Databases

    from .serving import Server

pytestmark = pytest.mark.slow

THREADS = 2
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
LAST = b"Connection: close\r\n\r\n"
POST = b"POST /api/v1/campaigns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
MEGABYTE = b"x" * 1024 * 1024
MOST_GROWTH_MB = 64
PATIENCE_S = 60.0
SHORT_S = 0.5
DRIPS_S = 5.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Server]:
    """A web process of few threads; every test leaves it well, without a single 500 in its log."""
    with running(tmp_path_factory.mktemp("abused"), databases, HUB_WEB_THREADS=str(THREADS)) as made:
        yield made
        lines = [json.loads(line) for line in Path(made.log.name).read_text().splitlines()]
        assert [line for line in lines if line.get("status", 0) >= 500 or line["level"] in {"error", "critical"}] == []


@pytest.fixture
def hasty(tmp_path: Path, databases: Databases) -> Iterator[Server]:
    """A web process that gives up on its clients soon."""
    with running(tmp_path, databases, SHORT_S) as made:
        yield made


def token(server: Server) -> bytes:
    """The header that shows the account's token."""
    return f"Authorization: Bearer {server.hub.token}\r\n".encode()


def status(answer: bytes) -> str:
    """The status of the first answer; nothing where there is none."""
    return answer[9:12].decode() if answer.startswith(b"HTTP/1.1 ") else ""


def is_well(server: Server) -> bool:
    """Whether somebody else gets answers: one that needs no thread for long, and a campaign."""
    return status(server.say(LIVE + LAST)) == "200" and server.send("+33612345678") == 201


def resident_mb(server: Server) -> float:
    """The memory of the process and its worker."""
    assert server.process is not None
    master = server.process.pid
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    found = [re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in (master, *workers)]
    return sum(int(one[1]) for one in found if one) / 1024


@pytest.mark.parametrize(
    "junk",
    [
        b"GET /\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"EHLO example.net\r\nMAIL FROM:<a@example.net>\r\n\r\n",
        b"\x00" * 1000 + b"\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        LIVE + b"X-Long: " + b"a" * 600_000 + b"\r\n\r\n",
        LIVE + b"".join(b"X-%d: a\r\n" % number for number in range(1000)) + b"\r\n",
    ],
    ids=["0.9", "tls", "http2", "smtp", "nul", "nul path", "9.9", "negative", "two lengths", "long", "many"],
)
def test_junk_is_refused_and_hung_up_on(server: Server, junk: bytes) -> None:
    """400, 431, or nothing at all; and the next client is served."""
    assert status(server.say(junk)) in {"", "400", "431"}
    assert is_well(server)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GET /%ff%fe/%00 HTTP/1.1\r\nHost: x\r\n" + LAST, "404"),
        (b"GET /api/v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n" + LAST, "401"),
        (b"GET /api/v1/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: b\r\n" + LAST, "401"),
        (b"BREW /health/live HTTP/1.1\r\nHost: x\r\n" + LAST, "405"),
        (b"GET http://elsewhere.example/health/live HTTP/1.1\r\nHost: x\r\n" + LAST, "200"),
    ],
)
def test_odd_requests_are_answered_as_any(server: Server, data: bytes, expected: str) -> None:
    """By the application, with its own words."""
    assert status(server.say(data)) == expected


def test_requests_in_a_row_are_answered_in_a_row(server: Server) -> None:
    """Pipelined on one connection, before the first answer was read."""
    answers = server.say((LIVE + b"\r\n") * 20 + LIVE + LAST)
    assert answers.count(b"HTTP/1.1 200 OK") == 21


def test_a_length_beside_chunks_does_not_smuggle_a_request(server: Server) -> None:
    """Chunks count (RFC 9112, 6.3), the connection is closed after the answer, and what follows is not read."""
    heard = server.say(
        POST + token(server) + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + LIVE + b"\r\n"
    )
    assert (status(heard), heard.count(b"HTTP/1.1 "), b"connection: close" in heard) == ("400", 1, True)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_ten_megabytes_are_refused_and_not_kept(server: Server, *, known: bool, chunked: bool) -> None:
    """(B10) 413 with the limit for who may send, 401 for who may not, with a stated length or without one."""
    before = resident_mb(server)
    body = b"%x\r\n%s\r\n" % (len(MEGABYTE), MEGABYTE) * 10 + b"0\r\n\r\n" if chunked else MEGABYTE * 10
    framed = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % len(body)
    heard = server.say(POST + (token(server) if known else b"") + framed + LAST + body)
    assert status(heard) in ({"413"} if known else {"401", ""})  # a stranger may be hung up on before it listens
    assert resident_mb(server) - before < MOST_GROWTH_MB


def test_slow_headers_keep_nobody_out(server: Server) -> None:
    """Two hundred clients that do not finish theirs are two hundred open connections, and no more."""
    before = resident_mb(server)
    slow = [server.connect(LIVE + b"X-") for _ in range(200)]
    assert is_well(server)
    assert resident_mb(server) - before < MOST_GROWTH_MB
    for connection in slow:
        connection.close()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "framed", [b"Content-Length: 100000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
)
def test_slow_bodies_keep_nobody_out(server: Server, framed: bytes, *, known: bool) -> None:
    """Many more than there are threads, from strangers and from an account of its own."""
    slow = [server.connect(POST + (token(server) if known else b"") + framed) for _ in range(5 * THREADS)]
    assert is_well(server)
    for connection in slow:
        connection.close()


def test_long_bodies_that_stall_keep_nobody_out(server: Server) -> None:
    """Those too whose first part is there already; who finds no place to wait hears so."""
    stalled = POST + token(server) + b"Content-Length: 200000\r\n\r\n" + b" " * 100_000
    slow = [server.connect(stalled) for _ in range(5 * THREADS)]
    assert until(lambda: is_well(server))
    answered, _, _ = select.select(slow, [], [], PATIENCE_S)
    assert status(answered[0].recv(4096)) == "408"
    for connection in slow:
        connection.close()


@contextmanager
def dripping(connections: Sequence[socket.socket], every_s: float = 0.1) -> Iterator[None]:
    """Send a blank on each connection, time and again, while the block lasts."""
    ended = threading.Event()

    def drip() -> None:
        while not ended.wait(every_s):
            for connection in connections:
                with suppress(OSError):
                    connection.send(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_long_bodies_that_drip_keep_nobody_out(server: Server) -> None:
    """A piece that comes before the patience for one is over does not buy a thread."""
    begun = POST + token(server) + b"Content-Length: 200000\r\n\r\n" + b" " * 100_000
    slow = [server.connect(begun) for _ in range(5 * THREADS)]
    began = time.monotonic()
    with dripping(slow):
        assert is_well(server)
    assert time.monotonic() - began < DRIPS_S
    for connection in slow:
        connection.close()


def test_who_does_not_finish_is_given_up_on(hasty: Server) -> None:
    """When patience ends: hung up on over headers, 408 over a body; and nothing is stored."""
    before = len(hasty.hub.core.campaigns.latest(limit=1000))
    headers = hasty.connect(LIVE + b"X-")
    body = hasty.connect(POST + token(hasty) + b"Content-Length: 100\r\n\r\n{")
    heard = []
    for connection in (headers, body):
        connection.settimeout(PATIENCE_S)
        heard.append(status(read_all(connection)))
        connection.close()
    assert heard in (["", "408"], ["408", "408"])
    assert len(hasty.hub.core.campaigns.latest(limit=1000)) == before


def test_clients_that_hang_up_are_not_missed(server: Server) -> None:
    """In the middle of headers, of a body, and before the answer."""
    for data in (LIVE, POST + token(server) + b"Content-Length: 100\r\n\r\n{", LIVE + b"\r\n"):
        for _ in range(10):
            with suppress(OSError), closing(server.connect(data)):
                pass
    assert is_well(server)
