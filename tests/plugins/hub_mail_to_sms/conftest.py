"""A real listener on a real database, and ways to talk to it: a mail program, and a bare socket."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
import structlog
from sqlalchemy import text as sql

import hub_mail_to_sms
from hub.testing.databases import KINDS
from hub.testing.hub import TestHub, make_hub
from hub.testing.ports import free_port
from hub_mail_to_sms.addresses import Addresses
from hub_mail_to_sms.service import MailService

if TYPE_CHECKING:
    from types import TracebackType

    from hub.testing.databases import Databases
    from hub.testing.relay import TakenMail

TLS = Path(__file__).parent / "tls"
CERTIFICATE, KEY, LOCKED_KEY = TLS / "test_only.crt", TLS / "test_only.key", TLS / "test_only_locked.key"
WITH_TLS = {"tls_cert": str(CERTIFICATE), "tls_key": str(KEY)}
PATIENCE_S = 10.0
SENDER = "accueil@salon.example"
DOMAIN = "sms.localhost"

ListenOn = Callable[..., "Listener"]


def a_mail(
    subject: str = "06 12 34 56 78",
    text: str = "Bonjour",
    *,
    sender: str = SENDER,
    message_id: str | None = None,
    **fields: str,
) -> bytes:
    """A mail as a program would write it; `fields` are further header fields, with _ for -."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["Subject"] = subject
    if message_id:
        mail["Message-ID"] = message_id
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def answer_to(mail: TakenMail, words: str, message_id: str, **fields: str) -> tuple[bytes, str]:
    """What a mail program makes of an answer, and where it sends it."""
    made = EmailMessage()
    made["From"] = str(mail.message["To"])
    made["To"] = str(mail.message["Reply-To"])
    made["Subject"] = f"Re: {mail.message['Subject']}"
    made["Message-ID"] = message_id
    made["In-Reply-To"] = str(mail.message["Message-ID"])
    made["References"] = f"{mail.message['References'] or ''} {mail.message['Message-ID']}".strip()
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    made.set_content(
        f"{words}\n\nLe lun. 4 janv. 2027 à 09:30, <33612345678@{DOMAIN}> a écrit :\n{quoted}\n\n-- \nZoé\n"
    )
    return made.as_bytes().replace(b"\n", b"\r\n"), mail.message["Reply-To"].addresses[0].addr_spec


