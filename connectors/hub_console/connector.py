"""Prints texts to standard output, and reports each as delivered."""

from __future__ import annotations

import logging
import queue
import sys
import threading
import uuid
from typing import TYPE_CHECKING

from rich.console import Console, Group

from hub import Capabilities, DeliveryReceipt, ReceiptState, Submitted, TemporaryFailure
from hub_console.box import box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_console.settings import ConsoleSettings

RETRY_S = 1.0
"""How long after a failure receipts are handed over again."""

log = logging.getLogger(__name__)


class ConsoleConnector:
    """A carrier whose phones are a terminal: takes everything, forgets it when the process ends."""

    def __init__(self, context: ConnectorContext, settings: ConsoleSettings) -> None:
        self.capabilities = Capabilities(receipts=settings.receipts, batch_size=settings.batch_size)
        self._name = context.name
        self._reporter: _Reporter | None = None
        self._is_open = False

    def open(self, sink: Sink) -> None:
        """Begin to report."""
        if self._is_open:
            return
        self._is_open = True
        if self.capabilities.receipts:
            self._reporter = _Reporter(self._name, sink)

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Print a batch; raises TemporaryFailure when the connector is closed."""
        if not self._is_open:
            raise TemporaryFailure("The console connector is closed.")
        if not batch:
            return []
        _print(batch)
        submitted = [Submitted((uuid.uuid4().hex,)) for _ in batch]
        if self._reporter is not None:
            self._reporter.report([_receipt(*pair) for pair in zip(batch, submitted, strict=True)])
        return submitted

    def close(self) -> None:
        """Report what was printed, and end."""
        self._is_open = False
        if self._reporter is not None:
            self._reporter.stop()
            self._reporter = None


class _Reporter:
    """Hands receipts to the hub from a thread of its own, as carriers do."""

    def __init__(self, name: str, sink: Sink) -> None:
        self._sink = sink
        self._waiting: queue.SimpleQueue[list[DeliveryReceipt] | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{name} receipts", daemon=True)
        self._thread.start()

    def report(self, receipts: list[DeliveryReceipt]) -> None:
        """Hand receipts over soon."""
        self._waiting.put(receipts)

    def stop(self) -> None:
        """Hand over what waits, trying once, and end."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (receipts := self._waiting.get()) is not None:
            while not self._handed_over(receipts) and not self._stopping.wait(RETRY_S):
                pass

    def _handed_over(self, receipts: list[DeliveryReceipt]) -> bool:
        try:
            self._sink.receipts(receipts)
        except Exception:
            log.exception("the hub did not take %d receipts", len(receipts))
            return False
        return True


class _Terminal(Console):
    """Standard output; closed, it is an error like any other, where rich would end the process."""

    def on_broken_pipe(self) -> None:
        """Say so."""
        raise BrokenPipeError("standard output is closed")


def _print(batch: Sequence[OutgoingMessage]) -> None:
    # Written in one piece, so that the boxes of several workers do not run into each other; and by hand,
    # because rich refuses what the terminal's encoding does not have.
    console = _Terminal()
    with console.capture() as drawn:
        console.print(Group(*map(box, batch)))
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(drawn.get().encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def _receipt(message: OutgoingMessage, submitted: Submitted) -> DeliveryReceipt:
    (carrier_id,) = submitted.carrier_ids
    return DeliveryReceipt(
        carrier_id=carrier_id,
        state=ReceiptState.DELIVERED,
        client_ref=message.id,
        to=message.to,
        raw=f"printed {carrier_id}",
    )
