"""A request leaves once or not at all, and each fault of a line is told apart from the others."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_http_carrier.auth import Asked
from hub_http_carrier.wire import Limits, NoAnswer, NotWritten, Wire

from .served import Answer, serving
from .served import Asked as Asked_

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUICK = Limits(connect_s=2, read_s=0.4, whole_s=1.0, most_bytes=64 * 1024, connections=2)
PATIENT = Limits(connect_s=5, read_s=20, whole_s=30)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def wire(limits: Limits = QUICK, ca_file: Path | None = None) -> Iterator[Wire]:
    """A wire, open while the block lasts."""
    made = Wire(limits, ca_file)
    made.open()
    try:
        yield made
    finally:
        made.close()


class Raw:
    """A carrier of a few bytes: reads each request whole, counts it, and does what the test says with the socket."""

    def __init__(self, act: Callable[[socket.socket], None]) -> None:
        self.heard = 0
        self._act = act
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/send"
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with closing(connection), suppress(OSError):
                    connection.settimeout(10)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        while request := _whole(connection):
            self.heard += bool(request)
            self._act(connection)


def _whole(connection: socket.socket) -> bytes:
    """One request, or nothing where the other end hung up."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        if not (piece := connection.recv(65536)):
            return b""
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return heard


def say(*pieces: bytes, then: Callable[[socket.socket], None] = lambda _: None) -> Callable[[socket.socket], None]:
    """Send bytes, then do something."""

    def act(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        then(connection)

    return act


def hang_up(connection: socket.socket) -> None:
    """Close at once."""
    connection.close()


def reset(connection: socket.socket) -> None:
    """Close by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def drip(what: bytes, every_s: float = 0.05) -> Callable[[socket.socket], None]:
    """Send a byte now and then, until the other end has enough."""

    def act(connection: socket.socket) -> None:
        give_up_at = time.monotonic() + 20
        while time.monotonic() < give_up_at:
            connection.sendall(what)
            time.sleep(every_s)

    return act


def post(url: str) -> Asked:
    """A request with a body."""
    return Asked("POST", url, {"Content-Type": "application/json"}, b'{"text":"hello"}')


def test_an_answer_comes_back_as_it_is() -> None:
    """Status, headers in small letters, body."""
    with serving(lambda _: Answer(201, b"{}", {"Retry-After": "7"})) as url, wire(PATIENT) as line:
        reply = line.ask(post(url))
    assert (reply.status, reply.headers["retry-after"], reply.body) == (201, "7", b"{}")


def test_a_connection_is_used_again() -> None:
    """A second request costs no handshake."""
    with Raw(say(OK)) as carrier, wire(PATIENT) as line:
        for _ in range(3):
            line.ask(post(carrier.url))
        kept = [pool.num_connections for pool in line._pools.pools._container.values()]
    assert (carrier.heard, kept) == (3, [1])


def test_where_nobody_listens_nothing_was_written() -> None:
    """The connection is refused."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    with wire() as line, pytest.raises(NotWritten):
        line.ask(post(f"http://127.0.0.1:{port}/"))


def test_a_name_that_is_none_is_not_written_to() -> None:
    """The look-up fails."""
    with wire() as line, pytest.raises(NotWritten):
        line.ask(post("http://carrier.invalid/"))


@pytest.mark.parametrize(
    "act",
    [
        hang_up,
        reset,
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", then=reset),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", then=hang_up),
        say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then=hang_up),
        say(b"220 mail.example.net ESMTP\r\n", then=hang_up),
        lambda _: time.sleep(1.5),
        drip(b"H"),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", then=drip(b" ")),
        say(b"HTTP/1.1 200 OK\r\n", then=drip(b"X: y\r\n")),
    ],
    ids=[
        "hung up",
        "reset",
        "half, reset",
        "half, hung up",
        "no chunk",
        "mail server",
        "silence",
        "dripping status",
        "dripping body",
        "dripping headers",
    ],
)
def test_what_was_written_and_not_answered_is_in_doubt_and_asked_once(act: Callable[[socket.socket], None]) -> None:
    """Whatever the carrier does then; the request is never made again."""
    with Raw(act) as carrier, wire() as line:
        with pytest.raises(NoAnswer):
            line.ask(post(carrier.url))
        assert carrier.heard == 1


