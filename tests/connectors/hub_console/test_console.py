from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext, ReceiptState, Registry, StoreUnavailable, Submitted
from hub.clock import SystemClock
from hub.testing.contract import ConnectorContract, RecordingSink, outgoing
from hub_console import connector, hub_register_connectors
from hub_console.box import visible
from hub_console.connector import ConsoleConnector
from hub_console.settings import ConsoleSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hub import Connector, DeliveryReceipt


class TestConsole(ConnectorContract):
    """The console as it comes."""

    def build(self, context: ConnectorContext) -> Connector:
        """Build a console."""
        return ConsoleConnector(context, ConsoleSettings())


class TestSilentConsole(ConnectorContract):
    """A console without receipts that takes one text at a time."""

    def build(self, context: ConnectorContext) -> Connector:
        """Build a console as hub.ini would have it."""
        return ConsoleConnector(context, ConsoleSettings.model_validate({"receipts": "no", "batch_size": "1"}))


class BusySink(RecordingSink):
    """A sink whose store is locked the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.refusals = 0

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Refuse once, then keep."""
        if not self.refusals:
            self.refusals += 1
            raise StoreUnavailable("The database is locked.")
        super().receipts(receipts)


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again twenty times sooner than outside tests."""
    monkeypatch.setattr(connector, "RETRY_S", 0.05)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ConsoleConnector]:
    """A console, not yet open; closed after the test."""
    console = ConsoleConnector(ConnectorContext("console", tmp_path, SystemClock()), ConsoleSettings())
    yield console
    console.close()


def test_a_text_is_printed_with_all_that_matters(console: ConsoleConnector, capsys: pytest.CaptureFixture[str]) -> None:
    """To, sender, segments, alphabet and text, one aligned line each."""
    console.open(RecordingSink())
    console.submit([outgoing(to="+33639981234", sender="SHOP", parts=("Hello ", "world"))])
    lines = [line.strip("│ ") for line in capsys.readouterr().out.splitlines()]
    assert lines[1:-1] == [
        "to        +33639981234",
        "sender    SHOP",
        "segments  2",
        "alphabet  GSM-7",
        "text      Hello world",
    ]


def test_square_brackets_are_not_markup(console: ConsoleConnector, capsys: pytest.CaptureFixture[str]) -> None:
    """A text is printed as it is, whatever the printing library would read into it."""
    console.open(RecordingSink())
    console.submit([outgoing(parts=("[bold]no[/bold] [/] :smile:",))])
    assert "[bold]no[/bold] [/] :smile:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("bell\x07 back\x08 return\r", "bell␇ back␈ return␍"),
        ("delete\x7f", "delete␡"),
        ("\x9b2J", "<U+009B>2J"),
        ("abc\u202edcba", "abc<U+202E>dcba"),
        ("two\nlines", "two\nlines"),
        ("à 12,50 € ☀️ 👩‍🚀 ж", "à 12,50 € ☀️ 👩‍🚀 ж"),
    ],
)
def test_nothing_in_a_text_steers_the_terminal(text: str, shown: str) -> None:
    """Control and reordering characters are shown, every other character and the line end stay."""
    assert visible(text) == shown


def test_a_terminal_without_unicode_shows_question_marks(
    console: ConsoleConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the terminal cannot write does not stop the text."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    console.open(RecordingSink())
    (outcome,) = console.submit([outgoing(parts=("12 €",))])
    assert isinstance(outcome, Submitted)
    assert b"12 ?" in written.getvalue()


def test_a_text_is_reported_as_delivered(console: ConsoleConnector) -> None:
    """The receipt names the id that was given, our reference and the number."""
    sink = RecordingSink()
    console.open(sink)
    message = outgoing()
    (outcome,) = console.submit([message])
    (receipt,) = sink.wait_for(1)
    assert isinstance(outcome, Submitted)
    assert (receipt.state, receipt.carrier_id, receipt.client_ref, receipt.to) == (
        ReceiptState.DELIVERED,
        outcome.carrier_ids[0],
        message.id,
        message.to,
    )


def test_closing_reports_what_was_printed(console: ConsoleConnector) -> None:
    """Every printed text has its receipt when `close` returns."""
    sink = RecordingSink()
    console.open(sink)
    for _ in range(20):
        console.submit([outgoing()])
    console.close()
    assert len(sink.received) == 20


def test_receipts_that_the_hub_did_not_take_come_again(console: ConsoleConnector) -> None:
    """A sink that raises is handed the same receipts a little later."""
    sink = BusySink()
    console.open(sink)
    message = outgoing()
    console.submit([message])
    assert [receipt.client_ref for receipt in sink.wait_for(1)] == [message.id]
    assert sink.refusals == 1


def test_a_closed_pipe_does_not_end_the_worker(console: ConsoleConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error like others: nobody knows whether the text was read."""

    class ClosedPipe(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    console.open(RecordingSink())
    with pytest.raises(BrokenPipeError):
        console.submit([outgoing()])


def test_the_package_registers_its_type(tmp_path: Path) -> None:
    """`type = console` is known, with its keys, and builds a console that keeps to them."""
    registry = Registry()
    hub_register_connectors(registry)
    kind = registry.connectors["console"]
    settings = kind.settings.model_validate({"batch_size": "7"})
    built = kind.build(ConnectorContext("console", tmp_path, SystemClock()), settings)
    assert (kind.settings, built.capabilities.batch_size) == (ConsoleSettings, 7)
