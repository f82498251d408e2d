"""The carrier as a process of its own: takes calls from any number of hubs, and pushes receipts to them."""

from __future__ import annotations

import logging
import threading
from itertools import count, cycle
from typing import TYPE_CHECKING

from hub_sandbox.codec import receipt_to_wire, text_to_wire
from hub_sandbox.postman import NobodyThere
from hub_sandbox.session import NONSENSE, Session

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from hub import DeliveryReceipt, InboundText
    from hub_sandbox.carrier import Carrier
    from hub_sandbox.endpoint import Endpoint

HANDOVER_S = 5.0
"""How long a hub may take to say that it has receipts, before another is given them; less than the ledger's lease."""
_LOOK_S = 0.5

log = logging.getLogger(__name__)


class CarrierServer:
    """Listens at `endpoint` for hubs, on behalf of a carrier that it opens and closes."""

    def __init__(self, carrier: Carrier, endpoint: Endpoint) -> None:
        self._carrier = carrier
        self._endpoint = endpoint
        self._mailroom = Mailroom()
        self._nonsense = cycle(NONSENSE)
        self._sessions: set[Session] = set()
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._listening: socket.socket | None = None
        self._thread = threading.Thread(target=self._accept, name="carrier")

    @property
    def port(self) -> int:
        """The TCP port that is listened on; 0 for a Unix socket."""
        name = self._listening.getsockname() if self._listening else ""
        return int(name[1]) if isinstance(name, tuple) else 0

    def start(self) -> None:
        """Open the ledger and listen. Raises OSError when the address cannot be had."""
        self._listening = self._endpoint.listen()
        self._listening.settimeout(_LOOK_S)
        self._carrier.open(self._mailroom)
        self._thread.start()

    def stop(self) -> None:
        """Take no more calls, answer those in hand, finish the delivery in hand, and hang up."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._guard:
            sessions = list(self._sessions)
        for session in sessions:
            session.answer_no_more()
        self._carrier.close()
        for session in sessions:
            session.hang_up()
        if self._listening is not None:
            self._listening.close()
            self._endpoint.forget()

    def _accept(self) -> None:
        while not self._stopping.is_set() and self._listening is not None:
            try:
                line, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:  # out of descriptors: there will be some again
                log.exception("the carrier cannot take a call")
                self._stopping.wait(_LOOK_S)
                continue
            self._begin(Session(line, self._carrier, self._mailroom, self._nonsense))

    def _begin(self, session: Session) -> None:
        with self._guard:
            self._sessions = {one for one in self._sessions if not one.is_over} | {session}
        session.start()


class Mailroom:
    """Hands receipts to the hubs that are there, in turn; the carrier's sink."""

    def __init__(self) -> None:
        self._there: list[Session] = []
        self._guard = threading.Lock()
        self._turns = count()

    def enter(self, session: Session) -> None:
        """A hub said hello: it takes receipts."""
        with self._guard:
            self._there.append(session)

    def leave(self, session: Session) -> None:
        """A hub is gone."""
        with self._guard:
            if session in self._there:
                self._there.remove(session)

    def _next(self) -> Session:
        with self._guard:
            if not self._there:
                raise NobodyThere("no hub is connected")
            return self._there[next(self._turns) % len(self._there)]

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Give receipts to one hub, and wait until it has them. Raises NobodyThere when none took them."""
        self._next().hand_over("receipts", [receipt_to_wire(receipt) for receipt in receipts], HANDOVER_S)

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Give texts from phones to one hub, as receipts are given."""
        self._next().hand_over("texts", [text_to_wire(text) for text in texts], HANDOVER_S)

    def acknowledged(self, texts: Sequence[InboundText]) -> None:
        """Nothing to note: each has a name, by which the hub knows it again."""