class Wire:
    """A bare connection: what is sent is sent as it is, what comes back is read line by line."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S, source_address=(source, 0))
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def say(self, command: str | bytes) -> str:
        """Send a command and read the reply, of which the last line counts."""
        self.send((command.encode() if isinstance(command, str) else command) + b"\r\n")
        return self.reply()

    def reply(self) -> str:
        """The last line of the next reply; "" once the other side has closed."""
        while True:
            line = self._line()
            if line[3:4] != "-":
                return line

    def replies(self) -> list[str]:
        """Every reply that comes before the other side closes."""
        found = []
        while line := self.reply():
            found.append(line)
        return found

    def finish(self) -> None:
        """Say no more, and go on listening."""
        with suppress(OSError):  # the other side may be gone already
            self.socket.shutdown(socket.SHUT_WR)

    def greet(self) -> str:
        """Hear the greeting and say EHLO."""
        self.reply()
        return self.say("EHLO client.example")

    def begin_data(self, to: str, sender: str = SENDER) -> str:
        """Go through the dialogue up to the reply to DATA."""
        self.greet()
        self.say(f"MAIL FROM:<{sender}>")
        self.say(f"RCPT TO:<{to}>")
        return self.say("DATA")

    def start_tls(self) -> None:
        """Say STARTTLS and go on in TLS."""
        self.say("STARTTLS")
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def _line(self) -> str:
        while b"\r\n" not in self._unread:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                rest, self._unread = self._unread, b""
                return rest.decode()
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line.decode()


@dataclass
class Listener:
    """A listener, and the hub that it works for."""

    hub: TestHub
    service: MailService
    address: str = field(init=False)

    def __post_init__(self) -> None:
        self.address = Addresses(self.hub.core).address_of(self.hub.account.id)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.service.port

    @property
    def addresses(self) -> Addresses:
        """The addresses of its accounts."""
        return Addresses(self.hub.core)

    def client(self) -> smtplib.SMTP:
        """A mail program, connected and greeted."""
        client = smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE_S)
        client.ehlo("client.example")
        return client

    def wire(self, source: str = "127.0.0.1") -> Wire:
        """A bare connection, from one of the addresses of this machine."""
        return Wire(self.port, source)

    def deliver(self, mail: bytes, *, to: str | None = None, sender: str = SENDER) -> str:
        """Send a mail over a connection of its own; the first refusal, or the reply to the mail."""
        with self.client() as client:
            return self.deliver_over(client, mail, to=to, sender=sender)

    def deliver_over(self, client: smtplib.SMTP, mail: bytes, *, to: str | None = None, sender: str = SENDER) -> str:
        """Send a mail over that connection; the first refusal, or the reply to the mail."""
        for answer in (client.mail(sender), client.rcpt(to or self.address)):
            if answer[0] >= 400:
                client.rset()
                return said(answer)
        return said(client.data(mail))

    def texts(self) -> list[str]:
        """The text of every campaign in the database, sorted."""
        with self.hub.core.read() as connection:
            return sorted(connection.execute(sql("SELECT text FROM campaigns")).scalars())

    def wait_until_alone(self, within_s: float = PATIENCE_S) -> bool:
        """Whether every connection is gone, given some time."""
        end = time.monotonic() + within_s
        while self.service.connections.guests and time.monotonic() < end:
            time.sleep(0.01)
        return not self.service.connections.guests


def said(answer: tuple[int, bytes]) -> str:
    """A reply as smtplib hands it over, as it was on the wire."""
    return f"{answer[0]} {answer[1].decode()}"


@pytest.fixture(autouse=True)
def said_in_the_log() -> Iterator[list[Any]]:
    """What the hub logs during a test; left alone, structlog would draw every traceback with all it holds."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print what a long proof has found, even where it succeeds."""

    def out_loud(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")  # noqa: T201 - that is its purpose

    return out_loud


@pytest.fixture
def listen_on(databases: Databases, tmp_path: Path) -> Iterator[ListenOn]:
    """Start listeners on fresh databases of a kind, with `[mail_to_sms]` settings (and `section__key` others)."""
    started: list[Listener] = []

    def start(kind: str, **settings: object) -> Listener:
        listener = start_listener(databases.fresh(kind), tmp_path, settings)
        started.append(listener)
        return listener

    yield start
    for listener in started:
        listener.service.stop()
        listener.hub.core.close()


@pytest.fixture
def listen(listen_on: ListenOn) -> Callable[..., Listener]:
    """Start listeners on SQLite, for what has nothing to do with the store."""
    return lambda **settings: listen_on("sqlite", **settings)


@pytest.fixture(params=KINDS)
def listen_on_both(request: pytest.FixtureRequest, listen_on: ListenOn) -> Callable[..., Listener]:
    """Start listeners on SQLite and on PostgreSQL."""
    return lambda **settings: listen_on(request.param, **settings)


@pytest.fixture(scope="session")
def listener(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    """One listener for all tests that change no settings and count nothing."""
    shared = start_listener(
        databases.fresh("sqlite"),
        tmp_path_factory.mktemp("listener"),
        {**WITH_TLS, "mails_per_minute": 100_000, "mails_per_minute_per_sender": 100_000, "auth_failures": 100},
    )
    shared.hub.core.accounts.add_credits(shared.hub.account.id, 1_000_000)
    yield shared
    shared.service.stop()
    shared.hub.core.close()


def start_listener(database_url: str, folder: Path, settings: Mapping[str, object], **bring: object) -> Listener:
    """A hub with the plugin's tables, and its listener on a free port; `bring` are further plugins."""
    environ = {"HUB_MAIL_TO_SMS_PORT": str(free_port())}
    for name, value in settings.items():
        section, _, key = name.rpartition("__")
        environ[f"HUB_{(section or 'mail_to_sms').upper()}_{key.upper()}"] = str(value)
    hub = make_hub(folder, database_url, settings=environ, bring={"mail_to_sms": hub_mail_to_sms, **bring})
    hub.core.upgrade()
    service = MailService(hub.core)
    service.start()
    return Listener(hub, service)
