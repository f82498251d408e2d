"""The carrier's desk: takes a batch in, message by message, and writes it into the ledger in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import FailureReason, NotSent, Rejected, Submitted, Unknown
from hub_sandbox.behaviour import Answer, Timing, behaviour_of, has_odds
from hub_sandbox.page import Submission
from hub_sandbox.receipts import plan
from hub_sandbox.settings import ReceiptOrder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from hub import Outcome, OutgoingMessage
    from hub_sandbox.behaviour import Behaviour
    from hub_sandbox.ledger import Ledger
    from hub_sandbox.page import Page
    from hub_sandbox.receipts import OwedReceipt, PlannedReceipt
    from hub_sandbox.settings import SandboxSettings

PAUSE_S = 1.0
"""When a message that was put off may come again, in seconds."""

_BURST_S = 1.0
_REJECTED = Rejected(FailureReason.OTHER, "ESME_RSUBMITFAIL", "The sandbox rejected the message, as asked.")
_PUT_OFF = NotSent("ESME_RTHROTTLED", PAUSE_S)
_LOST = Unknown("The sandbox lost its answer, as asked.")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch: the answers, the receipts owed later, and those to hand over before answering."""

    outcomes: list[Outcome]
    owed: Sequence[OwedReceipt]
    early: Sequence[OwedReceipt]


def take(
    ledger: Ledger,
    batch: Sequence[OutgoingMessage],
    settings: SandboxSettings,
    *,
    now: float,
    lease_s: float,
    dice: Random,
) -> Taken:
    """Take a batch in at `now` (Unix seconds); it is in the ledger when this returns.

    Early receipts are leased for `lease_s` seconds to the caller, who hands them over and settles them.
    """
    with ledger.page() as page:
        desk = _Desk(page, settings, now, dice)
        outcomes = desk.answer(batch)
        page.write_submissions(desk.submissions)
        early = page.write_receipts([receipt._replace(due=now + lease_s) for receipt in desk.early])
        owed = page.write_receipts(desk.usual)
    return Taken(outcomes, owed, early)


class _Desk:
    """One batch at the desk: what is taken of it piles up here until it is written down."""

    def __init__(self, page: Page, settings: SandboxSettings, now: float, dice: Random) -> None:
        self.submissions: list[Submission] = []
        self.early: list[PlannedReceipt] = []
        self.usual: list[PlannedReceipt] = []
        self._page = page
        self._settings = settings
        self._now = now
        self._dice = dice
        self._number = page.next_number(now)
        self._line_free_at = page.line_free_at() if settings.rate else now
        self._known: dict[str, tuple[str, ...]] = {}

    def answer(self, batch: Sequence[OutgoingMessage]) -> list[Outcome]:
        """Take or refuse each message of a batch."""
        settings = self._settings
        if settings.idempotent:
            self._known = self._page.carrier_ids([message.id for message in batch])
        odds = settings if has_odds(settings) else None
        outcomes = [self._answer(message, behaviour_of(message.to, odds, self._dice)) for message in batch]
        if settings.rate:
            self._page.occupy_line(self._line_free_at)
        if settings.receipt_order is ReceiptOrder.RANDOM:
            self._dice.shuffle(self.usual)
        return outcomes

    def _answer(self, message: OutgoingMessage, behaviour: Behaviour) -> Outcome:
        if message.id in self._known:
            return Submitted(self._known[message.id])
        if behaviour.answer is Answer.NO:
            return _REJECTED
        if behaviour.answer is Answer.LATER or self._is_put_off(message, behaviour):
            return _PUT_OFF
        if (busy_s := self._occupy_line(len(message.parts))) > 0:
            return NotSent("ESME_RTHROTTLED", busy_s)
        carrier_ids = self._take(message, behaviour) if behaviour.taken else ()
        return _LOST if behaviour.answer is Answer.LOST else Submitted(carrier_ids)

    def _is_put_off(self, message: OutgoingMessage, behaviour: Behaviour) -> bool:
        if not behaviour.put_off or self._page.times_put_off(message.id) >= behaviour.put_off:
            return False
        self._page.put_off(message.id)
        return True

    def _occupy_line(self, segments: int) -> float:
        """Book the line for some segments, or tell in how many seconds it will have room for them.

        Up to a second's worth may wait in the carrier's own queue (GCRA, ITU-T I.371, with that tolerance).
        """
        if not self._settings.rate:
            return 0
        starts_at = max(self._line_free_at, self._now)
        if starts_at > self._now + _BURST_S:
            return starts_at - self._now - _BURST_S
        self._line_free_at = starts_at + segments / self._settings.rate
        return 0

    def _take(self, message: OutgoingMessage, behaviour: Behaviour) -> tuple[str, ...]:
        carrier_ids = self._carrier_ids(len(message.parts))
        self.submissions.append(
            Submission(
                number=self._number,
                client_ref=message.id,
                recipient=message.to,
                sender=message.sender,
                text=message.text,
                parts=len(message.parts),
                carrier_ids=" ".join(carrier_ids),
                taken_at=self._now,
            )
        )
        self._number += 1
        if self._settings.idempotent:
            self._known[message.id] = carrier_ids
        if self._settings.receipts:
            pile = self.early if behaviour.timing is Timing.EARLY else self.usual
            pile.extend(plan(message, carrier_ids, behaviour, self._settings, now=self._now, dice=self._dice))
        return carrier_ids

    def _carrier_ids(self, parts: int) -> tuple[str, ...]:
        if not self._settings.one_id_per_part or parts == 1:
            return (f"{self._number:x}",)
        return tuple(f"{self._number:x}.{part}" for part in range(1, parts + 1))
