"""One line to a carrier: frames in and out, answers to their questions, and when to give it up.

Everything here runs in the connector's event loop. What a session does not know - what is to be sent, what is to be
done with a text that comes - its owner does.
"""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

import structlog

from hub_smpp.codec import decode, encode, split
from hub_smpp.codes import RESPONSE, Status, status_name
from hub_smpp.pace import Pace
from hub_smpp.pdu import (
    HEADER,
    LAST_SEQUENCE,
    AlertNotification,
    BindReceiverResp,
    BindTransceiverResp,
    BindTransmitterResp,
    DataSm,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    NotAPdu,
    Outbind,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

if TYPE_CHECKING:
    from hub_smpp.pdu import Pdu

log = structlog.get_logger(__name__)

ENQUIRY_ANSWER_S = 10.0
"""How long a carrier may take to say that it is there: with the longest enquire_link_s, under a minute in all."""
TICK_S = 0.25
"""How often timeouts are looked for."""
UNBIND_ANSWER_S = 2.0
MOST_UNKNOWN_COMMANDS = 5
"""So many commands that SMPP 3.4 has not, and the other side speaks something else."""
LONGEST_OUT = 1 << 20
"""Octets that may wait for a carrier that does not read; then nothing is added."""


class Owner(Protocol):
    """Whose line it is."""

    def room(self, session: Session) -> None:
        """There may be room for more: give it what there is."""
        ...

    def answered(self, session: Session, token: object, status: int, message_id: str) -> None:
        """A text was answered."""
        ...

    def unanswered(self, session: Session, token: object, why: str) -> None:
        """A text was written, and its answer will not come."""
        ...

    def delivered(self, session: Session, pdu: DeliverSm | DataSm) -> None:
        """A receipt or a text came; `session.acknowledge` answers it."""
        ...

    def ended(self, session: Session, why: str) -> None:
        """The line is gone; everything that was open on it was reported before."""
        ...


class Session(asyncio.Protocol):
    """A line. `name` is how it is called in the log, `window` how many texts may be unanswered at once."""

    def __init__(
        self, owner: Owner, name: str, *, window: int, enquire_link_s: float, response_timeout_s: float
    ) -> None:
        self.name = name
        self.window = window
        self.pace = Pace()
        self.is_bound = False
        self.sends = False
        self._owner = owner
        self._enquire_link_s = enquire_link_s
        self._response_timeout_s = response_timeout_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._flush_is_due = False
        self._may_write = True
        self._hears = True
        self._sequence = 0
        self._open: dict[int, tuple[object, float]] = {}
        self._questions: dict[int, asyncio.Future[Pdu]] = {}
        self._heard_at = time.monotonic()
        self._enquired_at: float | None = None
        self._oddities = 0
        self._why: str | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._pacer: asyncio.TimerHandle | None = None
        self.is_closed = asyncio.Event()

    # --- what its owner asks of it ---

    @property
    def in_flight(self) -> int:
        """Texts that wait for their answer."""
        return len(self._open)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, or is ending."""
        return self._why is not None

    def room(self) -> int:
        """How many texts may be written now."""
        if not (self.is_bound and self.sends and self._may_write) or self._why is not None:
            return 0
        room = self.window - len(self._open)
        allowed = self.pace.allowed(time.monotonic())
        if allowed is None or allowed >= room:
            return room
        if self._pacer is None:
            self._pacer = self._loop.call_later(max(0.005, self.pace.wait_s(time.monotonic())), self._paced)
        return allowed

    def submit(self, octets: bytes, token: object) -> None:
        """Write a submit_sm; `token` comes back with its answer. Only as many as there is `room` for."""
        sequence = self._next()
        self._open[sequence] = (token, time.monotonic() + self._response_timeout_s)
        self.pace.wrote(1)
        self._write(octets[:12] + sequence.to_bytes(4, "big") + octets[16:])

    def acknowledge(self, command: int, sequence: int, status: int = Status.ESME_ROK) -> None:
        """Answer a deliver_sm or data_sm; on a line that has ended, nothing happens."""
        self._write(HEADER.pack(17, command | RESPONSE, status, sequence) + b"\0")

    async def ask(self, pdu: Pdu, within_s: float) -> Pdu:
        """Write a request of the session's own and wait for its answer. Raises TimeoutError, ConnectionError."""
        sequence = self._next()
        answer: asyncio.Future[Pdu] = self._loop.create_future()
        self._questions[sequence] = answer
        self._write(encode(replace(pdu, sequence=sequence)))
        try:
            async with asyncio.timeout(within_s):  # wait_for may swallow a cancellation that comes with the answer
                await answer
        finally:
            self._questions.pop(sequence, None)
        return answer.result()

    async def unbind(self) -> None:
        """Say goodbye, as far as the carrier listens, and hang up."""
        if self.is_bound and self._why is None:
            self.is_bound = False
            with suppress(TimeoutError, ConnectionError):
                await self.ask(Unbind(), UNBIND_ANSWER_S)
        self.drop("the hub hung up")
        if self._transport is not None:
            await self.is_closed.wait()

    def drop(self, why: str) -> None:
        """End the line now; `why` is what is said of it."""
        if self._why is None:
            self._why = why
        if self._transport is not None:
            self._flush()
            if self._transport.get_write_buffer_size():
                self._transport.abort()
            else:
                self._transport.close()
                self._loop.call_later(1.0, self._transport.abort)  # TLS waits for the other side's goodbye

    def hear(self, *, on: bool) -> None:
        """Stop to read, or go on: nothing is answered meanwhile, and nobody is asked whether they are there."""
        if self._transport is None or self._why is not None or self._hears is on:
            return
        self._hears = on
        self._heard_at = time.monotonic()
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport = cast("asyncio.Transport", transport)
        if (line := transport.get_extra_info("socket")) is not None:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(LONGEST_OUT)
        self._heard_at = time.monotonic()
        self._ticker = self._loop.call_later(TICK_S, self._tick)

    def data_received(self, data: bytes) -> None:
        """Read what came, whatever it is."""
        if self.is_over:
            return
        self._heard_at = time.monotonic()
        self._enquired_at = None
        self._buffer += data
        try:
            for octets in split(self._buffer):
                self._read(octets)
        except NotAPdu as error:
            self._refuse(error)
        else:
            self._owner.room(self)

    def eof_received(self) -> bool:
        """The other side has nothing more to say."""
        self._why = self._why or "the carrier hung up"
        return False

    def pause_writing(self) -> None:
        """The carrier does not read as fast as it is written to."""
        self._may_write = False

    def resume_writing(self) -> None:
        """It does again."""
        self._may_write = True
        self._owner.room(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Report what is open, and that it is over."""
        why = self._why = self._why or (f"the line broke ({exc})" if exc else "the carrier hung up")
        self.is_bound = False
        for timer in (self._ticker, self._pacer):
            if timer is not None:
                timer.cancel()
        for answer in self._questions.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError(why))
        still_open, self._open = self._open, {}
        for token, _ in still_open.values():
            self._owner.unanswered(self, token, why)
        self._owner.ended(self, why)
        self.is_closed.set()

    # --- reading ---

    def _read(self, octets: bytes) -> None:
        if self.is_over:
            return  # what stands behind a goodbye
        try:
            pdu = decode(octets)
        except NotAPdu as error:
            if error.status != Status.ESME_RINVCMDID:
                raise
            self._say_unknown(error, octets)
            return
        if isinstance(pdu, SubmitSmResp):
            self._settle(pdu.sequence, pdu.status, pdu.message_id)
        elif isinstance(pdu, DeliverSm | DataSm):
            self._take(pdu)
        else:
            self._read_other(pdu)

    def _settle(self, sequence: int, status: int, message_id: str) -> None:
        token, _ = self._open.pop(sequence, (None, 0.0))
        if token is None:
            log.info("late_answer", line=self.name, status=status_name(status), carrier_id=message_id)
        else:
            self._owner.answered(self, token, status, message_id)

    def _take(self, pdu: DeliverSm | DataSm) -> None:
        if self.is_bound:
            self._owner.delivered(self, pdu)
        else:
            self.acknowledge(pdu.command, pdu.sequence, Status.ESME_RINVBNDSTS)

    def _read_other(self, pdu: Pdu) -> None:
        if (answer := self._questions.get(pdu.sequence)) is not None and pdu.command & RESPONSE:
            if isinstance(pdu, BindTransceiverResp | BindTransmitterResp | BindReceiverResp):
                self.is_bound = pdu.status == Status.ESME_ROK  # before what may stand behind it in the same packet
            if not answer.done():
                answer.set_result(pdu)
        elif isinstance(pdu, EnquireLink):
            self._write(encode(EnquireLinkResp(sequence=pdu.sequence)))
        elif isinstance(pdu, Unbind):
            self._write(encode(UnbindResp(sequence=pdu.sequence)))
            self.drop("the carrier said goodbye (unbind)")
        elif isinstance(pdu, GenericNack):
            self._read_nack(pdu)
        elif isinstance(pdu, Outbind | AlertNotification):
            log.info("passed_over", line=self.name, command=type(pdu).__name__)
        elif not pdu.command & RESPONSE:
            self._write(encode(GenericNack(sequence=pdu.sequence, status=Status.ESME_RINVCMDID)))

    def _read_nack(self, pdu: GenericNack) -> None:
        if pdu.sequence in self._open:
            self._settle(pdu.sequence, pdu.status or Status.ESME_RSYSERR, "")
        elif pdu.sequence == 0:
            self.drop(f"the carrier could not read what it was sent (generic_nack {status_name(pdu.status)})")
        else:
            log.info("late_nack", line=self.name, status=status_name(pdu.status))

    def _say_unknown(self, error: NotAPdu, octets: bytes) -> None:
        self._oddities += 1
        if self._oddities > MOST_UNKNOWN_COMMANDS:
            self.drop(f"the carrier does not speak SMPP 3.4: {error}")
        elif not octets[4] & 0x80:
            log.warning("unknown_command", line=self.name, error=str(error))
            self._write(encode(GenericNack(sequence=error.sequence, status=error.status)))

    def _refuse(self, error: NotAPdu) -> None:
        self._write(encode(GenericNack(sequence=error.sequence, status=error.status)))
        self.drop(f"the carrier sent what is no SMPP: {error}")

    # --- writing ---

    def _next(self) -> int:
        self._sequence = self._sequence % LAST_SEQUENCE + 1
        return self._sequence

    def _write(self, octets: bytes) -> None:
        if self._why is not None or self._transport is None:
            return
        self._out.append(octets)
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_is_due = False
        if self._out and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()

    # --- time ---

    def _paced(self) -> None:
        self._pacer = None
        self._owner.room(self)

    def _tick(self) -> None:
        self._ticker = self._loop.call_later(TICK_S, self._tick)
        now = time.monotonic()
        if self._hears:
            self._give_up_waiting(now)
            self._look_after(now)
        self._owner.room(self)

    def _give_up_waiting(self, now: float) -> None:
        late = []
        for sequence, (_, until) in self._open.items():
            if until > now:
                break
            late.append(sequence)
        for sequence in late:
            token, _ = self._open.pop(sequence)
            self._owner.unanswered(self, token, f"no answer within {self._response_timeout_s:g} s")
        if late and now - self._heard_at > self._response_timeout_s:
            self.drop(f"the carrier has been silent for {now - self._heard_at:.0f} s, with texts unanswered")

    def _look_after(self, now: float) -> None:
        """Ask a silent carrier whether it is there, and leave one that does not say so."""
        if not self.is_bound or self._why is not None:
            return
        if self._enquired_at is not None:
            if now - self._enquired_at > ENQUIRY_ANSWER_S:
                self.drop(f"the carrier has been silent for {now - self._heard_at:.0f} s (enquire_link unanswered)")
        elif now - self._heard_at > self._enquire_link_s:
            self._enquired_at = now
            self._write(encode(EnquireLink(sequence=self._next())))
