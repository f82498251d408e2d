"""A mail server for tests: it takes mail over real SMTP, keeps it, and refuses or hangs up where it is told to."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from hub.testing.ports import free_port

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage
    from types import TracebackType

    from aiosmtpd.smtp import SMTP, Envelope, LoginPassword, Session

HANG_UP = "hang up"
"""As an answer: the mail was taken, and the connection breaks before anybody is told."""
OK = "250 2.0.0 Ok"


@dataclass(frozen=True, slots=True)
class TakenMail:
    """A mail as it came: its envelope, its bytes, and what they say."""

    sender: str
    to: tuple[str, ...]
    raw: bytes
    message: EmailMessage

    @property
    def text(self) -> str:
        """What its body says."""
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclass
class Relay:
    """A mail server on a free port of this machine, running as long as the `with` block.

    `answers` are what it says next at MAIL, RCPT and DATA; then it says yes. With `login` (name, password) it takes
    mail from who signs in only; `starttls` and `tls` are the certificate for either kind.
    """

    login: tuple[str, str] | None = None
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    smtputf8: bool = True
    port: int = field(default_factory=free_port)
    mails: list[TakenMail] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, deque[str]] = field(default_factory=lambda: {"MAIL": deque(), "RCPT": deque(), "DATA": deque()})

    def __enter__(self) -> Self:
        self._server = _Server(
            _Handler(self),
            hostname="127.0.0.1",
            port=self.port,
            ready_timeout=30,
            ssl_context=self.tls,
            tls_context=self.starttls,
            require_starttls=self.starttls is not None,
            auth_required=self.login is not None,
            auth_require_tls=self.starttls is not None,
            authenticator=self._check,
            enable_SMTPUTF8=self.smtputf8,
        )
        self._server.start()
        self.connections = 0  # the server's own, to see whether it is up
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.stop()

    def will_say(self, stage: str, *answers: str) -> None:
        """Answer so at that stage (MAIL, RCPT, DATA), the next times that it comes."""
        self.answers[stage].extend(answers)

    def environ(self, **keys: object) -> dict[str, str]:
        """The `[smtp]` section that leads here, as environment variables."""
        security = "tls" if self.tls else "starttls" if self.starttls else "none"
        values: dict[str, object] = {"host": "localhost", "port": self.port, "security": security, **keys}
        if self.login:
            values = {"user": self.login[0], "password": self.login[1], **values}
        return {f"HUB_SMTP_{name.upper()}": str(value) for name, value in values.items()}

    @property
    def times(self) -> Counter[str]:
        """How often each mail came, by its Message-ID."""
        return Counter(str(one.message["Message-ID"]) for one in self.mails)

    def _check(self, *given: Any) -> AuthResult:
        shown: LoginPassword = given[-1]
        is_right = (shown.login.decode(), shown.password.decode()) == self.login
        return AuthResult(success=is_right, handled=False)  # not handled: the server says no by itself


class _Server(Controller):
    """Lets `localhost` find it, whichever address that is."""


@dataclass
class _Handler:
    """What the server does at each stage; aiosmtpd names its hooks so."""

    relay: Relay

    async def handle_EHLO(  # noqa: N802 - see above
        self, server: SMTP, session: Session, envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = name
        self.relay.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802 - see above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session
        answer = self._next("MAIL")
        if answer.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802 - see above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        answer = self._next("RCPT")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - see above
        del session
        answer = self._next("DATA")
        if answer.startswith("2") or answer == HANG_UP:
            raw = envelope.original_content or b""
            message = message_from_bytes(raw, policy=policy.default)
            self.relay.mails.append(TakenMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, message))
        if answer == HANG_UP and server.transport is not None:
            server.transport.close()
        return answer

    def _next(self, stage: str) -> str:
        waiting = self.relay.answers[stage]
        return waiting.popleft() if waiting else OK
