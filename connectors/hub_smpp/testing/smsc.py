"""The carrier: takes submit_sm by any number of connections, and owes receipts until somebody acknowledges them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from hub_smpp.codec import decode, encode
from hub_smpp.pdu import HEADER_SIZE, DeliverSm
from hub_smpp.testing.behaviour import Dice, Fate
from hub_smpp.testing.book import Book, Owed, Taken
from hub_smpp.testing.parts import piece_of, reference_of
from hub_smpp.testing.receipts import TWO_RECEIPTS, end_of, receipt
from hub_smpp.testing.session import Session

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from pathlib import Path

    from hub_smpp.pdu import SubmitSm
    from hub_smpp.testing.behaviour import Behaviour

_FOREIGN_IDS = 0x7F000000


@dataclass(frozen=True, slots=True)
class Delivery:
    """A deliver_sm to be given to a hub; `id` is 0 where the book does not wait for its acknowledgement."""

    octets: bytes
    id: int = 0

    def numbered(self, sequence: int) -> bytes:
        """Its octets with that sequence number."""
        return self.octets[: HEADER_SIZE - 4] + sequence.to_bytes(4, "big") + self.octets[HEADER_SIZE:]


class Smsc:
    """Everything but the connections; runs in one event loop, and is called from there only."""

    def __init__(self, behaviour: Behaviour, folder: Path) -> None:
        self.dice = Dice(behaviour)
        self.book = Book(folder)
        self.sessions: list[Session] = []
        self.said: Counter[str] = Counter()
        """How often which fate struck, and how often which kind of PDU was heard."""
        self._waiting: deque[Delivery] = deque()
        self._servers: list[asyncio.Server] = []
        self._turns = count()
        self._second, self._in_second = 0.0, 0

    @property
    def behaviour(self) -> Behaviour:
        """How it behaves now."""
        return self.dice.behaviour

    async def start(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port. What is owed is given to the first who can take it. Raises OSError."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(self), host, port, ssl=tls)
        self._servers.append(server)
        for taken in list(self.book.receipts.values()):
            self._plan(taken)
        self._waiting.extend(Delivery(bytes.fromhex(one.octets), one.id) for one in self.book.owed.values())
        return int(server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Listen no more, and end every connection."""
        for server in self._servers:
            server.close()
        for session in list(self.sessions):
            session.drop()
        self.book.close()

    # --- what is done on command ---

    def set(self, **values: object) -> None:
        """Behave otherwise from now on."""
        self.dice.behaviour = self.behaviour.but(**values)

    def deliver(self, pdus: Iterable[DeliverSm]) -> None:
        """Give these to a hub, until one says that it has them; also after a restart."""
        for pdu in pdus:
            owed = Owed(self.book.next_id(), encode(pdu).hex())
            self.book.owe(owed)
            self._waiting.append(Delivery(bytes.fromhex(owed.octets), owed.id))
        self.book.flush()
        self.pump()

    def drop(self) -> None:
        """End every connection."""
        for session in list(self.sessions):
            session.drop()

    def write(self, octets: bytes) -> None:
        """Write octets as they are to every connection that is bound."""
        for session in self.sessions:
            session.write(octets)

    # --- what connections ask ---

    def fate(self, to: str) -> Fate:
        """What becomes of a submit_sm to that number."""
        fate = Fate.THROTTLE if self._is_too_fast() else self.dice.fate(to)
        self.said[fate] += 1
        return fate

    def take(self, pdu: SubmitSm) -> Taken:
        """Take it: noted in the book, which is written before anything is answered. Raises ValueError."""
        piece, end = piece_of(pdu), end_of(pdu.destination_addr)
        taken = Taken(
            id=self.book.next_id(),
            to=pdu.destination_addr,
            sender=pdu.source_addr,
            reference=reference_of(pdu),
            part=piece.part,
            parts=piece.parts,
            text=piece.text.hex(),
            data_coding=pdu.data_coding,
            end=end.stat if pdu.registered_delivery & 1 else "",
            err=end.err,
        )
        self.book.take(taken)
        return taken

    def plan_receipts(self, taken: Taken) -> Delivery | None:
        """Its receipts come when they are due; the one that comes before the answer is given back."""
        if not taken.end:
            return None
        if self.dice.falls(self.behaviour.early):
            return self._receipt(taken)
        self._plan(taken)
        return None

    def again(self, deliveries: Iterable[Delivery]) -> None:
        """These were not acknowledged: the next connection gets them, in the same order."""
        self._waiting.extendleft(reversed(list(deliveries)))

    def later(self, after_s: float, delivery: Delivery) -> None:
        """Give it to a hub after that time."""
        asyncio.get_running_loop().call_later(after_s, self._due, delivery)

    def pump(self) -> None:
        """Give what waits to those who can take it, in turn."""
        while self._waiting:
            able = [one for one in self.sessions if one.room]
            if not able:
                break
            session = able[next(self._turns) % len(able)]
            for _ in range(min(session.room, len(self._waiting))):
                session.deliver(self._waiting.popleft())
            session.flush()

    # --- receipts ---

    def _plan(self, taken: Taken) -> None:
        behaviour = self.behaviour
        if taken.to.endswith(TWO_RECEIPTS):
            self._in_time(0, Delivery(encode(receipt(behaviour, taken, "ACCEPTD"))))
        wait_s = behaviour.receipt_delay_s
        if wait_s and behaviour.receipt_order == "random":
            wait_s = self.dice.time(wait_s)
        if self.dice.falls(behaviour.late):
            wait_s += behaviour.late_by_s
        delivery = self._receipt(taken)
        self._in_time(wait_s, delivery)
        if self.dice.falls(behaviour.duplicate):
            self._in_time(wait_s + self.dice.time(0.1), replace(delivery, id=0))
        if self.dice.falls(behaviour.foreign):
            stranger = replace(taken, id=_FOREIGN_IDS + taken.id, reference=None)
            self._in_time(wait_s, Delivery(encode(receipt(behaviour, stranger, taken.end))))

    def _receipt(self, taken: Taken) -> Delivery:
        return Delivery(encode(receipt(self.behaviour, taken, taken.end)), taken.id)

    def _in_time(self, wait_s: float, delivery: Delivery) -> None:
        if wait_s:
            self.later(wait_s, delivery)
        else:
            self._waiting.append(delivery)

    def _due(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        self.pump()

    def _is_too_fast(self) -> bool:
        if not self.behaviour.rate:
            return False
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return self._in_second > self.behaviour.rate


def deliver_sm(octets: bytes) -> DeliverSm:
    """The deliver_sm that these octets are. Raises ValueError for anything else."""
    pdu = decode(octets)
    if not isinstance(pdu, DeliverSm):
        raise ValueError(f"a {type(pdu).__name__} is no deliver_sm")  # noqa: TRY004 - a value off the wire
    return pdu
