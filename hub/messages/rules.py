"""What becomes of a message: how a carrier's word moves it on, how parts make a whole, how to share a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hub.messages.model import FailureReason, MessageState, ReceiptState

if TYPE_CHECKING:
    from collections.abc import Sequence


ERASED = "erased-"
"""How what stands in the place of an erased number begins; a keyed hash follows."""


def is_erased(recipient: str) -> bool:
    """Whether a message's number was erased: what is said of it later says nothing of a person."""
    return recipient.startswith(ERASED)


@dataclass(frozen=True, slots=True)
class Step:
    """Where a message goes next, and why."""

    state: MessageState
    reason: FailureReason | None = None


_SETTLES = {
    ReceiptState.DELIVERED: MessageState.DELIVERED,
    ReceiptState.UNDELIVERED: MessageState.UNDELIVERED,
    ReceiptState.EXPIRED: MessageState.EXPIRED,
    ReceiptState.REJECTED: MessageState.REJECTED,
}

_OPEN = frozenset({MessageState.SUBMITTED, MessageState.UNKNOWN, MessageState.NO_RECEIPT})
"""Any final word of the carrier ends these."""

_MENDABLE = _OPEN | {MessageState.UNDELIVERED, MessageState.EXPIRED, MessageState.REJECTED}
"""A late DELIVERED corrects these; nothing corrects DELIVERED itself."""


def advance(state: MessageState, receipt: ReceiptState, reason: FailureReason | None = None) -> Step | None:
    """Where a receipt moves a message, or None when it changes nothing.

    Receipts come in any order, early, late and twice: the first final word counts, except that a phone
    which did get the text has the last one (3GPP TS 23.040 lets a centre report before its last try).
    """
    if receipt is ReceiptState.DELIVERED:
        return Step(MessageState.DELIVERED) if state in _MENDABLE else None
    if receipt is ReceiptState.ACCEPTED:
        return Step(MessageState.SUBMITTED) if state is MessageState.UNKNOWN else None
    target = _SETTLES.get(receipt)
    if target is None or state not in _OPEN:
        return None
    return Step(target, reason or (FailureReason.OTHER if target is not MessageState.EXPIRED else None))


def merge_parts(
    parts: Sequence[tuple[ReceiptState | None, FailureReason | None]],
) -> tuple[ReceiptState, FailureReason | None] | None:
    """What the receipts of a message's parts say together: delivered when all are, failed when one is.

    None while parts without a failure are still waiting for theirs.
    """
    for state, reason in parts:
        if state in _SETTLES and state is not ReceiptState.DELIVERED:
            return state, reason
    if parts and all(state is ReceiptState.DELIVERED for state, _ in parts):
        return ReceiptState.DELIVERED, None
    return None


def later_part_state(known: ReceiptState | None, told: ReceiptState) -> ReceiptState:
    """The state of a part after one more receipt: delivered stays, a final word beats an interim one."""
    if known is ReceiptState.DELIVERED or (known in _SETTLES and told not in _SETTLES):
        return known
    return told


LONGEST_PAUSE_S = 3600.0
RESEND_FIRST = timedelta(seconds=15)
MOST_TRIES = 5


def patience(asked_s: float) -> timedelta:
    """How long to wait when a carrier asks for that many seconds: an hour at most, whatever it says."""
    return timedelta(seconds=min(asked_s, LONGEST_PAUSE_S) if asked_s > 0 else 0)


def resend_after(tries: int) -> timedelta | None:
    """When a message whose answer was lost is tried again: 15 s after the first try, then twice as long each time.

    None after the fifth: a carrier that takes texts and never says so must not text a person for ever.
    """
    return RESEND_FIRST * 2 ** max(0, tries - 1) if tries < MOST_TRIES else None


def shares(room: int, askers: int) -> int:
    """How many messages each of several accounts may put into a batch of `room`, at least one."""
    return max(1, room // max(1, askers))
