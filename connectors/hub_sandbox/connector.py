"""The way to a sandbox inside the worker: what the hub holds instead of a carrier's line."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from hub import Capabilities, TemporaryFailure
from hub_sandbox.carrier import Carrier, Fault, NoAnswer
from hub_sandbox.ledger import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_sandbox.settings import SandboxSettings


def capabilities_of(settings: SandboxSettings) -> Capabilities:
    """What the engine is told of a sandbox with these settings."""
    return Capabilities(
        receipts=settings.receipts,
        idempotent=settings.idempotent,
        rate=settings.rate,
        batch_size=settings.batch_size,
        inbound=True,
    )


class Sandbox:
    """A carrier inside the worker; its ledger is outside, in the connector's folder, for all workers.

    `lease_s`: seconds after which receipts that a dead worker was handing over are handed over by another.
    """

    def __init__(self, context: ConnectorContext, settings: SandboxSettings, *, lease_s: float = LEASE_S) -> None:
        self.capabilities = capabilities_of(settings)
        self._carrier = Carrier(context, settings, lease_s=lease_s)
        self._patience_s = settings.answer_timeout_s
        self._closed = threading.Event()

    def open(self, sink: Sink) -> None:
        """Open the ledger, and begin to hand over the receipts that are owed from before."""
        self._closed.clear()
        self._carrier.open(sink)

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Take a batch, as numbers and odds will have it.

        Raises TemporaryFailure when the line is closed or broken or the ledger cannot be written, Throttled
        when every message was put off, PermanentFailure for a batch that is too large; and where a batch was
        taken and the odds took its answer, ConnectionResetError, TimeoutError or ValueError.
        """
        try:
            return self._carrier.submit(batch)
        except NoAnswer as lost:
            if lost.fault is Fault.BROKEN_BEFORE:
                raise TemporaryFailure("The sandbox broke the line before it took anything, as asked.") from lost
            if lost.fault is Fault.SILENCE:
                self._closed.wait(self._patience_s)
            raise _LOSSES[lost.fault](f"The sandbox took the batch. {lost}") from lost

    def close(self) -> None:
        """Finish the delivery in hand; the receipts still owed come with the next opening."""
        self._closed.set()
        self._carrier.close()


_LOSSES: dict[Fault, type[Exception]] = {
    Fault.BROKEN_AFTER: ConnectionResetError,
    Fault.SILENCE: TimeoutError,
    Fault.GARBAGE: ValueError,
}
