from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hub import StoreUnavailable
from hub.testing.contract import OpenLine, RecordingSink, outgoing
from hub_sandbox.ledger import LEASE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from hub import DeliveryReceipt
    from hub_sandbox.ledger import Ledger

    from .conftest import TurnedClock

WORKER = Path(__file__).parent / "worker_process.py"
EACH_SUBMITS = 300


class BusySink(RecordingSink):
    """A sink whose store is locked the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[DeliveryReceipt] = []

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Refuse once, then keep."""
        if not self.refused:
            self.refused.extend(receipts)
            raise StoreUnavailable("The database is locked.")
        super().receipts(receipts)


class WaitingSink(RecordingSink):
    """A sink that takes its time: until it is `released`."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.released = threading.Event()

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Wait, then keep."""
        self.entered.set()
        assert self.released.wait(10)
        super().receipts(receipts)


def _wait_until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def _worker(mode: str, folder: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(WORKER), mode, str(folder), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_receipts_that_the_hub_did_not_take_come_again(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """A sink that raises is handed the same receipts a little later, and then they are struck out."""
    sink = BusySink()
    line = open_sandbox(sink)
    line.submit(outgoing(), outgoing())
    assert sink.wait_for(2) == sink.refused
    line.connector.close()
    assert ledger.receipts_owed() == 0


def test_early_receipts_that_the_hub_did_not_take_come_again(open_sandbox: Callable[..., OpenLine]) -> None:
    """The message is answered all the same."""
    sink = BusySink()
    (outcome,) = open_sandbox(sink, early_receipts=1).submit(outgoing())
    (receipt,) = sink.wait_for(1)
    assert (receipt.carrier_id,) == outcome.carrier_ids  # type: ignore[union-attr] # fails the test as it should


def test_a_ledger_that_cannot_be_read_for_a_while_stops_nothing(
    open_sandbox: Callable[..., OpenLine], ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread outlives the trouble, says so, and hands over what is owed when it is past."""
    line = open_sandbox(receipt_delay_s=0.1)
    line.submit(outgoing())
    with ledger.page() as page:
        page.execute("ALTER TABLE receipts RENAME TO mislaid")
    _wait_until(lambda: "cannot use its ledger" in caplog.text)
    with ledger.page() as page:
        page.execute("ALTER TABLE mislaid RENAME TO receipts")
    assert len(line.sink.wait_for(1)) == 1


def test_closing_finishes_the_delivery_in_hand(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """`close` waits for the sink, and what it took is struck out."""
    sink = WaitingSink()
    line = open_sandbox(sink)
    line.submit(outgoing())
    assert sink.entered.wait(5)
    threading.Timer(0.1, sink.released.set).start()
    line.connector.close()
    assert (len(sink.received), ledger.receipts_owed()) == (1, 0)


def test_receipts_still_owed_come_with_the_next_opening(
    open_sandbox: Callable[..., OpenLine], clock: TurnedClock
) -> None:
    """The carrier does not forget while the hub is away."""
    line = open_sandbox(receipt_delay_s=100)
    (outcome,) = line.submit(outgoing())
    line.connector.close()
    clock.turn(101)
    (receipt,) = open_sandbox().sink.wait_for(1)
    assert (receipt.carrier_id,) == outcome.carrier_ids  # type: ignore[union-attr] # fails the test as it should


def test_a_worker_finds_what_another_left(open_sandbox: Callable[..., OpenLine], clock: TurnedClock) -> None:
    """A worker that submitted nothing hands over the receipts of one that is gone."""
    idle = open_sandbox()
    line = open_sandbox(receipt_delay_s=100)
    line.submit(outgoing())
    line.connector.close()
    clock.turn(101)
    assert len(idle.sink.wait_for(1)) == 1


def test_a_crash_in_the_sink_repeats_the_receipts(
    open_sandbox: Callable[..., OpenLine], folder: Path, clock: TurnedClock, ledger: Ledger
) -> None:
    """A worker killed after the sink had receipts, and before they were struck out: they come again."""
    dead = _worker("die", folder, EACH_SUBMITS)
    seen, _ = dead.communicate(timeout=30)
    assert dead.returncode < 0
    taken = {submission.carrier_ids for submission in ledger.submissions()}
    clock.turn(LEASE_S + 1)
    received = open_sandbox().sink.wait_for(len(taken))
    assert set(seen.split()) <= {receipt.carrier_id for receipt in received} == taken


def test_two_workers_hand_over_each_receipt_once(folder: Path, ledger: Ledger) -> None:
    """Two processes on one folder, nobody crashes: every message is reported by one of them, one time."""
    workers = [_worker("deliver", folder, 2 * EACH_SUBMITS) for _ in range(2)]
    seen = Counter(carrier_id for worker in workers for carrier_id in worker.communicate(timeout=60)[0].split())
    assert [worker.returncode for worker in workers] == [0, 0]
    assert seen == Counter(submission.carrier_ids for submission in ledger.submissions())
    assert len(seen) == 2 * EACH_SUBMITS
