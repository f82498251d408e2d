"""The relay that takes the hub's mail: one connection for several mails, and what its answers mean."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.errors import HubError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

    from hub.config.sections import SmtpSection

_CLOSING = 421
_PERMANENT = 500
_LONGEST_FAULT = 500


class RelayAway(HubError):
    """The relay cannot be reached, or let nobody in: no mail is worth trying now."""


class NotTaken(HubError):
    """The relay did not take this mail. `final`: it never will. `closing`: it takes no other on this connection."""

    def __init__(self, fault: str, *, final: bool, closing: bool = False) -> None:
        super().__init__(fault[:_LONGEST_FAULT])
        self.final = final
        self.closing = closing


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server, as `[smtp]` names it."""

    settings: SmtpSection

    @property
    def is_configured(self) -> bool:
        """Whether there is one."""
        return bool(self.settings.host)

    @contextmanager
    def connection(self) -> Iterator[Line]:
        """A connection, signed in. Raises RelayAway."""
        try:
            client = self._connect()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise RelayAway(self._why(error)) from error
        try:
            yield Line(client)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()

    def _connect(self) -> smtplib.SMTP:
        wanted = self.settings
        context = ssl.create_default_context()
        if wanted.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(wanted.host, wanted.port, timeout=wanted.timeout_s, context=context)
        else:
            client = smtplib.SMTP(wanted.host, wanted.port, timeout=wanted.timeout_s)
        try:
            if wanted.security == "starttls":
                client.starttls(context=context)
            if wanted.user:
                client.login(wanted.user, wanted.password.get_secret_value())
        except BaseException:
            client.close()
            raise
        return client

    def _why(self, error: Exception) -> str:
        where = f"{self.settings.host}:{self.settings.port}"
        said = _said(error) if isinstance(error, smtplib.SMTPResponseException) else str(error)
        return f"{where}: {said or type(error).__name__}"[:_LONGEST_FAULT]


@dataclass(frozen=True, slots=True)
class Line:
    """An open connection to the relay."""

    client: smtplib.SMTP

    def send(self, mail: EmailMessage, *, sender: str, to: str) -> None:
        """Hand one mail over; the relay has it when this returns. Raises NotTaken."""
        try:
            self.client.send_message(mail, from_addr=sender, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _not_taken(code, words, final=code >= _PERMANENT) from error
        except smtplib.SMTPSenderRefused as error:  # a matter of set-up: it may be mended
            raise _not_taken(error.smtp_code, error.smtp_error, final=False) from error
        except smtplib.SMTPResponseException as error:
            raise _not_taken(error.smtp_code, error.smtp_error, final=error.smtp_code >= _PERMANENT) from error
        except smtplib.SMTPNotSupportedError as error:
            raise NotTaken(f"The relay does not take such an address (SMTPUTF8): {error}", final=True) from error
        except (OSError, smtplib.SMTPException) as error:
            fault = f"The connection broke: {str(error) or type(error).__name__}"
            raise NotTaken(fault, final=False, closing=True) from error


def _not_taken(code: int, words: bytes | str, *, final: bool) -> NotTaken:
    return NotTaken(f"{code} {_text(words)}", final=final, closing=code == _CLOSING)


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}"


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())
