"""The way to the sandbox: what the hub holds instead of a carrier's line."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from hub import Capabilities, NotSent, PermanentFailure, TemporaryFailure, Throttled
from hub_sandbox.intake import PAUSE_S, take
from hub_sandbox.ledger import LEASE_S, Ledger
from hub_sandbox.postman import Postman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_sandbox.intake import Taken
    from hub_sandbox.settings import SandboxSettings


class Sandbox:
    """A carrier inside the worker; its ledger is outside, in the connector's folder, for all workers.

    `lease_s`: seconds after which receipts that a dead worker was handing over are handed over by another.
    """

    def __init__(self, context: ConnectorContext, settings: SandboxSettings, *, lease_s: float = LEASE_S) -> None:
        self.capabilities = Capabilities(
            receipts=settings.receipts,
            idempotent=settings.idempotent,
            rate=settings.rate,
            batch_size=settings.batch_size,
        )
        self._context = context
        self._settings = settings
        self._lease_s = lease_s
        self._dice = Random(settings.seed)  # noqa: S311 - odds of made-up faults, no secrets
        self._line: tuple[Ledger, Postman] | None = None

    def open(self, sink: Sink) -> None:
        """Open the ledger, and begin to hand over the receipts that are owed from before."""
        if self._line is not None:
            return
        ledger = Ledger.in_folder(self._context.folder)
        postman = Postman(self._context.name, ledger, sink, self._context.clock, lease_s=self._lease_s)
        postman.start()
        self._line = ledger, postman

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Take a batch, as numbers and odds will have it.

        Raises TemporaryFailure when the line is closed or broken or the ledger cannot be written, Throttled
        when every message was put off, PermanentFailure for a batch that is too large, and
        ConnectionResetError when a batch was taken and all its answers lost.
        """
        if self._line is None:
            raise TemporaryFailure("The sandbox's line is closed.")
        if len(batch) > self._settings.batch_size:
            raise PermanentFailure(f"The sandbox takes at most {self._settings.batch_size} messages at a time.")
        if not batch:
            return []
        self._travel()
        taken = self._take(*self._line, batch)
        self._perhaps_fail(taken)
        return taken.outcomes

    def close(self) -> None:
        """Finish the delivery in hand; the receipts still owed come with the next opening."""
        if self._line is None:
            return
        ledger, postman = self._line
        self._line = None
        postman.stop()
        ledger.close()

    def _travel(self) -> None:
        if self._settings.latency_ms:
            time.sleep(self._settings.latency_ms / 1000)
        if self._happens(self._settings.disconnect):
            raise TemporaryFailure("The sandbox broke the line before it took anything, as asked.")

    def _take(self, ledger: Ledger, postman: Postman, batch: Sequence[OutgoingMessage]) -> Taken:
        now = self._context.clock.now().timestamp()
        try:
            taken = take(ledger, batch, self._settings, now=now, lease_s=self._lease_s, dice=self._dice)
        except sqlite3.OperationalError as error:
            raise TemporaryFailure(f"The sandbox cannot write its ledger: {error}.") from error
        if taken.early:
            postman.hand_over(taken.early)
        if taken.owed:
            postman.expect(min(receipt.due for receipt in taken.owed))
        return taken

    def _perhaps_fail(self, taken: Taken) -> None:
        if all(isinstance(outcome, NotSent) for outcome in taken.outcomes):
            raise Throttled("The sandbox wants us slower.", retry_after=timedelta(seconds=PAUSE_S))
        if self._happens(self._settings.lost_batches):
            raise ConnectionResetError("The sandbox took the batch and broke the line, as asked.")

    def _happens(self, odds: float) -> bool:
        return bool(odds) and self._dice.random() < odds
