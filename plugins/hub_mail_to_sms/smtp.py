"""The SMTP dialogue: aiosmtpd with its gaps closed.

Paths and parameters are read by `paths.py` (what Exchange sends is passed over instead of refused), mails by
`receiving.py`; sign-in is checked in a thread; who browses is hung up on. `guest.py` keeps time and order,
`door.py` decides whom a mail is for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import AuthResult, LoginPassword

from hub import HubError, NotAuthenticated, TooMany
from hub_mail_to_sms import dialogue_replies as say
from hub_mail_to_sms import replies
from hub_mail_to_sms.door import Letter, Visit
from hub_mail_to_sms.guest import Guest
from hub_mail_to_sms.paths import read_parameters, read_path
from hub_mail_to_sms.receiving import receive

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Sequence

    from hub_mail_to_sms.connections import Connections
    from hub_mail_to_sms.door import Door
    from hub_mail_to_sms.signing_in import SignIn


class Dialogue(Guest):
    """One connection and what is said on it. aiosmtpd finds its commands by their names."""

    def __init__(
        self,
        door: Door,
        sign_in: SignIn,
        connections: Connections,
        tls: ssl.SSLContext | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        settings = door.mailroom.settings
        self._sign_in = sign_in
        super().__init__(
            door,
            connections,
            mail_within_s=settings.mail_timeout_s,
            data_size_limit=settings.max_size_kb * 1024,
            enable_SMTPUTF8=True,
            hostname=settings.domain,
            ident="ESMTP",
            tls_context=tls,
            timeout=settings.timeout_s,
            auth_require_tls=not settings.on_loopback,
            authenticator=_as_given,
            loop=loop,
        )

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd names its commands so
        """Take a mail in, and say what became of it."""
        if arg:
            await self.push("501 Syntax: DATA")
        elif self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
        else:
            self.in_mail = True
            try:
                await self._take_mail(self.envelope)
            finally:
                self.in_mail = self.is_deciding = False
                self.envelope = self._create_envelope()
                self.begin_mail()
            self.leave_if_retiring()

    async def smtp_AUTH(self, arg: str | None) -> None:  # noqa: N802 - as above
        """Sign in, not in the middle of a mail (RFC 4954, section 4): it would change whose mail it is."""
        if self.envelope is not None and self.envelope.mail_from:
            await self.push("503 Error: finish this mail first")
        else:
            mechanism, blank, rest = (arg or "").partition(" ")
            await super().smtp_AUTH(mechanism.upper() + blank + rest)

    async def auth_PLAIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: N802 - as above
        """Sign in with name and token at once (RFC 4616)."""
        return await self._checked(super().auth_PLAIN(self, args))

    async def auth_LOGIN(self, _: Any, args: list[str]) -> AuthResult:  # noqa: N802 - as above
        """Sign in with one after the other."""
        return await self._checked(super().auth_LOGIN(self, args))

    async def smtp_STARTTLS(self, arg: str | None) -> None:  # noqa: N802 - as above
        """Begin TLS, once."""
        if self._tls_protocol is None:
            await super().smtp_STARTTLS(arg or "")
        else:
            await self.push(say.TLS_ALREADY)

    async def smtp_HELP(self, _: str | None) -> None:  # noqa: N802 - as above
        """Say what to do here."""
        await self.push(say.HELP)

    async def smtp_VRFY(self, _: str | None) -> None:  # noqa: N802 - as above
        """Tell nobody which addresses there are."""
        await self.push(say.VERIFY_NOTHING)

    async def smtp_GET(self, _: str | None) -> None:  # noqa: N802 - as above
        """Hang up on a web client: it would be answered line by line otherwise."""
        self.hang_up(say.HTTP)

    smtp_POST = smtp_PUT = smtp_HEAD = smtp_CONNECT = smtp_OPTIONS = smtp_DELETE = smtp_PATCH = smtp_PRI = smtp_GET  # noqa: N815 - as above

    async def _take_mail(self, letter: Any) -> None:
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        size_limit = self.data_size_limit or 0
        received = await receive(self._reader, size_limit)
        if received.fault is not None:
            await self.push(replies.faulty(received.fault, size_limit))
            return
        letter.original_content = received.content
        self.is_deciding = True
        await self.push(await self._call_handler_hook("DATA"))

    async def _checked(self, given: Awaitable[AuthResult]) -> AuthResult:
        """Whether the credentials that were given are an account's, in the terms of aiosmtpd's `smtp_AUTH`."""
        try:
            answer = await given
        except ValueError:
            await self.push(say.LINE_TOO_LONG)  # longer than the reader takes
            return AuthResult(success=False)
        if not answer.success or not isinstance(answer.auth_data, LoginPassword):
            return answer
        self.is_deciding = True
        try:
            account_id = await asyncio.to_thread(self._sign_in.account_of, answer.auth_data, self.client)
        except TooMany:
            self.hang_up(say.TOO_MANY_FAILURES)
            return AuthResult(success=False)
        except NotAuthenticated:
            return AuthResult(success=False, handled=False, message=say.NOT_SIGNED_IN)
        except HubError:
            return AuthResult(success=False, handled=False, message=say.SIGN_IN_LATER)
        finally:
            self.is_deciding = False
        return AuthResult(success=True, auth_data=account_id)

    def _create_session(self) -> Visit:
        return Visit(self.loop)

    def _create_envelope(self) -> Letter:
        return Letter()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        return (read_path(arg) or (None, None)) if arg else ("", "")

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        return read_parameters(params)


def _as_given(*given: Any) -> AuthResult:
    """What the client said is checked afterwards: aiosmtpd would have it done in the event loop."""
    return AuthResult(success=True, auth_data=given[-1])
