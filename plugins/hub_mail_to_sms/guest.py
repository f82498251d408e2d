"""One connection as such: whether it may come in, how long it may take, how many mistakes it may make, how it ends."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any, AnyStr

import structlog
from aiosmtpd.smtp import SMTP, TLSSetupException

from hub_mail_to_sms import dialogue_replies as say
from hub_mail_to_sms.connections import client_of

if TYPE_CHECKING:
    from hub_mail_to_sms.connections import Connections

FAILURE_DELAY_S = 1.0
"""How long a wrong token waits for its no."""
CLOSE_WITHIN_S = 5.0
"""How long a client may take to read our last words."""
LONGEST_COMMAND = 1000
"""Bytes of a command; 512 are the least, and parameters make it longer (RFC 5321, RFC 3461, RFC 4954)."""
_LOOK_AGAIN_S = 1.0

_COSTS = {"500": 5, "501": 5, "502": 5, "503": 5, "504": 5, "555": 5, "550": 1, "553": 1}
_BUDGET = 25
"""What a client may spend on mistakes per mail: the fifth bad command is one too many, or the 25th bad address."""

log = structlog.get_logger(__name__)


class Guest(SMTP):
    """A connection from its greeting to its end. What it says is its subclass's business."""

    command_size_limit = LONGEST_COMMAND

    def __init__(self, handler: object, connections: Connections, *, mail_within_s: float, **options: Any) -> None:
        self.command_size_limits = defaultdict(lambda: LONGEST_COMMAND)  # the stock one belongs to all connections
        super().__init__(handler, **options)
        self._connections = connections
        self._mail_within_s = mail_within_s
        self._deadline: asyncio.TimerHandle | None = None
        self._dropping: asyncio.TimerHandle | None = None
        self._spent = 0
        self._retiring = False
        self.client = ""
        self.in_mail = False
        """Between DATA and the reply to it: mistakes cost nothing, and `retire` waits."""
        self.is_deciding = False
        """The client waits for us: it is neither silent nor slow."""

    def connection_made(self, transport: Any) -> None:
        """Greet, unless there are too many connections already; STARTTLS makes the same connection again."""
        if not self.client:
            self.client = client_of(transport.get_extra_info("peername"))
            if not self._connections.admit(self):
                transport.write(f"{say.TOO_MANY_CONNECTIONS}\r\n".encode())
                transport.close()
                return
            self.begin_mail()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Let it go, once: after a failed STARTTLS the news comes twice, and for those not admitted it is none."""
        if self._connections.leave(self):
            for timer in (self._deadline, self._dropping):  # they would keep all of it in memory
                if timer is not None:
                    timer.cancel()
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Hear the client: as long as it says something, it is not silent."""
        self._reset_timeout()
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """Answer what a client said before it stopped speaking; it may well be listening still.

        aiosmtpd would stop at once, in the middle of what `printf ... | nc` has sent. TLS knows no half-closed line.
        """
        if self.session is None or self.session.ssl is not None:
            return super().eof_received()
        return asyncio.StreamReaderProtocol.eof_received(self)

    def begin_mail(self) -> None:
        """Start counting time and mistakes anew, unless it has left meanwhile."""
        if self not in self._connections.guests:
            return
        self._spent = 0
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(self._mail_within_s, self._out_of_time)

    async def push(self, status: AnyStr) -> None:
        """Send a reply; the one that ends the client's budget is followed by goodbye."""
        if not isinstance(status, str):
            await super().push(status)
            return
        if not status:
            await asyncio.sleep(0)  # here what was hung up on ends
            return
        line = say.improved(status, self.data_size_limit or 0)
        if line.startswith("535"):
            await asyncio.sleep(FAILURE_DELAY_S)
        await super().push(line)
        if not self.in_mail:
            self._spent += _COSTS.get(line[:3], 0)
            if self._spent >= _BUDGET:
                self.hang_up(say.TOO_MANY_MISTAKES)

    async def handle_exception(self, error: Exception) -> str:
        """A handshake that failed or a word left unfinished is the client's affair; anything else is ours."""
        if isinstance(error, asyncio.IncompleteReadError):
            self.hang_up(say.NO_MORE)
            return ""
        if isinstance(error, TLSSetupException):
            log.info("tls_failed", reason=type(error.__cause__).__name__)
            return ""
        return str(await super().handle_exception(error))

    def retire(self) -> None:
        """Leave as soon as the mail in hand, if any, is answered."""
        self._retiring = True
        if not self.in_mail:
            self.hang_up(say.STOPPING)

    def leave_if_retiring(self) -> None:
        """Leave now if `retire` was called."""
        if self._retiring:
            self.hang_up(say.STOPPING)

    def hang_up(self, last_words: str) -> None:
        """Close the connection; if the client does not read our last words soon, it will not hear them."""
        transport: Any = self.transport
        if transport is None:
            return
        if not transport.is_closing():
            transport.write(f"{last_words}\r\n".encode())
            transport.close()
        if self._dropping is None:
            self._dropping = self.loop.call_later(CLOSE_WITHIN_S, self.drop)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()

    def drop(self) -> None:
        """Leave now."""
        transport: Any = self.transport
        if transport is not None:
            transport.abort()
            self.connection_lost(None)

    def _timeout_cb(self) -> None:
        if self.is_deciding:
            self._reset_timeout()
        else:
            self.hang_up(say.SILENT)

    def _out_of_time(self) -> None:
        if self.is_deciding:
            self._deadline = self.loop.call_later(_LOOK_AGAIN_S, self._out_of_time)
        else:
            self.hang_up(say.DAWDLING)
