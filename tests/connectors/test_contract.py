"""The contract itself: an honest connector passes it, and every lie is caught."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest

from hub import (
    Capabilities,
    ConnectorContext,
    DeliveryReceipt,
    Outcome,
    OutgoingMessage,
    ReceiptState,
    Submitted,
    TemporaryFailure,
)
from hub.clock import SystemClock
from hub.testing.contract import ConnectorContract, OpenLine, RecordingSink

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hub import Connector, Sink

_ids = count(1)


class Honest:
    """The smallest connector that keeps the contract."""

    capabilities = Capabilities(receipts=True, batch_size=10)

    def __init__(self) -> None:
        self.sink: Sink | None = None

    def open(self, sink: Sink) -> None:
        """Remember the sink."""
        self.sink = sink

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Take everything and report it at once."""
        if self.sink is None:
            raise TemporaryFailure("closed")
        outcomes = [Submitted(self.ids(message)) for message in batch]
        self.sink.receipts([self.receipt(*pair) for pair in zip(batch, outcomes, strict=True)])
        return outcomes

    def ids(self, message: OutgoingMessage) -> tuple[str, ...]:
        """One id per part."""
        return tuple(f"{next(_ids)}" for _ in message.parts)

    def receipt(self, message: OutgoingMessage, outcome: Submitted) -> DeliveryReceipt:
        """Delivered."""
        carrier_id = outcome.carrier_ids[0] if outcome.carrier_ids else ""
        return DeliveryReceipt(carrier_id, ReceiptState.DELIVERED, client_ref=message.id, raw="DELIVRD")

    def close(self) -> None:
        """Forget the sink."""
        self.sink = None


class ForgetsAnOutcome(Honest):
    """Answers for all messages but the last."""

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """One too few."""
        return list(super().submit(batch))[:-1]


class AnswersBackwards(Honest):
    """Answers in the wrong order."""

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Last first."""
        return list(super().submit(batch))[::-1]


class ChokesOnNothing(Honest):
    """Cannot take an empty batch."""

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Answer for a message that is not there."""
        return super().submit(batch) or [Submitted(("1",))]


class GivesNoIds(Honest):
    """Says yes without an id."""

    def ids(self, message: OutgoingMessage) -> tuple[str, ...]:
        """An empty id for each part."""
        return tuple("" for _ in message.parts)


class RepeatsIds(Honest):
    """Gives every message the same id."""

    def ids(self, message: OutgoingMessage) -> tuple[str, ...]:
        """The part's number only."""
        return tuple(str(number) for number, _ in enumerate(message.parts, start=1))


class GivesTooManyIds(Honest):
    """Counts parts that are not there."""

    def ids(self, message: OutgoingMessage) -> tuple[str, ...]:
        """Four ids, whatever the parts."""
        del message
        return tuple(f"{next(_ids)}" for _ in range(4))


class ReportsOthers(Honest):
    """Reports ids that it never gave."""

    def receipt(self, message: OutgoingMessage, outcome: Submitted) -> DeliveryReceipt:
        """A stranger's receipt."""
        del message, outcome
        return DeliveryReceipt("stranger", ReceiptState.DELIVERED, raw="DELIVRD")


class ReportsNoEnd(Honest):
    """Reports only that messages are on their way."""

    def receipt(self, message: OutgoingMessage, outcome: Submitted) -> DeliveryReceipt:
        """Accepted, and nothing more."""
        return DeliveryReceipt(outcome.carrier_ids[0], ReceiptState.ACCEPTED, client_ref=message.id, raw="ACCEPTD")


class DropsTheRawForm(Honest):
    """Does not keep what the carrier said."""

    def receipt(self, message: OutgoingMessage, outcome: Submitted) -> DeliveryReceipt:
        """Without `raw`."""
        return DeliveryReceipt(outcome.carrier_ids[0], ReceiptState.DELIVERED, client_ref=message.id)


class OnlySaysIdempotent(Honest):
    """Promises to know a repeat, and does not."""

    capabilities = Capabilities(receipts=True, idempotent=True, batch_size=10)


class TakesWhenClosed(Honest):
    """Goes on after `close`."""

    def close(self) -> None:
        """Do nothing."""


class LeavesAThread(Honest):
    """Starts a thread, and never ends it."""

    ended = threading.Event()

    def open(self, sink: Sink) -> None:
        """Start it."""
        super().open(sink)
        self.ended.clear()
        threading.Thread(target=self.ended.wait, daemon=True).start()


class TestHonest(ConnectorContract):
    """The honest connector keeps the contract."""

    def build(self, context: ConnectorContext) -> Connector:
        """Build it; it needs nothing."""
        del context
        return Honest()


LIES: tuple[tuple[type[Honest], str], ...] = (
    (ForgetsAnOutcome, "test_each_message_gets_one_outcome"),
    (ForgetsAnOutcome, "test_a_full_batch_is_taken"),
    (AnswersBackwards, "test_outcomes_stand_in_the_order_of_the_messages"),
    (ChokesOnNothing, "test_an_empty_batch_is_answered_by_nothing"),
    (GivesNoIds, "test_carrier_ids_are_non_empty_and_used_once"),
    (RepeatsIds, "test_carrier_ids_are_non_empty_and_used_once"),
    (ReportsOthers, "test_each_submitted_message_gets_a_final_receipt_as_declared"),
    (ReportsNoEnd, "test_each_submitted_message_gets_a_final_receipt_as_declared"),
    (DropsTheRawForm, "test_receipts_keep_the_carriers_own_words"),
    (OnlySaysIdempotent, "test_a_repeated_reference_is_taken_once_where_declared"),
)


@pytest.fixture
def contract() -> Iterator[ConnectorContract]:
    """The contract, with little patience."""
    contract = ConnectorContract()
    contract.settled_within_s = 0.05
    yield contract
    LeavesAThread.ended.set()


def _opened(connector: Honest) -> OpenLine:
    line = OpenLine(connector, RecordingSink())
    connector.open(line.sink)
    return line


@pytest.mark.parametrize(("liar", "test"), LIES, ids=lambda value: getattr(value, "__name__", None))
def test_a_lie_is_caught(contract: ConnectorContract, liar: type[Honest], test: str) -> None:
    """The named test fails on the connector that breaks its rule."""
    with pytest.raises(AssertionError):
        getattr(contract, test)(_opened(liar()))


def test_ids_that_do_not_fit_the_parts_are_caught(contract: ConnectorContract) -> None:
    """Three parts have one id or three."""
    with pytest.raises(AssertionError):
        contract.test_every_kind_of_text_is_taken(_opened(GivesTooManyIds()), "GSM-7, three parts")


def test_a_connector_that_goes_on_after_closing_is_caught(contract: ConnectorContract) -> None:
    """A yes after `close` fails the test."""
    with pytest.raises(pytest.fail.Exception):
        contract.test_a_closed_connector_takes_nothing(_opened(TakesWhenClosed()))


def test_a_thread_left_behind_is_caught(
    contract: ConnectorContract, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A thread that outlives `close` fails the test."""
    monkeypatch.setattr(contract, "build", lambda _: LeavesAThread(), raising=True)
    with pytest.raises(AssertionError):
        contract.test_closing_ends_every_thread(ConnectorContext("liar", tmp_path, SystemClock()))


def test_waiting_for_receipts_that_never_come_fails() -> None:
    """`wait_for` does not wait for ever, and does not pretend."""
    with pytest.raises(AssertionError, match="0 receipts, waiting for 1"):
        RecordingSink().wait_for(1, timeout=0.01)
