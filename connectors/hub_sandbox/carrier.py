"""The carrier itself: takes batches as numbers and odds will have it, and reports on what it took.

It is the same carrier inside a worker (`connector.py`) and as a process of its own (`server.py`).
"""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from hub import NotSent, PermanentFailure, TemporaryFailure, Throttled
from hub_sandbox.intake import PAUSE_S, take
from hub_sandbox.ledger import LEASE_S, Ledger
from hub_sandbox.postman import Postman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import ConnectorContext, Outcome, OutgoingMessage, Sink
    from hub_sandbox.intake import Taken
    from hub_sandbox.settings import SandboxSettings


class Fault(StrEnum):
    """What can happen to a whole call instead of an answer."""

    BROKEN_BEFORE = "the line breaks, and nothing was taken"
    BROKEN_AFTER = "the line breaks after everything was taken"
    SILENCE = "everything was taken, and no answer ever comes"
    GARBAGE = "everything was taken, and the answer is nonsense"


class NoAnswer(Exception):
    """A call that is not answered, as the odds will have it; how that shows is a matter of the line."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(f"As asked: {fault}.")


class Carrier:
    """A carrier with its ledger in the folder of `context`; several may share one folder, each in its process.

    `lease_s`: seconds after which receipts that one was handing over when it died are handed over by another.
    """

    def __init__(self, context: ConnectorContext, settings: SandboxSettings, *, lease_s: float = LEASE_S) -> None:
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
        """Take a batch.

        Raises TemporaryFailure when the carrier is closed or its ledger cannot be written, Throttled when every
        message was put off, PermanentFailure for a batch that is too large, and NoAnswer where the odds say so.
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
            raise NoAnswer(Fault.BROKEN_BEFORE)

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
        odds = (
            (Fault.BROKEN_AFTER, self._settings.lost_batches),
            (Fault.SILENCE, self._settings.silent),
            (Fault.GARBAGE, self._settings.garbage),
        )
        for fault, odd in odds:
            if self._happens(odd):
                raise NoAnswer(fault)

    def _happens(self, odds: float) -> bool:
        return bool(odds) and self._dice.random() < odds
