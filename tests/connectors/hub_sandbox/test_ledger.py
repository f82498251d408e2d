from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from hub.testing.contract import OpenLine, outgoing
from hub_sandbox.ledger import Ledger
from hub_sandbox.receipts import PlannedReceipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = 1_800_000_000.0


def _owe(ledger: Ledger, *dues: float) -> None:
    with ledger.page() as page:
        page.write_receipts([PlannedReceipt(due, f"id{due}", None, "+33639981234", "delivered") for due in dues])


def test_the_ledger_tells_what_was_taken(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """A submission is written down with its reference, number, sender, text, parts and ids."""
    message = outgoing(parts=("one ", "two"), sender="SHOP")
    (outcome,) = open_sandbox().submit(message)
    (taken,) = ledger.submissions()
    assert taken[1:6] == (message.id, message.to, "SHOP", "one two", 2)
    assert tuple(taken.carrier_ids.split()) == outcome.carrier_ids  # type: ignore[union-attr] # fails as it should


def test_a_text_sent_twice_shows(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """A carrier that is not idempotent takes the same reference twice, and says so."""
    message = outgoing()
    line = open_sandbox()
    line.submit(message)
    line.submit(message)
    assert ledger.times_taken() == {message.id: 2}


def test_the_oldest_receipts_are_taken_first(ledger: Ledger) -> None:
    """Those that are due, the oldest first, as many as asked for."""
    _owe(ledger, NOW + 1, NOW - 1, NOW - 3, NOW - 2)
    assert [receipt.due for receipt in ledger.take_due(NOW, 2)] == [NOW - 3, NOW - 2]


def test_taken_receipts_are_nobody_elses(ledger: Ledger) -> None:
    """Until the lease has passed, another worker gets nothing."""
    _owe(ledger, NOW)
    taken = ledger.take_due(NOW, 10, lease_s=5)
    assert ledger.take_due(NOW + 4, 10) == []
    assert [receipt.id for receipt in ledger.take_due(NOW + 5, 10)] == [receipt.id for receipt in taken]


def test_settled_receipts_are_gone(ledger: Ledger) -> None:
    """What the hub has is not owed any more, whenever one looks."""
    _owe(ledger, NOW, NOW)
    ledger.settle(ledger.take_due(NOW, 1))
    assert ledger.receipts_owed() == 1


def test_a_page_that_fails_writes_nothing(ledger: Ledger) -> None:
    """An error inside a page leaves the book as it was, and open."""

    def write_and_fail() -> None:
        with ledger.page() as page:
            page.put_off("a message")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with ledger.page() as page:
        assert page.times_put_off("a message") == 0


def test_carrier_ids_differ_from_those_of_a_lost_ledger(folder: Path, open_sandbox: Callable[..., OpenLine]) -> None:
    """A folder that was emptied while the hub was stopped does not give the same ids again."""
    ids = []
    for _ in range(2):
        line = open_sandbox()
        ids += line.submit(outgoing(), outgoing())
        line.connector.close()
        for file in folder.iterdir():
            file.unlink()
    assert len(set(ids)) == 4


def test_many_workers_may_make_the_ledger_at_once(tmp_path: Path) -> None:
    """The first moment of the file is shared without an error."""
    errors: list[BaseException] = []

    def make(folder: Path) -> None:
        try:
            Ledger.in_folder(folder).close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test reports it
            errors.append(error)

    for attempt in range(10):
        threads = [threading.Thread(target=make, args=(tmp_path / str(attempt),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


def test_a_busy_thread_does_not_hold_the_line_up(open_sandbox: Callable[..., OpenLine]) -> None:
    """With another thread computing, ten full batches take a fraction of a second, not one wait per message."""
    line = open_sandbox(receipts=False)
    batches = [[outgoing() for _ in range(500)] for _ in range(10)]
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(1000))

    busy = threading.Thread(target=compute)
    busy.start()
    started_at = time.monotonic()
    for batch in batches:
        line.submit(*batch)
    took_s = time.monotonic() - started_at
    ended.set()
    busy.join()
    assert took_s < 5
