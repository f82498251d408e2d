# ruff: noqa: S101 - asserts are what tests are made of, and these are shipped for connectors to inherit
"""What every connector must do, as tests: inherit `ConnectorContract`, and say how yours is built.

    class TestMyConnector(ConnectorContract):
        def build(self, context: ConnectorContext) -> Connector:
            return MyConnector(context, MySettings())

The connector must talk to something that takes the messages: a fake of the carrier, or its test account.
`settled_within_s` says how long its receipts may take.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from ulid import ULID

from hub.clock import SystemClock
from hub.compliance.model import Purpose
from hub.errors import ConnectorError
from hub.messages.connector import ConnectorContext, NotSent, Rejected, Submitted, Unknown
from hub.messages.model import OutgoingMessage, ReceiptState
from hub.sms.model import Alphabet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hub.messages.connector import Connector, InboundText, Outcome
    from hub.messages.model import DeliveryReceipt

FINAL_STATES = frozenset(
    {ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.EXPIRED, ReceiptState.REJECTED}
)
"""What a carrier says last; `ACCEPTED` and `UNKNOWN` are said on the way."""

TEXTS = {
    "GSM-7, one part": (Alphabet.GSM, ("Bonjour, votre commande est arrivée: 12,50 €",)),
    "GSM-7, three parts": (Alphabet.GSM, ("a" * 153, "b" * 153, "à bientôt")),
    "UCS-2, one part": (Alphabet.UCS2, ("À demain ☀️ 12,50 €",)),
    "UCS-2, two parts": (Alphabet.UCS2, ("ж" * 67, "до завтра 🌞")),
    "GSM-7, two lines": (Alphabet.GSM, ("Code [12]\n~{34}\\",)),
}
"""Texts that a connector must carry: alphabet, and parts as the hub cuts them (3GPP TS 23.038)."""


def outgoing(
    client_ref: str | None = None,
    *,
    to: str | None = None,
    parts: Sequence[str] = ("Hello",),
    alphabet: Alphabet = Alphabet.GSM,
    sender: str = "HUB",
) -> OutgoingMessage:
    """A message as the engine hands it over, its reference new each time unless given.

    Numbers are of the French range for fiction (`+33639981xxx`), and may come again.
    """
    reference = ULID()
    return OutgoingMessage(
        id=client_ref or str(reference),
        to=to or f"+33639981{int(reference) % 1000:03d}",
        sender=sender,
        text="".join(parts),
        alphabet=alphabet.value,
        parts=tuple(parts),
        purpose=Purpose.ALERT,
    )


class RecordingSink:
    """A sink that keeps what it is given, in order; `calls` has it as it was handed over."""

    def __init__(self) -> None:
        self.calls: list[tuple[DeliveryReceipt, ...]] = []
        self.texts: list[InboundText] = []
        self.told: list[InboundText] = []
        self._changed = threading.Condition()

    @property
    def received(self) -> list[DeliveryReceipt]:
        """Every receipt so far, repeats included."""
        with self._changed:
            return [receipt for call in self.calls for receipt in call]

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Keep receipts."""
        with self._changed:
            self.calls.append(tuple(receipts))
            self._changed.notify_all()

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Keep texts from phones."""
        with self._changed:
            self.texts += texts
            self._changed.notify_all()

    def acknowledged(self, texts: Sequence[InboundText]) -> None:
        """Keep which of them the carrier was told of."""
        with self._changed:
            self.told += texts
            self._changed.notify_all()

    def wait_for_texts(self, number: int, timeout: float = 5.0) -> list[InboundText]:
        """Wait for at least `number` texts and give them all; AssertionError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.texts) >= number, timeout):
                raise AssertionError(f"waited for {number} texts, got {self.texts}")
            return list(self.texts)

    def wait_for(self, number: int, timeout: float = 5.0) -> list[DeliveryReceipt]:
        """Wait for at least `number` receipts and give them all; AssertionError after `timeout` seconds."""
        return self.wait_until(lambda received: len(received) >= number, timeout, wanted=f"{number} receipts")

    def wait_until(
        self, satisfied: Callable[[list[DeliveryReceipt]], bool], timeout: float = 5.0, *, wanted: str = "them"
    ) -> list[DeliveryReceipt]:
        """Wait until the receipts satisfy, and give them all; AssertionError after `timeout` seconds."""
        give_up_at = time.monotonic() + timeout
        with self._changed:
            while not satisfied(received := [receipt for call in self.calls for receipt in call]):
                remaining = give_up_at - time.monotonic()
                assert remaining > 0, f"after {timeout} s: {len(received)} receipts, waiting for {wanted}"
                self._changed.wait(remaining)
        return received


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A connector that is open, and the sink it was opened with."""

    connector: Connector
    sink: RecordingSink

    def submit(self, *messages: OutgoingMessage) -> list[Outcome]:
        """Hand messages over, in as few batches as the carrier allows; nothing at all is one empty batch."""
        size = self.connector.capabilities.batch_size
        starts = range(0, len(messages), size) or [0]
        return [outcome for start in starts for outcome in self.connector.submit(messages[start : start + size])]


class ConnectorContract:
    """The tests; a subclass whose name begins with `Test` runs them on its connector."""

    settled_within_s: float = 5.0
    """How long the carrier's receipts may take."""

    def build(self, context: ConnectorContext) -> Connector:
        """Build the connector, not yet opened; called once per test, with a folder of its own."""
        raise NotImplementedError

    @pytest.fixture
    def context(self, tmp_path: Path) -> ConnectorContext:
        """What the connector is built from."""
        return ConnectorContext(name="contract", folder=tmp_path / "connector", clock=SystemClock())

    @pytest.fixture
    def line(self, context: ConnectorContext) -> Iterator[OpenLine]:
        """The connector, open for one test."""
        line = OpenLine(self.build(context), RecordingSink())
        line.connector.open(line.sink)
        yield line
        line.connector.close()

    def test_each_message_gets_one_outcome(self, line: OpenLine) -> None:
        """As many outcomes come back as messages went in, each of a known kind."""
        outcomes = line.submit(*[outgoing() for _ in range(10)])
        kinds = {type(outcome) for outcome in outcomes}
        assert len(outcomes) == 10, f"10 messages, {len(outcomes)} outcomes"  # noqa: PLR2004 - the batch above
        assert kinds <= {Submitted, Rejected, NotSent, Unknown}, f"kinds of outcome: {kinds}"

    def test_outcomes_stand_in_the_order_of_the_messages(self, line: OpenLine) -> None:
        """Receipts that name the client reference agree with the outcome in that message's place."""
        messages = [outgoing() for _ in range(10)]
        owners = _owners(messages, line.submit(*messages))
        if line.connector.capabilities.receipts:
            self._wait_for_ends(line, owners)
        for receipt in line.sink.received:
            if receipt.client_ref and receipt.carrier_id in owners:
                assert owners[receipt.carrier_id] == receipt.client_ref, f"{receipt} is another message's"

    def test_an_empty_batch_is_answered_by_nothing(self, line: OpenLine) -> None:
        """No messages, no outcomes, no error."""
        assert line.submit() == []

    def test_a_full_batch_is_taken(self, line: OpenLine) -> None:
        """A batch of exactly `capabilities.batch_size` gets its outcomes."""
        size = line.connector.capabilities.batch_size
        outcomes = line.submit(*[outgoing() for _ in range(size)])
        assert len(outcomes) == size, f"{size} messages, {len(outcomes)} outcomes"
        assert any(isinstance(outcome, Submitted) for outcome in outcomes), "nothing of it was taken"

    @pytest.mark.parametrize("name", TEXTS)
    def test_every_kind_of_text_is_taken(self, line: OpenLine, name: str) -> None:
        """Both alphabets and texts of several parts get a yes, with one id or one per part."""
        alphabet, parts = TEXTS[name]
        (outcome,) = line.submit(outgoing(parts=parts, alphabet=alphabet))
        assert isinstance(outcome, Submitted), f"{name}: {outcome}"
        assert len(outcome.carrier_ids) in {1, len(parts)}, f"{len(parts)} parts: {outcome.carrier_ids}"

    def test_a_number_as_sender_is_taken(self, line: OpenLine) -> None:
        """A sender that is a number gets a yes."""
        (outcome,) = line.submit(outgoing(sender="+33639980001"))
        assert isinstance(outcome, Submitted), f"{outcome}"

    def test_a_text_without_a_sender_is_answered(self, line: OpenLine) -> None:
        """Where the carrier is to choose the sender it does, or says no; the other messages of the batch are taken."""
        chosen, other = line.submit(outgoing(sender=""), outgoing())
        assert isinstance(chosen, Submitted | Rejected), f"{chosen}"
        assert isinstance(other, Submitted), f"{other}"

    def test_a_word_as_sender_is_answered_as_declared(self, line: OpenLine) -> None:
        """An alphanumeric sender gets a yes where the capabilities say so, else a no."""
        declared = Submitted if line.connector.capabilities.alphanumeric_sender else Rejected
        (outcome,) = line.submit(outgoing(sender="My Shop"))
        assert isinstance(outcome, declared), f"{outcome}"

    def test_carrier_ids_are_non_empty_and_used_once(self, line: OpenLine) -> None:
        """No two messages, in one batch or in two, share a carrier id."""
        messages = [outgoing(parts=("x" * 153, "y")) for _ in range(10)]
        outcomes = line.submit(*messages[:5]) + line.submit(*messages[5:])
        ids = [one for outcome in outcomes if isinstance(outcome, Submitted) for one in outcome.carrier_ids]
        assert all(ids), f"an empty carrier id: {ids}"
        assert len(set(ids)) == len(ids), f"a carrier id twice: {ids}"

    def test_each_submitted_message_gets_a_final_receipt_as_declared(self, line: OpenLine) -> None:
        """A final receipt comes for every message, under an id that was given for it; none where none is declared."""
        messages = [outgoing(parts=("x" * 153, "y")) for _ in range(10)]
        owners = _owners(messages, line.submit(*messages))
        assert owners, "nothing was submitted"
        if line.connector.capabilities.receipts:
            self._wait_for_ends(line, owners)
        else:
            line.connector.close()
            assert not line.sink.received, "receipts came that were not declared"

    def test_receipts_keep_the_carriers_own_words(self, line: OpenLine) -> None:
        """`raw` has what the carrier said, as it said it."""
        line.submit(outgoing())
        expected = 1 if line.connector.capabilities.receipts else 0
        received = line.sink.wait_for(expected, self.settled_within_s)
        assert all(receipt.raw for receipt in received), f"a receipt without its raw form: {received}"

    def test_a_repeated_reference_is_taken_once_where_declared(self, line: OpenLine) -> None:
        """An idempotent carrier answers a repeat with the ids of the first time; any other takes it anew."""
        message = outgoing()
        answered_alike = line.submit(message) == line.submit(message)
        assert answered_alike is line.connector.capabilities.idempotent

    def test_closing_twice_is_harmless(self, line: OpenLine) -> None:
        """The second `close` does nothing."""
        line.connector.close()
        line.connector.close()

    def test_a_closed_connector_takes_nothing(self, line: OpenLine) -> None:
        """After `close`, `submit` says that nothing was sent."""
        line.connector.close()
        with pytest.raises(ConnectorError):
            line.submit(outgoing())

    def test_closing_ends_every_thread(self, context: ConnectorContext) -> None:
        """What `open` started has ended when `close` returns."""
        before = set(threading.enumerate())
        connector = self.build(context)
        connector.open(RecordingSink())
        connector.submit([outgoing()])
        connector.close()
        left = set(threading.enumerate()) - before
        assert not left, f"still running: {left}"

    def _wait_for_ends(self, line: OpenLine, owners: dict[str, str]) -> None:
        wanted = set(owners.values())

        def all_ended(received: list[DeliveryReceipt]) -> bool:
            final = (receipt for receipt in received if receipt.state in FINAL_STATES)
            return wanted <= {owners.get(receipt.carrier_id) for receipt in final}

        line.sink.wait_until(all_ended, self.settled_within_s, wanted=f"the ends of {len(wanted)} messages")


def _owners(messages: Sequence[OutgoingMessage], outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Whose each carrier id is: client references by carrier id."""
    return {
        carrier_id: message.id
        for message, outcome in zip(messages, outcomes, strict=True)
        if isinstance(outcome, Submitted)
        for carrier_id in outcome.carrier_ids
    }
