"""Hands the carrier's receipts to the hub, from a thread of its own, until the hub has them."""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING

from hub import InboundText, StoreUnavailable
from hub_sandbox.ledger import LEASE_S
from hub_sandbox.receipts import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Clock, Sink
    from hub_sandbox.ledger import Ledger
    from hub_sandbox.page import WrittenText
    from hub_sandbox.receipts import OwedReceipt

RECEIPTS_AT_ONCE = 1000
RETRY_S = 1.0
"""How long after a failure receipts are handed over again."""

_LONGEST_REST_S = 1.0
"""Another worker may have written what is due now, or died before handing it over."""
_STOP_S = 30.0

log = logging.getLogger(__name__)


class NobodyThere(Exception):
    """A sink's word that nobody takes receipts just now; they come again, and nothing is wrong."""


class Postman:
    """Watches the ledger for receipts that are due; sleeps until the next one is.

    A receipt is struck out only after the sink returned, so that it comes again after a crash.
    """

    def __init__(self, name: str, ledger: Ledger, sink: Sink, clock: Clock, *, lease_s: float = LEASE_S) -> None:
        self._ledger = ledger
        self._sink = sink
        self._clock = clock
        self._lease_s = lease_s
        self._bell = threading.Condition()
        self._rung = False
        self._wakes_at = math.inf
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"{name} receipts", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the delivery in hand, and end."""
        with self._bell:
            self._stopping = True
            self._bell.notify()
        self._thread.join(_STOP_S)

    def expect(self, due: float) -> None:
        """Hear that a receipt will be due at `due` (Unix seconds)."""
        with self._bell:
            if due < self._wakes_at:
                self._rung = True
                self._bell.notify()

    def hand_over(self, receipts: Sequence[OwedReceipt]) -> None:
        """Give receipts to the hub; if it does not take them, owe them again a little later."""
        now = self._now()
        try:
            self._sink.receipts(written(receipts, now))
        except (NobodyThere, StoreUnavailable) as error:
            log.info("%d receipts wait: %s", len(receipts), error)
            self._ledger.put_back(receipts, self._now() + RETRY_S)
        except Exception:
            log.exception("the hub did not take %d receipts; they come again", len(receipts))
            self._ledger.put_back(receipts, now + RETRY_S)
        else:
            self._ledger.settle(receipts)

    def hand_over_texts(self, texts: Sequence[WrittenText]) -> None:
        """Give texts from phones to the hub; if it does not take them, they come again a little later."""
        handed = [InboundText(one.number, one.to, one.text, f"mo-{one.id}", raw=one.text) for one in texts]
        try:
            self._sink.inbound(handed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the texts come again
            log.info("%d texts from phones wait: %s", len(texts), type(error).__name__)
            self._ledger.put_texts_back(texts, self._now() + RETRY_S)
        else:
            self._ledger.strike_texts(texts)
            self._sink.acknowledged(handed)

    def _run(self) -> None:
        while not self._stopping:
            try:
                next_due = self._deliver_due()
            except Exception:
                log.exception("the sandbox cannot use its ledger; it tries again")
                next_due = self._now() + RETRY_S
            self._rest_until(next_due)

    def _deliver_due(self) -> float:
        """Hand over what is due, as far as it fits into one delivery; tell when to look again."""
        now = self._now()
        due = self._ledger.next_due()
        if due is None or due > now:
            return due or math.inf
        taken = self._ledger.take_due(now, RECEIPTS_AT_ONCE, lease_s=self._lease_s)
        if taken:
            self.hand_over(taken)
        if texts := self._ledger.take_texts(now, lease_s=self._lease_s):
            self.hand_over_texts(texts)
        return now

    def _rest_until(self, due: float) -> None:
        now = self._now()
        seconds = min(due - now, _LONGEST_REST_S)
        with self._bell:
            if seconds > 0 and not self._rung and not self._stopping:
                self._wakes_at = now + seconds
                self._bell.wait(seconds)
            self._rung = False
            self._wakes_at = math.inf

    def _now(self) -> float:
        return self._clock.now().timestamp()
