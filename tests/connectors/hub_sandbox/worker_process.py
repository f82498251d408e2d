"""A worker of its own, for tests that need two of them or kill one: `worker_process.py MODE FOLDER COUNT`.

It writes every receipt it is handed to standard output, one a line, before its sink returns. `deliver` ends
when nothing is owed and the carrier has taken COUNT messages from everybody; `die` kills itself in the sink.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hub import ConnectorContext
from hub.clock import SystemClock
from hub.testing.contract import outgoing
from hub_sandbox.connector import Sandbox
from hub_sandbox.ledger import Ledger
from hub_sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import DeliveryReceipt, InboundText

MESSAGES = 300
GIVE_UP_S = 30.0


class PrintingSink:
    """Writes down what it is handed, as a store would; then dies, if it is to."""

    def __init__(self, *, dies: bool) -> None:
        self._dies = dies

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Write down carrier ids."""
        sys.stdout.write("".join(f"{receipt.carrier_id}\n" for receipt in receipts))
        sys.stdout.flush()
        if self._dies:
            os.kill(os.getpid(), signal.SIGKILL)

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """No text comes here."""

    def acknowledged(self, texts: Sequence[InboundText]) -> None:
        """No text comes here."""


def main(mode: str, folder: str, count: str) -> None:
    """Submit messages, and take receipts until all is done."""
    sandbox = Sandbox(
        ConnectorContext(name="sandbox", folder=Path(folder), clock=SystemClock()),
        SandboxSettings(receipt_delay_s=0.05, receipts=True, batch_size=50),
    )
    sandbox.open(PrintingSink(dies=mode == "die"))
    for start in range(0, MESSAGES, 50):
        sandbox.submit([outgoing(f"{os.getpid()}-{number}") for number in range(start, start + 50)])
    _wait_for_the_end(Ledger.in_folder(Path(folder)), int(count))
    sandbox.close()


def _wait_for_the_end(ledger: Ledger, count: int) -> None:
    give_up_at = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_at:
        if len(ledger.submissions()) == count and ledger.receipts_owed() == 0:
            return
        time.sleep(0.02)
    sys.exit("the carrier still owes receipts")


if __name__ == "__main__":
    main(*sys.argv[1:])
