"""A carrier whose every answer a test decides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.config.schema import Section
from hub.messages.connector import Capabilities, Submitted
from hub.messages.model import DeliveryReceipt, FailureReason, ReceiptState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.connector import Outcome, Sink
    from hub.messages.model import OutgoingMessage


class FakeSettings(Section):
    """A fake connector has no keys of its own."""


@dataclass
class FakeConnector:
    """Takes everything and remembers it; `answer` may say something else, `before` may do something first.

    What it took is on the carrier's side: it stays even when the answer is lost.
    """

    capabilities: Capabilities = field(default_factory=lambda: Capabilities(receipts=True, batch_size=100))
    answer: Callable[[OutgoingMessage], Outcome | None] = lambda _: None
    before: Callable[[Sequence[OutgoingMessage]], None] = lambda _: None
    taken: list[OutgoingMessage] = field(default_factory=list)
    sink: Sink | None = None
    closed: int = 0

    def open(self, sink: Sink) -> None:
        """Remember where receipts go."""
        self.sink = sink

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Answer one outcome per message."""
        self.before(batch)
        return [self._take(message) for message in batch]

    def close(self) -> None:
        """Count how often it was closed."""
        self.closed += 1

    @property
    def counts(self) -> Counter[str]:
        """How often each message was taken, by its id."""
        return Counter(message.id for message in self.taken)

    def report(
        self,
        message_id: str,
        state: ReceiptState = ReceiptState.DELIVERED,
        reason: FailureReason | None = None,
        *,
        part: int | None = None,
    ) -> None:
        """Let the carrier report on a message it took."""
        if self.sink is None:
            raise RuntimeError("the connector is not open")
        carrier_id = carrier_id_of(message_id, part)
        self.sink.receipts([DeliveryReceipt(carrier_id, state, reason, raw=f"id:{carrier_id} stat:{state}")])

    def _take(self, message: OutgoingMessage) -> Outcome:
        answer = self.answer(message)
        if answer is not None and not isinstance(answer, Submitted):
            return answer
        self.taken.append(message)
        ids = [carrier_id_of(message.id, part if len(message.parts) > 1 else None) for part in _numbers(message)]
        return answer or Submitted(tuple(ids))


def carrier_id_of(message_id: str, part: int | None = None) -> str:
    """The id that a fake carrier gives to a message, or to one of its parts."""
    return f"c-{message_id}" if part is None else f"c-{message_id}/{part}"


def _numbers(message: OutgoingMessage) -> range:
    return range(1, len(message.parts) + 1)
