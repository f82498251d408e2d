"""Phones that the sandbox reaches can write back: to a carrier inside the worker, and to one of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from click.testing import CliRunner

from hub import ConnectorContext, InboundText, StoreUnavailable
from hub.cli import hub
from hub.clock import SystemClock
from hub.testing.contract import OpenLine, RecordingSink
from hub_sandbox.ledger import Ledger
from hub_sandbox.remote import RemoteSandbox
from hub_sandbox.settings import SandboxSettings
from hub_sandbox.testing import CarrierProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

NINA, CODE = "+33612345678", "36180"


class BusyInbox(RecordingSink):
    """A sink whose store is locked the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[InboundText] = []

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Refuse once, then keep."""
        if not self.refused:
            self.refused += texts
            raise StoreUnavailable("The database is locked.")
        super().inbound(texts)


def told_of(sink: RecordingSink, number: int) -> list[InboundText]:
    """The texts that were acknowledged, once there are so many."""
    end = time.monotonic() + 20
    while len(sink.told) < number:
        assert time.monotonic() < end, sink.told
        time.sleep(0.01)
    return list(sink.told)


def test_what_somebody_writes_is_handed_over_and_acknowledged(
    open_sandbox: Callable[..., OpenLine], ledger: Ledger
) -> None:
    """Each text once, under a name of its own, in the order of writing."""
    sink = open_sandbox().sink
    for text in ("Oui", "Oui", "STOP"):
        ledger.write_text(NINA, CODE, text, time.time())
    handed = told_of(sink, 3)
    assert [(one.number, one.to, one.text) for one in handed] == [(NINA, CODE, text) for text in ("Oui", "Oui", "STOP")]
    assert len({one.carrier_id for one in handed}) == 3


def test_a_text_that_the_hub_does_not_take_comes_again(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """Under the same name."""
    sink = BusyInbox()
    open_sandbox(sink)
    ledger.write_text(NINA, CODE, "Oui", time.time())
    assert told_of(sink, 1) == sink.refused


def test_a_text_waits_for_a_hub_that_is_not_there(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """The carrier keeps it."""
    ledger.write_text(NINA, CODE, "Oui", time.time())
    assert [one.text for one in told_of(open_sandbox().sink, 1)] == ["Oui"]


def test_a_text_that_was_handed_over_is_struck_out(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """It does not come again."""
    ledger.write_text(NINA, CODE, "Oui", time.time())
    told_of(open_sandbox().sink, 1)
    assert (ledger.next_due(), ledger.take_texts(time.time() + 3600)) == (None, [])


def test_texts_come_from_a_carrier_of_its_own(tmp_path: Path) -> None:
    """Over the line, as receipts do."""
    carrier = CarrierProcess(tmp_path / "carrier")
    carrier.start()
    sink = RecordingSink()
    settings = SandboxSettings.model_validate({"address": carrier.address})
    connector = RemoteSandbox(ConnectorContext("sandbox", tmp_path, SystemClock()), settings)
    connector.open(sink)
    try:
        said = CliRunner().invoke(hub, ["sandbox", "text", NINA, CODE, "Oui", "--folder", str(tmp_path / "carrier")])
        assert said.exit_code == 0, said.output
        assert [(one.number, one.text) for one in told_of(sink, 1)] == [(NINA, "Oui")]
    finally:
        connector.close()
        carrier.kill()


def test_the_hubs_own_carrier_is_found_by_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the worker looks for it."""
    monkeypatch.setenv("HUB_HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_HUB_REDIS_URL", "none")
    monkeypatch.setenv("HUB_CONNECTOR_PLAY_TYPE", "sandbox")
    monkeypatch.setenv("HUB_ROUTE_MAIN_CONNECTOR", "play")
    said = CliRunner().invoke(hub, ["sandbox", "text", NINA, CODE, "Oui"])
    assert said.exit_code == 0, said.output
    ledger = Ledger.in_folder(tmp_path / "connectors" / "play")
    assert [one.text for one in ledger.take_texts(time.time() + 1)] == ["Oui"]
    ledger.close()


def test_without_a_sandbox_this_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is written anywhere."""
    monkeypatch.setenv("HUB_HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_HUB_REDIS_URL", "none")
    monkeypatch.setenv("HUB_CONNECTOR_PAPER_TYPE", "console")
    monkeypatch.setenv("HUB_ROUTE_MAIN_CONNECTOR", "paper")
    said = CliRunner().invoke(hub, ["sandbox", "text", NINA, CODE, "Oui"])
    assert (said.exit_code, "--folder" in said.output) == (1, True)
