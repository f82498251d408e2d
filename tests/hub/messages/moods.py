"""A carrier in every mood, and a plugin that writes down what it is told: what the state machine plays with."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

from hub import hookimpl
from hub.messages.connector import NotSent, Rejected, Unknown
from hub.messages.model import FailureReason, MessageState
from hub.testing.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hub.messages.connector import Outcome
    from hub.messages.model import MessageNotice, OutgoingMessage

_ANSWERS: dict[str, Outcome] = {
    "no": Rejected(FailureReason.OTHER, "1", "no"),
    "later": NotSent("later", 5),
    "lost": Unknown("lost"),
}


@dataclass
class Moody(FakeConnector):
    """Answers as its moods have it, one per message; `doubts` counts the attempts of which it left no clear word."""

    MOODS = ("yes", "no", "later", "lost", "taken_and_lost", "early", "breaks", "breaks_late", "too_few", "too_many")

    moods: Iterator[str] = field(default_factory=lambda: cycle(["yes"]))
    tell_early: Callable[[OutgoingMessage], None] = lambda _: None
    doubts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.capabilities = type(self.capabilities)(receipts=True, batch_size=2)

    def turn(self, moods: Sequence[str] = ("yes",), report: Callable[[OutgoingMessage], None] = lambda _: None) -> None:
        """Be in these moods from now on, one message after the other; `report` hands over an early receipt."""
        self.moods, self.tell_early = cycle(moods), report

    def doubt(self, names: Iterable[str]) -> None:
        """Whoever asked about these did not live to hear the answer."""
        self.doubts.update(names)

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Take some, refuse some, and now and then lose the thread."""
        outcomes: list[Outcome] = []
        for message in batch:
            mood = next(self.moods)
            if mood in {"breaks", "breaks_late"}:
                outcomes += [self._take(message)] if mood == "breaks_late" else []
                self.doubt(one.id for one in batch)
                raise ConnectionResetError
            outcomes += self._answers(message, mood)
        if len(outcomes) != len(batch):
            self.doubt(one.id for one in batch)
        return outcomes

    def _answers(self, message: OutgoingMessage, mood: str) -> list[Outcome]:
        if mood in _ANSWERS:
            self.doubt([message.id] if mood == "lost" else [])
            return [_ANSWERS[mood]]
        taken = self._take(message)
        if mood == "early":
            self.tell_early(message)
        if mood == "taken_and_lost":
            self.doubt([message.id])
            return [Unknown("lost")]
        return {"too_few": [], "too_many": [taken, taken]}.get(mood, [taken])


_RANK: dict[str, int] = {
    MessageState.UNKNOWN: 0,
    MessageState.SUBMITTED: 1,
    MessageState.NO_RECEIPT: 2,
    MessageState.UNDELIVERED: 3,
    MessageState.EXPIRED: 3,
    MessageState.REJECTED: 3,
    MessageState.BLOCKED: 3,
    MessageState.CANCELLED: 3,
    MessageState.DELIVERED: 4,
}
"""A notice is only ever followed by one of a higher rank."""


@dataclass
class Notices:
    """A plugin that writes down which notices it was given of each message."""

    hub_api: int = 1
    of: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @hookimpl
    def hub_message_submitted(self, messages: Sequence[MessageNotice]) -> None:
        """Write it down."""
        self._note(messages)

    @hookimpl
    def hub_message_settled(self, messages: Sequence[MessageNotice]) -> None:
        """Write it down."""
        self._note(messages)

    def disorder(self) -> list[Any]:
        """Messages whose notices came twice, or in an order that makes no sense."""
        return [
            (name, states)
            for name, states in self.of.items()
            if any(_RANK[first] >= _RANK[second] for first, second in pairwise(states))
        ]

    def _note(self, notices: Sequence[MessageNotice]) -> None:
        for one in notices:
            self.of[one.id].append(one.state)