def test_a_drip_is_cut_when_the_whole_has_taken_too_long() -> None:
    """Each byte comes in time, and all of them would not."""
    drips = say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", then=drip(b" ", 0.02))
    limits = Limits(read_s=20, whole_s=1)
    with Raw(drips) as carrier, wire(limits) as line, pytest.raises(NoAnswer, match="within 1 s"):
        line.ask(post(carrier.url))


def test_ten_megabytes_are_not_read() -> None:
    """The answer is given up where it is longer than it may be."""
    long = Answer(200, b" " * 10_000_000)
    with (
        serving(lambda _: long) as url,
        wire(PATIENT) as line,
        pytest.raises(NoAnswer, match="longer than 256 kB"),
    ):
        line.ask(post(url))


def test_an_answer_of_exactly_the_limit_is_read() -> None:
    """A byte more would be too long."""
    with serving(lambda _: Answer(200, b" " * 256 * 1024)) as url, wire(PATIENT) as line:
        assert len(line.ask(post(url)).body) == 256 * 1024


def test_a_redirect_is_not_followed() -> None:
    """Not even to where it points on the same machine."""
    asked = []

    def answer(request: object) -> Answer:
        asked.append(request)
        return Answer(307, b"", {"Location": "/elsewhere"})

    with serving(answer) as url, wire(PATIENT) as line:
        assert (line.ask(post(url)).status, len(asked)) == (307, 1)


def test_a_connection_that_the_carrier_closed_meanwhile_is_made_anew() -> None:
    """It is looked at before anything is written to it."""
    gone = threading.Event()

    def leave(connection: socket.socket) -> None:
        connection.close()
        gone.set()

    with Raw(say(OK, then=leave)) as carrier, wire(PATIENT) as line:
        line.ask(post(carrier.url))
        assert gone.wait(20)
        assert (line.ask(post(carrier.url)).status, carrier.heard) == (200, 2)


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end may be on the way already."""
    monkeypatch.setattr("hub_http_carrier.wire._IDLE_S", 0.0)
    connections = []

    def answer(request: Asked_) -> Answer:
        connections.append(request.port)
        return Answer(200, b"{}")

    with serving(answer) as url, wire(PATIENT) as line:
        for _ in range(2):
            line.ask(post(url))
            time.sleep(0.01)
    assert len(set(connections)) == 2


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets go to the carrier and nowhere else."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(lambda _: Answer(200, b"{}")) as url, wire(PATIENT) as line:
        assert line.ask(post(url)).status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, and its key, in one file."""
    return _certificate(tmp_path_factory.mktemp("tls") / "own.pem", "127.0.0.1")


def _certificate(path: Path, address: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carrier")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.TraditionalOpenSSL
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_written_nothing(certificate: Path) -> None:
    """The handshake ends before the request begins."""
    with (
        serving(lambda _: Answer(200, b"{}"), _tls(certificate)) as url,
        wire(PATIENT) as line,
        pytest.raises(NotWritten, match=r"(?i)certificate|self.signed"),
    ):
        line.ask(post(url))


def test_a_certificate_of_another_name_is_written_nothing(tmp_path: Path) -> None:
    """Even where it is trusted."""
    other = _certificate(tmp_path / "other.pem", "192.0.2.1")
    with (
        serving(lambda _: Answer(200, b"{}"), _tls(other)) as url,
        wire(PATIENT, other) as line,
        pytest.raises(NotWritten),
    ):
        line.ask(post(url))


def test_a_certificate_of_ca_file_is_trusted(certificate: Path) -> None:
    """For carriers that sign their own."""
    with serving(lambda _: Answer(200, b"{}"), _tls(certificate)) as url, wire(PATIENT, certificate) as line:
        assert line.ask(post(url)).status == 200


def test_plain_text_where_tls_is_expected_is_written_nothing() -> None:
    """A carrier's port mistaken."""
    with Raw(hang_up) as carrier, wire() as line, pytest.raises(NotWritten):
        line.ask(post(carrier.url.replace("http:", "https:")))


def test_an_error_does_not_name_the_address() -> None:
    """It may hold a password."""
    with Raw(hang_up) as carrier, wire() as line, pytest.raises(NoAnswer) as caught:
        line.ask(post(f"{carrier.url}?api_secret=hidden"))
    assert "hidden" not in str(caught.value)
