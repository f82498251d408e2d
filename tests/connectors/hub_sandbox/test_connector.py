from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext, PermanentFailure, Submitted, TemporaryFailure
from hub.clock import SystemClock
from hub.testing.contract import OpenLine, outgoing
from hub_sandbox.connector import Sandbox
from hub_sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hub_sandbox.ledger import Ledger


def test_capabilities_are_those_of_the_settings(tmp_path: Path) -> None:
    """The engine is told what the operator asked for."""
    settings = SandboxSettings.model_validate({"receipts": False, "idempotent": True, "rate": 25, "batch_size": 7})
    declared = Sandbox(ConnectorContext("sandbox", tmp_path, SystemClock()), settings).capabilities
    assert (declared.receipts, declared.idempotent, declared.rate, declared.batch_size) == (False, True, 25, 7)


def test_an_answer_takes_its_latency(open_sandbox: Callable[..., OpenLine]) -> None:
    """A call lasts at least `latency_ms`."""
    line = open_sandbox(latency_ms=50)
    started_at = time.monotonic()
    line.submit(outgoing())
    assert time.monotonic() - started_at >= 0.05


def test_a_batch_that_is_too_large_is_refused_whole(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """More than `batch_size` messages at once is a fault of the caller, and nothing of it is taken."""
    with pytest.raises(PermanentFailure):
        open_sandbox(batch_size=2).connector.submit([outgoing() for _ in range(3)])
    assert ledger.submissions() == []


@pytest.mark.parametrize(("one_id_per_part", "ids"), [(True, 3), (False, 1)])
def test_long_texts_have_as_many_ids_as_the_settings_say(
    open_sandbox: Callable[..., OpenLine], ids: int, *, one_id_per_part: bool
) -> None:
    """One id and one receipt for each part, or for the whole."""
    line = open_sandbox(one_id_per_part=one_id_per_part)
    (outcome,) = line.submit(outgoing(parts=("one", "two", "three")))
    assert isinstance(outcome, Submitted)
    assert len(outcome.carrier_ids) == ids
    assert [receipt.carrier_id for receipt in line.sink.wait_for(ids)] == list(outcome.carrier_ids)


@pytest.mark.parametrize("echoes", [True, False])
def test_receipts_name_our_reference_where_asked(open_sandbox: Callable[..., OpenLine], *, echoes: bool) -> None:
    """`echo_client_ref` decides whether a receipt carries the hub's message id."""
    line = open_sandbox(echo_client_ref=echoes)
    message = outgoing()
    line.submit(message)
    assert line.sink.wait_for(1)[0].client_ref == (message.id if echoes else None)


def test_a_receipt_has_the_carriers_own_words(open_sandbox: Callable[..., OpenLine]) -> None:
    """The raw form is that of SMPP's receipts: id, state and error number."""
    line = open_sandbox()
    (outcome,) = line.submit(outgoing(to="+33639989901"))
    (receipt,) = line.sink.wait_for(1)
    assert isinstance(outcome, Submitted)
    assert receipt.raw.startswith(f"id:{outcome.carrier_ids[0]} sub:001 dlvrd:000 done date:")
    assert receipt.raw.endswith("stat:UNDELIV err:001")


def test_a_full_disk_takes_nothing(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """When the ledger cannot be written, nothing was taken; the next try works when there is room again."""
    line = open_sandbox()
    assert isinstance(line.connector, Sandbox)
    assert line.connector._carrier._line is not None
    connection = line.connector._carrier._line[0]._connection
    batch = [outgoing() for _ in range(500)]
    connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(TemporaryFailure):
        line.submit(*batch)
    assert ledger.submissions() == []
    connection.execute("PRAGMA max_page_count = 1000000")
    line.submit(*batch)
    assert len(ledger.submissions()) == 500
