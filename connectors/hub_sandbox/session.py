"""One hub on the carrier's line: its calls are answered in their order, and it is handed receipts meanwhile."""

from __future__ import annotations

import logging
import queue
import socket
import threading
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from hub import ConnectorError, TemporaryFailure
from hub_sandbox.carrier import Fault, NoAnswer
from hub_sandbox.codec import error_to_wire, message_from_wire, outcome_to_wire
from hub_sandbox.postman import NobodyThere
from hub_sandbox.wire import HEADER, PROTOCOL, NotAFrame, packed, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub_sandbox.carrier import Carrier
    from hub_sandbox.wire import Frame

SEND_S = 10.0
"""How long a hub may leave its side of the line unread."""
_LOOK_S = 0.5

log = logging.getLogger(__name__)


class Door(Protocol):
    """Where hubs are known that take receipts."""

    def enter(self, session: Session) -> None:
        """It takes them from now on."""
        ...

    def leave(self, session: Session) -> None:
        """It takes no more."""
        ...


class Session:
    """The line to one hub, from its call to its end, with two threads: one hears, one answers.

    `nonsense` writes the answers that are to make no sense, a new kind each time.
    """

    def __init__(
        self, line: socket.socket, carrier: Carrier, door: Door, nonsense: Iterator[Callable[[Frame], bytes]]
    ) -> None:
        line.settimeout(SEND_S)
        self._line = line
        self._carrier = carrier
        self._door = door
        self._nonsense = nonsense
        self._calls: queue.SimpleQueue[Frame | threading.Event | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._numbers = count(1)
        self._given: dict[int, queue.SimpleQueue[bool]] = {}
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._hear, name="carrier hears"),
            threading.Thread(target=self._answer, name="carrier answers"),
        ]

    @property
    def is_over(self) -> bool:
        """Whether both threads have ended."""
        return not any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Begin to hear and to answer."""
        for thread in reversed(self._threads):  # the one that hears may end at once, and waits for the other
            thread.start()

    def answer_no_more(self) -> None:
        """Say no to what comes from now on, until the line ends, and wait until the call in hand is answered."""
        self._closing.set()
        answered = threading.Event()
        self._calls.put(answered)
        while self._threads[1].is_alive() and not answered.wait(_LOOK_S):
            pass

    def hang_up(self) -> None:
        """Answer what was heard, end the line and wait for the threads."""
        self._calls.put(None)
        self._threads[1].join()
        self._break()
        for thread in self._threads:
            thread.join()

    def hand_over(self, what: str, rows: list[Any], within_s: float) -> None:
        """Give `receipts` or `texts` to this hub; returns once it has stored them.

        Raises NobodyThere when it did not in time.
        """
        number = next(self._numbers)
        answer = self._given[number] = queue.SimpleQueue()
        try:
            self._say({"say": what, "id": number, "rows": rows})
            if not answer.get(timeout=within_s):
                raise NobodyThere("the hub could not store them, or hung up")
        except (queue.Empty, OSError) as error:
            raise NobodyThere(f"the hub did not say that it has them ({type(error).__name__})") from error
        finally:
            self._given.pop(number, None)

    # --- hearing ---

    def _hear(self) -> None:
        try:
            while (frame := receive(self._line)) is not None:
                self._sort(frame)
        except (OSError, NotAFrame) as error:
            log.info("a hub's line ended: %s", error)
        finally:
            self._break()
            self._door.leave(self)
            for answer in list(self._given.values()):
                answer.put(False)  # noqa: FBT003 - a plain no
            self._calls.put(None)
            self._threads[1].join()
            self._line.close()

    def _sort(self, frame: Frame) -> None:
        match frame:
            case {"say": "hello", "protocol": str(spoken)} if spoken == PROTOCOL:
                self._say({"say": "hello", "protocol": PROTOCOL})
                self._door.enter(self)
            case {"say": "submit", "id": int(), "rows": list()}:
                self._calls.put(frame)
            case {"say": ("got" | "refused") as word, "id": int(number)}:
                if answer := self._given.get(number):
                    answer.put(word == "got")
            case _:
                raise NotAFrame("a hub said something of no known form")

    # --- answering ---

    def _answer(self) -> None:
        while (frame := self._calls.get()) is not None:
            if isinstance(frame, threading.Event):
                frame.set()
                continue
            try:
                self._answer_one(frame)
            except (OSError, NotAFrame) as error:
                log.info("a call is not answered: %s", error)
                self._break()

    def _answer_one(self, frame: Frame) -> None:
        try:
            outcomes = self._submit(frame)
        except ConnectorError as error:
            self._say({"say": "error", "id": frame["id"], "error": error_to_wire(error)})
        except NoAnswer as lost:
            self._fail(lost.fault, frame)
        else:
            self._say({"say": "answer", "id": frame["id"], "rows": outcomes})

    def _submit(self, frame: Frame) -> list[list[Any] | None]:
        batch = [message_from_wire(row) for row in frame["rows"]]
        if self._closing.is_set():
            raise TemporaryFailure("The sandbox is being stopped.")
        return [outcome_to_wire(outcome) for outcome in self._carrier.submit(batch)]

    def _fail(self, fault: Fault, frame: Frame) -> None:
        if fault is Fault.GARBAGE:
            self._send(next(self._nonsense)(frame))
        elif fault is not Fault.SILENCE:
            self._break()

    def _break(self) -> None:
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def _say(self, frame: Frame) -> None:
        self._send(packed(frame))

    def _send(self, data: bytes) -> None:
        try:
            with self._writing:
                self._line.sendall(data)
        except OSError:
            self._break()  # half a frame may be out, and nothing that follows it would make sense
            raise


def _too_few(frame: Frame) -> bytes:
    return packed({"say": "answer", "id": frame["id"], "rows": []})


def _without_ids(frame: Frame) -> bytes:
    return packed({"say": "answer", "id": frame["id"], "rows": [["submitted", []]] * len(frame["rows"])})


NONSENSE: tuple[Callable[[Frame], bytes], ...] = (
    lambda _: HEADER.pack(5) + b"\x00\xff{[!",
    lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    lambda _: HEADER.pack(2) + b"[]",
    _too_few,
    _without_ids,
)
"""Answers to a call that make no sense."""
