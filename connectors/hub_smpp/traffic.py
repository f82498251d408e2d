"""What is on its way out: batches of messages, their parts, and what became of each. Runs in the event loop.

A text of several parts begins with its first one alone: when that is refused, nothing was sent, and the message
may be tried again or is refused as a whole. The other parts follow its yes. From then on the message is never tried
again as a whole: a part that is put off is written again by itself, and when one is refused for good or gets lost,
the message ends there, whatever became of the others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub import NotSent, Rejected, Submitted, Unknown
from hub_smpp.codes import Status, status_name
from hub_smpp.errors import Kind, outcome_of, verdict

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence

    from hub import Outcome
    from hub_smpp.ids import Ids
    from hub_smpp.session import Session

AGAIN_S = 5.0
"""Until a text is tried again that was put off for no reason of the line's."""
ACCOUNT_AGAIN_S = 60.0
"""The same where a person has to mend something."""


@dataclass(eq=False, slots=True)
class Batch:
    """Messages that were handed over together, and whoever waits for their outcomes. `is_late` after `deadline`."""

    outcomes: list[Outcome | None]
    waiting: int
    is_done: threading.Event = field(default_factory=threading.Event)
    throttled: bool = False
    barred: str | None = None
    deadline: asyncio.TimerHandle | None = None
    is_late: bool = False

    def settle(self, place: int, outcome: Outcome) -> None:
        """Note what became of one."""
        if self.outcomes[place] is None:
            self.outcomes[place] = outcome
            self.waiting -= 1
            if not self.waiting:
                if self.deadline is not None:
                    self.deadline.cancel()
                self.is_done.set()


@dataclass(eq=False, slots=True)
class Shipment:
    """A message on its way: the octets of its parts, the ids they got.

    `name` is the hub's own for it, `number` where it goes.
    """

    batch: Batch
    place: int
    name: str
    number: str
    parts: Sequence[bytes]
    ids: list[str]
    taken: int = 0
    is_over: bool = False

    def end(self, outcome: Outcome) -> None:
        """This is what became of it."""
        if not self.is_over:
            self.is_over = True
            self.batch.settle(self.place, outcome)


@dataclass(eq=False, slots=True)
class Traffic:
    """The queue before the binds of one connector."""

    ids: Ids
    again_s: float = AGAIN_S
    submitted: int = 0
    _queue: deque[tuple[Shipment, int]] = field(default_factory=deque)

    def take(self, shipments: Iterable[Shipment]) -> None:
        """Queue the first part of each."""
        self._queue.extend((one, 0) for one in shipments)

    def fill(self, session: Session) -> bool:
        """Write what there is room for; whether anything is left."""
        room = session.room()
        while room > 0 and self._queue:
            shipment, part = item = self._queue.popleft()
            if not shipment.is_over:
                session.submit(shipment.parts[part], item)
                room -= 1
        return bool(self._queue)

    def answered(self, session: Session, shipment: Shipment, part: int, status: int, message_id: str) -> None:
        """Note a yes or a no."""
        if status == Status.ESME_ROK:
            session.pace.accepted(1, time.monotonic())
            self._note_yes(shipment, part, message_id)
        else:
            self._note_no(session, shipment, part, status)

    def unanswered(self, shipment: Shipment, part: int, why: str) -> None:
        """Note that nobody knows."""
        of = f"Part {part + 1} of {len(shipment.parts)}: " if len(shipment.parts) > 1 else ""
        shipment.end(Unknown(f"{of}{why}"))

    def give_up(self, batch: Batch | None, code: str, retry_after_s: float) -> None:
        """What is not written yet of a batch (None: of all) is not going to be, nor is a part written again."""
        if batch is not None:
            batch.is_late = True
        kept: deque[tuple[Shipment, int]] = deque()
        while self._queue:
            shipment, part = self._queue.popleft()
            if batch is not None and shipment.batch is not batch:
                kept.append((shipment, part))
            elif shipment.taken:
                shipment.end(Unknown(f"{shipment.taken} of {len(shipment.parts)} parts were taken, then: {code}"))
            else:
                shipment.end(NotSent(code, retry_after_s))
        self._queue = kept

    def _note_yes(self, shipment: Shipment, part: int, message_id: str) -> None:
        self.submitted += 1
        # A carrier may give no id, as where no receipt is asked for: its yes is a yes all the same.
        shipment.ids[part] = (
            self.ids.of_answer(message_id, shipment.number) if message_id else f"none-{shipment.name}-{part + 1}"
        )
        shipment.taken += 1
        if shipment.taken == len(shipment.parts):
            shipment.end(Submitted(tuple(shipment.ids)))
        elif part == 0 and not shipment.is_over:
            self._queue.extendleft((shipment, later) for later in range(len(shipment.parts) - 1, 0, -1))

    def _note_no(self, session: Session, shipment: Shipment, part: int, status: int) -> None:
        kind = verdict(status).kind
        pause_s = ACCOUNT_AGAIN_S if kind is Kind.ACCOUNT else self.again_s
        if kind is Kind.SLOWER:
            pause_s = max(session.pace.throttled(time.monotonic()), 1.0)
            shipment.batch.throttled = True
        elif kind is Kind.ACCOUNT:
            shipment.batch.barred = status_name(status)
        outcome = outcome_of(status, pause_s)
        if part and isinstance(outcome, NotSent) and shipment.batch.is_late:
            shipment.end(Unknown(f"{shipment.taken} of {len(shipment.parts)} parts were taken, then: {outcome.code}"))
        elif part and isinstance(outcome, NotSent):
            if kind is not Kind.SLOWER:
                session.pace.rest(time.monotonic())
            self._queue.appendleft((shipment, part))
        elif part and isinstance(outcome, Rejected):
            said = f"Part {part + 1} of {len(shipment.parts)} was refused after others were taken: {outcome.message}"
            shipment.end(Rejected(outcome.reason, outcome.code, said))
        else:
            shipment.end(outcome)
