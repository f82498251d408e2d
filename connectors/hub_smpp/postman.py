"""Hands over what carriers say - receipts, and texts from phones - and acknowledges it once the store has it.

A thread of its own, as the store may take its time. While the store is away nothing is answered: the carrier keeps
what is unanswered and hands it over again on the next line, so nothing can get lost here. A temporary error would
do the same at some carriers, and at others drop the receipt.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import structlog

from hub import StoreUnavailable
from hub_smpp.codes import Status
from hub_smpp.incoming import Joiner, fragment_of
from hub_smpp.receipts import is_receipt, is_text, payload, receipt_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hub import DeliveryReceipt, FailureReason, InboundText, Sink
    from hub_smpp.alphabet import DefaultAlphabet
    from hub_smpp.ids import Ids
    from hub_smpp.pdu import DataSm, DeliverSm
    from hub_smpp.session import Session

T = TypeVar("T")

log = structlog.get_logger(__name__)

BATCH = 500
POLL_S = 0.5
PUZZLES_S = 3.0
"""How long a receipt may wait until another one shows how this carrier writes its ids."""
AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits while the store is away; the last one again and again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one PDU is to be answered, and on which line."""

    session: Session
    command: int
    sequence: int
    status: int = Status.ESME_ROK


Item: TypeAlias = "tuple[T, list[Answer]]"
"""What is to be stored, and how it is answered then."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A PDU that came, and the line that it came by."""

    session: Session
    pdu: DeliverSm | DataSm


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read a carrier's receipts and texts."""

    ids: Ids
    reasons: Mapping[str, FailureReason]
    alphabet: DefaultAlphabet
    inbound: bool

    def understands(self, arrival: Arrival) -> bool:
        """Whether it can be told which text a receipt is about; of all else there is nothing to be told."""
        pdu = arrival.pdu
        receipt = receipt_of(pdu, self.reasons) if self.ids.is_learning and is_receipt(pdu) else None
        if receipt is None or not receipt.carrier_id:
            return True
        return self.ids.understands(receipt.carrier_id, receipt.to or "", pdu.destination_addr)

    def receipt(self, arrival: Arrival) -> DeliveryReceipt | None:
        """The receipt that came, with its id in the form of its answer's; None where it is none, or of nothing."""
        pdu = arrival.pdu
        if not is_receipt(pdu):
            return None
        receipt = receipt_of(pdu, self.reasons, self.ids.of_receipt)
        if receipt is None:
            log.warning("receipt_of_nothing", line=arrival.session.name, octets=payload(pdu).hex())
        return receipt


@dataclass(eq=False)
class Postman:
    """`answer` writes answers where lines live, and says of each whether its line was still there."""

    sink: Sink
    reading: Reading
    answer: Callable[[Sequence[Answer]], Sequence[bool]]
    join_s: float
    received: int = 0
    _arrivals: queue.SimpleQueue[Arrival | None] = field(default_factory=queue.SimpleQueue)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _carried: int = 0
    _puzzles: list[tuple[Arrival, float]] = field(default_factory=list)

    def start(self, name: str) -> None:
        """Begin to hand over."""
        self._joiner: Joiner[Answer] = Joiner(self.join_s)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand; what is unanswered then, the carrier hands over again."""
        self._stopping.set()
        self._arrivals.put(None)
        if self._thread is not None:
            self._thread.join()

    def waiting(self) -> int:
        """How many PDUs are not handed over yet."""
        return self._arrivals.qsize() + self._carried + len(self._puzzles)

    def bring(self, arrival: Arrival) -> None:
        """Queue what came."""
        self._arrivals.put(arrival)

    def _work(self) -> None:
        while not self._stopping.is_set():
            came = self._next()
            try:
                arrivals = self._clear(came, time.monotonic())
                self._carried = len(arrivals)
                self._hand_over(arrivals)
            except Exception:
                log.exception("postman_stumbled")  # unanswered, so it comes again
            self._carried = 0

    def _next(self) -> list[Arrival]:
        arrivals: list[Arrival] = []
        try:
            one = self._arrivals.get(timeout=POLL_S)
            while one is not None:
                arrivals.append(one)
                if len(arrivals) >= BATCH:
                    break
                one = self._arrivals.get_nowait()
        except queue.Empty:
            pass
        return arrivals

    def _clear(self, arrivals: Sequence[Arrival], now: float) -> list[Arrival]:
        """Put off receipts that nobody can place yet, and take up those that were."""
        known = self._puzzles + [(one, now + PUZZLES_S) for one in arrivals]
        self._puzzles = [(one, until) for one, until in known if until > now and not self.reading.understands(one)]
        puzzling = {id(one) for one, _ in self._puzzles}
        return [one for one, _ in known if id(one) not in puzzling]

    def _hand_over(self, arrivals: Sequence[Arrival]) -> None:
        receipts: list[Item[DeliveryReceipt]] = []
        texts: list[Item[InboundText]] = []
        nothing: list[Answer] = []
        now = time.monotonic()
        for one in arrivals:
            answer = Answer(one.session, one.pdu.command, one.pdu.sequence)
            if is_text(one.pdu) and self.reading.inbound:
                whole = self._joiner.add(fragment_of(one.pdu, self.reading.alphabet), answer, now)
                texts += [whole] if whole else []
            elif (receipt := self.reading.receipt(one)) is not None:
                receipts.append((receipt, [answer]))
            else:
                nothing.append(answer)
        texts += self._joiner.overdue(now)
        self.answer(nothing)
        self.answer([answer for _, some in self._kept(receipts, self.sink.receipts) for answer in some])
        self._acknowledge_texts(self._kept(texts, self.sink.inbound))
        self.received += len(arrivals)

    def _acknowledge_texts(self, kept: Sequence[Item[InboundText]]) -> None:
        """Say to the carrier that they are kept, and to the hub of which of them the carrier was told."""
        told = [text for text, answers in kept if all(self.answer(answers))]
        if told:
            self._patiently(lambda: self.sink.acknowledged(told))

    def _kept(self, items: Sequence[Item[T]], keep: Callable[[Sequence[T]], None]) -> Sequence[Item[T]]:
        """Those that the store has now. One that it chokes on is put off, and keeps nobody else from being stored."""
        if not items:
            return ()
        try:
            return items if self._patiently(lambda: keep([what for what, _ in items])) else ()
        except Exception as error:
            if len(items) > 1:
                return [kept for item in items for kept in self._kept([item], keep)]
            ((what, answers),) = items
            log.exception("not_kept", what=type(what).__name__, error=type(error).__name__)
            self.answer([replace(answer, status=Status.ESME_RX_T_APPN) for answer in answers])
            return ()

    def _patiently(self, call: Callable[[], None]) -> bool:
        """Call until the store takes it; False when the connector is closed before that."""
        for wait_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
            try:
                call()
            except StoreUnavailable as error:
                log.warning("store_away", again_in_s=wait_s, error=str(error))
                if self._stopping.wait(wait_s):
                    return False
            else:
                return True
        raise AssertionError("unreachable: the waits never end")
