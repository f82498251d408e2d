"""Who may come in: aiosmtpd's hooks, envelope by envelope, up to the reply to DATA."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from aiosmtpd.smtp import Envelope, Session

from hub import HubError
from hub_mail_to_sms import dialogue_replies as say
from hub_mail_to_sms import replies
from hub_mail_to_sms.addressees import refusal_beside
from hub_mail_to_sms.handler import Delivery

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from aiosmtpd.smtp import SMTP

    from hub_mail_to_sms.addressees import Addressee
    from hub_mail_to_sms.handler import Mailroom

MOST_ADDRESSES = 100
"""How many a mail may be for, as RFC 5321 (4.5.3.1.8) asks at least; they are all one account's."""
_REFERENCE_LETTERS = "bcdfghjkmnpqrstvwxz"
"""No digits: the log would hide a row of them as a phone number."""

log = structlog.get_logger(__name__)


class Visit(Session):
    """A session; `login_data` is a plain attribute where aiosmtpd's own warns of itself at each sign-in."""

    login_data = None


class Letter(Envelope):
    """An envelope, with whom its addresses are for: all of one account."""

    def __init__(self) -> None:
        super().__init__()
        self.addressees: list[Addressee] = []


@dataclass(frozen=True)  # no slots: aiosmtpd looks through its handler in a way that Python 3.11.2 forbids them
class Door:
    """Lets mails in. Its hooks run in the listener's event loop and leave whatever may block to threads."""

    mailroom: Mailroom
    decide_within_s: float = 25.0
    deciders: Executor | None = None
    """Where mails are decided; None is where addresses are looked up, too."""

    async def handle_EHLO(  # noqa: N802 - aiosmtpd names its hooks so
        self, server: SMTP, session: Visit, envelope: Letter, name: str, responses: list[str]
    ) -> list[str]:
        """Offer what aiosmtpd offers, and say that replies carry enhanced codes (RFC 2034)."""
        del server, envelope
        session.host_name = name
        return [*responses[:-1], "250-ENHANCEDSTATUSCODES", *responses[-1:]]

    async def handle_MAIL(  # noqa: N802 - aiosmtpd names its hooks so
        self, server: SMTP, session: Visit, envelope: Letter, address: str, options: list[str]
    ) -> str:
        """Take the sender's address, whatever it is: it proves nothing. Who must sign in is told at the first RCPT."""
        del server, session
        if not (address.isascii() or envelope.smtp_utf8):
            return say.NOT_ASCII
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return say.SENDER_TAKEN

    async def handle_RCPT(  # noqa: N802 - aiosmtpd names its hooks so
        self, server: SMTP, session: Visit, envelope: Letter, address: str, options: list[str]
    ) -> str:
        """Find whom the address is for, or say why it is for nobody."""
        del server, options
        local_part, _, domain = address.rpartition("@")
        if domain.lower().rstrip(".") != self.mailroom.settings.domain:
            return say.NO_RELAY.format(domain=self.mailroom.settings.domain)
        if len(envelope.rcpt_tos) >= MOST_ADDRESSES:
            return say.ENOUGH_ADDRESSES
        signed_in = session.auth_data if session.authenticated else None
        try:
            found = await asyncio.to_thread(
                self.mailroom.directory.find, local_part.lower(), signed_in, tuple(envelope.addressees)
            )
        except HubError as error:
            return replies.refused(error)
        if isinstance(found, str):
            return found
        if refusal := refusal_beside(found, envelope.addressees):
            return refusal
        envelope.addressees.append(found)
        envelope.rcpt_tos.append(address)
        return say.RECIPIENT_TAKEN

    async def handle_DATA(  # noqa: N802 - aiosmtpd names its hooks so
        self, server: SMTP, session: Visit, envelope: Letter
    ) -> str:
        """Decide; the reply is said only after the commit."""
        del server
        named = envelope.addressees
        account_id = named[0].account_id
        delivery = Delivery(
            raw=envelope.original_content or b"",
            account_id=account_id,
            signed_in=bool(session.authenticated) and session.auth_data == account_id,
            peer=str(session.peer[0]) if session.peer else "",
            envelope_from=envelope.mail_from,
            people=tuple(dict.fromkeys(one.number for one in named if one.number)),
            sender=next((one.sender for one in named if one.sender), None),
            proven=all(one.proven for one in named),
        )
        decision = asyncio.get_running_loop().run_in_executor(self.deciders, self.mailroom.decide, delivery)
        try:
            return await asyncio.wait_for(decision, self.decide_within_s)
        except TimeoutError:
            log.warning("mail_undecided", account=account_id, within_s=self.decide_within_s)
            return replies.TOO_SLOW

    async def handle_exception(self, error: Exception) -> str:
        """Nothing of what went wrong is told to the client; the log has it, under a reference."""
        reference = "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(10))
        log.error("smtp_failed", reference=reference, exc_info=error)
        return replies.LATER.format(reference=reference)
