"""One connection to a carrier of its own: a call out, its answer in, and receipts whenever they come."""

from __future__ import annotations

import logging
import queue
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from hub import StoreUnavailable, TemporaryFailure, Unknown
from hub_sandbox.codec import error_from_wire, message_to_wire, outcomes_from_wire, receipts_from_wire, texts_from_wire
from hub_sandbox.wire import PROTOCOL, NotAFrame, packed, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub import InboundText, Outcome, OutgoingMessage, Sink
    from hub_sandbox.endpoint import Endpoint
    from hub_sandbox.wire import Frame

log = logging.getLogger(__name__)


class Link:
    """A line that is up, with two threads: one hears, one hands receipts to `sink`.

    `on_end` is called once, from the thread that hears, when the line is gone.
    """

    def __init__(self, endpoint: Endpoint, sink: Sink, on_end: Callable[[], None], *, connect_s: float) -> None:
        self._line = _called(endpoint, connect_s)
        self._sink = sink
        self._on_end = on_end
        self._numbers = count(1)
        self._asked: dict[int, Future[Frame]] = {}
        self._post: queue.SimpleQueue[tuple[int, Callable[[], None], int] | None] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._hear, name=f"{endpoint} hears", daemon=True),
            threading.Thread(target=self._deliver, name=f"{endpoint} receipts", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_up(self) -> bool:
        """Whether nothing has ended this line yet."""
        return not self._over.is_set()

    def submit(self, batch: Sequence[OutgoingMessage], within_s: float) -> list[Outcome]:
        """Hand a batch over, and wait for its answer.

        Raises TemporaryFailure while it is certain that nothing was taken; once the last byte is written and
        no answer makes sense of it, every message is Unknown, and the line is ended.
        """
        number = next(self._numbers)
        answer: Future[Frame] = Future()
        self._asked[number] = answer
        try:
            self._write({"say": "submit", "id": number, "rows": [message_to_wire(one) for one in batch]})
            return self._read(answer.result(timeout=within_s), len(batch))
        except (OSError, NotAFrame) as error:  # TimeoutError and all that ends a connection are of OSError
            self._end(error)
            detail = f"The carrier's line was lost before it answered: {str(error) or type(error).__name__}."
            return [Unknown(detail)] * len(batch)
        finally:
            self._asked.pop(number, None)

    def close(self) -> None:
        """Finish the delivery in hand, and hang up."""
        self._post.put(None)
        self._threads[1].join()
        self._end(ConnectionAbortedError("the hub hung up"))
        self._threads[0].join()

    def _write(self, frame: Frame) -> None:
        try:
            self._say(frame)
        except OSError as error:  # a carrier takes whole frames only, and this one has no end
            self._end(error)
            raise TemporaryFailure(f"The carrier's line broke before the texts were handed over: {error}.") from error

    @staticmethod
    def _read(frame: Frame, count_: int) -> list[Outcome]:
        if frame["say"] == "error":
            raise error_from_wire(frame.get("error"))
        return outcomes_from_wire(frame.get("rows"), count_)

    def _hear(self) -> None:
        why: Exception = ConnectionResetError("the carrier hung up")
        try:
            while (frame := receive(self._line)) is not None:
                self._sort(frame)
        except (OSError, NotAFrame) as error:
            why = error
        self._end(why)
        self._post.put(None)
        self._line.close()
        self._on_end()

    def _sort(self, frame: Frame) -> None:
        match frame:
            case {"say": "answer" | "error", "id": int(number)}:
                asked = self._asked.get(number)
                if asked is not None and not asked.done():
                    asked.set_result(frame)
            case {"say": "receipts", "id": int(number), "rows": list(rows)}:
                self._post.put((number, partial(self._sink.receipts, receipts_from_wire(rows)), len(rows)))
            case {"say": "texts", "id": int(number), "rows": list(rows)}:
                self._post.put((number, partial(self._take_texts, texts_from_wire(rows)), len(rows)))
            case _:
                raise NotAFrame("the carrier said something of no known form")

    def _deliver(self) -> None:
        while (delivery := self._post.get()) is not None:
            number, take, count_ = delivery
            with suppress(OSError):  # then they come again, over another line
                self._say({"say": self._hand_over(take, count_), "id": number})

    def _take_texts(self, texts: Sequence[InboundText]) -> None:
        self._sink.inbound(texts)
        self._sink.acknowledged(texts)

    @staticmethod
    def _hand_over(take: Callable[[], None], count_: int) -> str:
        try:
            take()
        except StoreUnavailable as error:
            log.warning("%d receipts are not taken now, and come again: %s", count_, error)
            return "refused"
        except Exception:
            log.exception("the hub did not take %d receipts; they come again", count_)
            return "refused"
        return "got"

    def _say(self, frame: dict[str, Any]) -> None:
        data = packed(frame)
        with self._writing:
            self._line.sendall(data)

    def _end(self, why: Exception) -> None:
        self._over.set()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        for asked in list(self._asked.values()):
            if not asked.done():
                with suppress(Exception):  # the other thread may have answered in between
                    asked.set_exception(why)


def _called(endpoint: Endpoint, within_s: float) -> socket.socket:
    """A line whose carrier said hello. Raises TemporaryFailure."""
    try:
        line = endpoint.call(within_s)
    except OSError as error:
        raise TemporaryFailure(f"The carrier at {endpoint} cannot be reached: {error}.") from error
    try:
        line.sendall(packed({"say": "hello", "protocol": PROTOCOL}))
        _require_hello(receive(line, patiently=False))
    except (OSError, NotAFrame) as error:
        line.close()
        raise TemporaryFailure(f"The carrier at {endpoint} does not say hello: {error}.") from error
    return line


def _require_hello(said: Frame | None) -> None:
    if said is None or said.get("protocol") != PROTOCOL:
        raise NotAFrame("it is another kind of server, or of another version")
