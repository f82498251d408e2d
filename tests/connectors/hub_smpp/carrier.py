"""A small carrier over real TCP whose every answer a test can replace."""

from __future__ import annotations

import asyncio
import threading
from itertools import count
from typing import TYPE_CHECKING, TypeVar, cast

from hub_smpp.codec import decode, encode, split
from hub_smpp.pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    NotAPdu,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Sequence
    from typing import TypeAlias

    Handler: TypeAlias = Callable[["Peer", Pdu], "Sequence[Pdu | bytes]"]

T = TypeVar("T")

BINDS: dict[type[Pdu], type[Pdu]] = {
    BindReceiver: BindReceiverResp,
    BindTransmitter: BindTransmitterResp,
    BindTransceiver: BindTransceiverResp,
}


class Peer(asyncio.Protocol):
    """One hub that is connected."""

    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self.bound: type[Pdu] | None = None
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._sequences = count(1)

    def send(self, *what: Pdu | bytes) -> None:
        """Write PDUs, or octets as they are."""
        octets = b"".join(one if isinstance(one, bytes) else encode(one) for one in what)
        self._with_line(lambda line: line.write(octets))

    def deliver(self, **values: object) -> int:
        """Write a deliver_sm; its sequence number."""
        sequence = next(self._sequences)
        self.send(DeliverSm(sequence=sequence, **values))  # type: ignore[arg-type]  # by name
        return sequence

    def hang_up(self) -> None:
        """End the line, without a goodbye."""
        self._with_line(lambda line: line.abort())

    def stop_reading(self) -> None:
        """Read no more, as a machine that is frozen."""
        self._with_line(lambda line: line.pause_reading())

    def _with_line(self, what: Callable[[asyncio.Transport], None]) -> None:
        def _do() -> None:
            if self._transport is not None:
                what(self._transport)

        self.carrier.call(_do)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say what a carrier says unasked, which is nothing."""
        self._transport = cast("asyncio.Transport", transport)
        self.carrier.enter(self)
        if self.carrier.greeting is not None:
            self._transport.write(self.carrier.greeting)

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self._buffer += data
        try:
            for octets in split(self._buffer):
                self.carrier.take(self, decode(octets))
        except NotAPdu:
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio names it
        """It is over."""
        self.carrier.leave(self)


class Carrier:
    """Answers as a carrier does; `on` replaces the answer to a kind of PDU, `seen` has all that came."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.on: dict[type[Pdu], Handler] = {}
        self.seen: list[Pdu] = []
        self.peers: list[Peer] = []
        self.greeting: bytes | None = None
        self.receipts = True
        self._owed: list[dict[str, object]] = []
        self._ids = count(0xA1)
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(self._loop.create_server(lambda: Peer(self), "127.0.0.1", 0, ssl=tls))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Hang up on everybody."""
        self.stop_listening()
        for peer in list(self.peers):
            peer.hang_up()
        self.wait(lambda: not self.peers)
        self.call(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def stop_listening(self) -> None:
        """Take no new lines."""
        self.call(self._server.close)
        self._run(asyncio.sleep(0))

    def call(self, what: Callable[[], object]) -> None:
        """Do it in the carrier's own thread, in the order of the calls."""
        self._loop.call_soon_threadsafe(what)

    def submitted(self) -> list[SubmitSm]:
        """Every submit_sm that came."""
        with self._changed:
            return [pdu for pdu in self.seen if isinstance(pdu, SubmitSm)]

    def wait(self, wanted: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until what came satisfies; AssertionError after `timeout` seconds."""
        with self._changed:
            assert self._changed.wait_for(wanted, timeout), f"waited in vain; came: {self.seen[-5:]}"

    def wait_for(self, kind: type[Pdu], number: int = 1, timeout: float = 10.0) -> list[Pdu]:
        """Wait for that many PDUs of a kind and give them all."""
        self.wait(lambda: sum(isinstance(pdu, kind) for pdu in self.seen) >= number, timeout)
        return [pdu for pdu in self.seen if isinstance(pdu, kind)]

    def bound(self, number: int = 1) -> Peer:
        """Wait until that many are bound; the last one."""
        self.wait(lambda: sum(peer.bound is not None for peer in self.peers) >= number)
        return [peer for peer in self.peers if peer.bound][-1]

    def take(self, peer: Peer, pdu: Pdu) -> None:
        """Answer one PDU."""
        with self._changed:
            self.seen.append(pdu)
            self._changed.notify_all()
        handler = self.on.get(type(pdu), _DEFAULTS.get(type(pdu)))
        peer.send(*(handler(peer, pdu) if handler else ()))
        if type(pdu) in BINDS:
            with self._changed:
                peer.bound = type(pdu)
                self._changed.notify_all()
            self._report()

    def enter(self, peer: Peer) -> None:
        """Note a line."""
        with self._changed:
            self.peers.append(peer)
            self._changed.notify_all()

    def leave(self, peer: Peer) -> None:
        """Forget a line."""
        with self._changed:
            self.peers.remove(peer)
            self._changed.notify_all()

    def accept_submit(self, peer: Peer, pdu: Pdu) -> Sequence[Pdu | bytes]:
        """Say yes, and report delivery at once."""
        message_id = f"{next(self._ids):X}"
        yes = SubmitSmResp(sequence=pdu.sequence, message_id=message_id)
        if not self.receipts or not isinstance(pdu, SubmitSm):
            return [yes]
        peer.send(yes)
        self._owed.append(
            {
                "esm_class": 4,
                "source_addr_ton": 1,
                "source_addr": pdu.destination_addr,
                "destination_addr": pdu.source_addr,
                "short_message": f"id:{message_id} sub:001 dlvrd:001 stat:DELIVRD err:000 text:".encode(),
            }
        )
        self._report()
        return []

    def _report(self) -> None:
        """Deliver what is owed by the first line that receives, once there is one."""
        receivers = [one for one in self.peers if one.bound in {BindReceiver, BindTransceiver}]
        while receivers and self._owed:
            receivers[0].deliver(**self._owed.pop(0))

    def _run(self, what: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(5)


def _bind(_: Peer, pdu: Pdu) -> Sequence[Pdu]:
    return [BINDS[type(pdu)](sequence=pdu.sequence, system_id="carrier")]  # type: ignore[call-arg]  # the three have it


def _submit(peer: Peer, pdu: Pdu) -> Sequence[Pdu | bytes]:
    return peer.carrier.accept_submit(peer, pdu)


_DEFAULTS: dict[type[Pdu], Handler] = {
    **dict.fromkeys(BINDS, _bind),
    SubmitSm: _submit,
    EnquireLink: lambda _, pdu: [EnquireLinkResp(sequence=pdu.sequence)],
    Unbind: lambda _, pdu: [UnbindResp(sequence=pdu.sequence)],
}
