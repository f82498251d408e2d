"""One connection to the carrier: its bind, its window, and the faults that strike it."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING

from hub_smpp.codec import decode, encode, split
from hub_smpp.codes import Status
from hub_smpp.pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    NotAPdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from hub_smpp.testing.behaviour import Fate
from hub_smpp.testing.ids import ID_FORMS
from hub_smpp.testing.rubbish import RUBBISH

if TYPE_CHECKING:
    from hub_smpp.pdu import Pdu
    from hub_smpp.testing.smsc import Delivery, Smsc

AGAIN_S = 0.5
"""After a deliver_sm was answered with a no."""
SILENT_FOR_S = 20.0
"""Then a connection that fell silent is given up; what it owes goes elsewhere."""

_BINDS: dict[type[Pdu], tuple[type[Pdu], bool, bool]] = {
    BindTransmitter: (BindTransmitterResp, True, False),
    BindReceiver: (BindReceiverResp, False, True),
    BindTransceiver: (BindTransceiverResp, True, True),
}
"""The answer to each bind; whether one may send by it, and receive."""
_REFUSALS = {
    Fate.THROTTLE: Status.ESME_RTHROTTLED,
    Fate.QUEUE_FULL: Status.ESME_RMSGQFUL,
    Fate.REJECT: 0x0B,  # ESME_RINVDSTADR
}


class Session(asyncio.Protocol):
    """Answers are gathered while a read is worked through, and written at once, after the book."""

    def __init__(self, smsc: Smsc) -> None:
        self._smsc = smsc
        self._buffer = bytearray()
        self._out: list[bytes] = []
        self._sequence = 0
        self._unacknowledged: dict[int, Delivery] = {}
        self._unanswered = 0
        self._is_over = False
        self._is_silent = False
        self._may_send = False
        self._may_receive = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server has no other
        self._transport = transport
        self._smsc.sessions.append(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Called by the loop; what was not acknowledged goes to the next."""
        self._is_over = True
        self._smsc.sessions.remove(self)
        self._smsc.again(self._unacknowledged.values())
        self._unacknowledged.clear()
        self._smsc.pump()

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._buffer += data
        try:
            for octets in split(self._buffer):
                self._hear(octets)
                if self._is_over or self._is_silent:
                    return
        except NotAPdu as error:
            self._out.append(encode(GenericNack(status=error.status, sequence=error.sequence)))
            self._end()
            return
        self.flush()
        self._smsc.pump()

    @property
    def is_bound(self) -> bool:
        """Whether it said who it is."""
        return self._may_send or self._may_receive

    @property
    def room(self) -> int:
        """How many more deliver_sm it can be given."""
        if not self._may_receive or self._is_over or self._is_silent:
            return 0
        return max(0, self._smsc.behaviour.deliver_window - len(self._unacknowledged))

    def deliver(self, delivery: Delivery) -> None:
        """Give it a deliver_sm; `flush` sends it."""
        self._unacknowledged[sequence := self._next()] = delivery
        self._out.append(delivery.numbered(sequence))

    def write(self, octets: bytes) -> None:
        """Write octets as they are, where it is bound."""
        if self.is_bound and not self._is_over:
            self.flush()
            self._transport.write(octets)

    def flush(self) -> None:
        """Write the book, then what was gathered."""
        self._smsc.book.flush()
        if self._out and not self._is_over and not self._is_silent:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def drop(self) -> None:
        """End the connection without a word."""
        self._is_over = True
        self._smsc.book.flush()
        self._transport.abort()

    # --- what is heard ---

    def _hear(self, octets: bytes) -> None:
        pdu = decode(octets)
        if isinstance(pdu, SubmitSm):
            self._submit(pdu)
        elif isinstance(pdu, DeliverSmResp):
            self._acknowledged(pdu)
        else:
            self._smsc.said[type(pdu).__name__] += 1
            self._other(pdu)

    def _other(self, pdu: Pdu) -> None:
        if type(pdu) in _BINDS:
            assert isinstance(pdu, (BindReceiver, BindTransmitter, BindTransceiver))  # noqa: S101 - by the table
            self._bind(pdu)
        elif isinstance(pdu, EnquireLink) and self._smsc.behaviour.answers_enquiries:
            self._out.append(encode(EnquireLinkResp(sequence=pdu.sequence)))
        elif isinstance(pdu, Unbind):
            self._out.append(encode(UnbindResp(sequence=pdu.sequence)))
            self._end()
        elif isinstance(pdu, QuerySm):
            self._out.append(encode(QuerySmResp(sequence=pdu.sequence, status=0x67)))

    def _bind(self, pdu: BindReceiver | BindTransmitter | BindTransceiver) -> None:
        answer, may_send, may_receive = _BINDS[type(pdu)]
        status = self._refusal(pdu)
        self._out.append(encode(answer(sequence=pdu.sequence, status=status)))
        if status:
            self._end()
        else:
            self._may_send, self._may_receive = may_send, may_receive

    def _refusal(self, pdu: BindReceiver | BindTransmitter | BindTransceiver) -> int:
        behaviour = self._smsc.behaviour
        if pdu.system_id != behaviour.system_id:
            return Status.ESME_RINVSYSID
        if not hmac.compare_digest(pdu.password.encode(), behaviour.password.encode()):
            return Status.ESME_RINVPASWD
        if behaviour.binds and sum(one.is_bound for one in self._smsc.sessions) >= behaviour.binds:
            return Status.ESME_RALYBND
        return Status.ESME_RBINDFAIL if self._smsc.dice.falls(behaviour.refuse_bind) else Status.ESME_ROK

    def _acknowledged(self, pdu: DeliverSmResp) -> None:
        delivery = self._unacknowledged.pop(pdu.sequence, None)
        if delivery is None:
            self._smsc.said["DeliverSmResp to nothing"] += 1
        elif pdu.status:
            self._smsc.said["DeliverSmResp that says no"] += 1
            self._smsc.later(AGAIN_S, delivery)
        elif delivery.id:
            self._smsc.book.acknowledge(delivery.id)

    # --- submit_sm ---

    def _submit(self, pdu: SubmitSm) -> None:
        if not self._may_send:
            self._refuse(pdu, Status.ESME_RINVBNDSTS)
            return
        fate = self._smsc.fate(pdu.destination_addr)
        window = self._smsc.behaviour.window
        if fate is Fate.TAKE and window and self._unanswered >= window:
            fate = Fate.THROTTLE
        if fate in _REFUSALS:
            self._refuse(pdu, _REFUSALS[fate])
        elif fate in _NOT_TAKEN:
            _NOT_TAKEN[fate](self, pdu)
        else:
            self._take(pdu, fate)

    def _take(self, pdu: SubmitSm, fate: Fate) -> None:
        try:
            taken = self._smsc.take(pdu)
        except ValueError:
            self._refuse(pdu, Status.ESME_RINVMSGLEN)
            return
        id_ = ID_FORMS[self._smsc.behaviour.id_form](taken.id)
        answer = encode(SubmitSmResp(sequence=pdu.sequence, message_id=id_))
        early = self._smsc.plan_receipts(taken)
        if early is not None and self.room:
            self.deliver(early)
        elif early is not None:
            self._smsc.again([early])
        if fate is Fate.LOSE_ANSWER:
            self._end()
        elif fate is Fate.TEAR:
            self._out.append(answer[: len(answer) // 2])
            self._end()
        else:
            self._answer(answer)
        if fate is Fate.UNBIND:
            self._out.append(encode(Unbind(sequence=self._next())))

    def _refuse(self, pdu: SubmitSm, status: int) -> None:
        self._answer(encode(SubmitSmResp(sequence=pdu.sequence, status=status)))

    def _nack(self, pdu: SubmitSm) -> None:
        self._out.append(encode(GenericNack(sequence=pdu.sequence, status=Status.ESME_RSYSERR)))

    def _drop(self, _: SubmitSm) -> None:
        self._end()

    def _fall_silent(self, _: SubmitSm) -> None:
        self.flush()
        self._is_silent = True
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(SILENT_FOR_S, self._transport.abort)

    def _talk_rubbish(self, _: SubmitSm) -> None:
        octets = list(RUBBISH.values())
        self._out.append(octets[self._smsc.dice.index(len(octets))])

    def _answer(self, octets: bytes) -> None:
        delay_s = self._smsc.behaviour.answer_delay_s
        if not delay_s:
            self._out.append(octets)
            return
        self._unanswered += 1
        asyncio.get_running_loop().call_later(self._smsc.dice.time(delay_s), self._answer_now, octets)

    def _answer_now(self, octets: bytes) -> None:
        self._unanswered -= 1
        self._out.append(octets)
        self.flush()

    def _end(self) -> None:
        """Send what was answered so far, and hang up."""
        self.flush()
        self._is_over = True
        self._transport.close()

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence


_NOT_TAKEN = {
    Fate.DROP: Session._drop,  # noqa: SLF001 - the class's own
    Fate.NACK: Session._nack,  # noqa: SLF001
    Fate.SILENCE: Session._fall_silent,  # noqa: SLF001
    Fate.RUBBISH: Session._talk_rubbish,  # noqa: SLF001
}
