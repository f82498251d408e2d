"""The carrier's receipts: what is owed for a message and when, and the words they are written in. Pure.

The words are those of SMPP 3.4, appendix B; the error numbers are MAP's (3GPP TS 29.002).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from hub import DeliveryReceipt, FailureReason, ReceiptState
from hub_sandbox.behaviour import Ending, Timing
from hub_sandbox.settings import ReceiptOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from hub import OutgoingMessage
    from hub_sandbox.behaviour import Behaviour
    from hub_sandbox.settings import SandboxSettings


class PlannedReceipt(NamedTuple):
    """A receipt to come, at `due` (Unix seconds); a tuple, because it is written by the thousand."""

    due: float
    carrier_id: str
    client_ref: str | None
    recipient: str
    ending: str


class OwedReceipt(NamedTuple):
    """A receipt as the ledger keeps it until the hub has it."""

    due: float
    id: int
    carrier_id: str
    client_ref: str | None
    recipient: str
    ending: str


@dataclass(frozen=True, slots=True)
class Words:
    """One ending in the hub's words, and in the carrier's."""

    state: ReceiptState
    reason: FailureReason | None
    stat: str
    err: str


WORDS = {
    Ending.DELIVERED: Words(ReceiptState.DELIVERED, None, "DELIVRD", "000"),
    Ending.UNALLOCATED: Words(ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED, "UNDELIV", "001"),
    Ending.NETWORK: Words(ReceiptState.UNDELIVERED, FailureReason.NETWORK, "UNDELIV", "027"),
    Ending.BARRED: Words(ReceiptState.UNDELIVERED, FailureReason.BARRED, "UNDELIV", "013"),
    Ending.EXPIRED: Words(ReceiptState.EXPIRED, None, "EXPIRED", "000"),
}


def plan(
    message: OutgoingMessage,
    carrier_ids: Sequence[str],
    behaviour: Behaviour,
    settings: SandboxSettings,
    *,
    now: float,
    dice: Random,
) -> Iterator[PlannedReceipt]:
    """Yield the receipts that a message brings: one per carrier id and copy, and a stranger's where asked."""
    reference = message.id if settings.echo_client_ref else None
    ending = behaviour.ending.value
    for _ in range(behaviour.copies):
        for carrier_id in carrier_ids:
            due = now + _delay(behaviour.timing, settings, dice)
            yield PlannedReceipt(due, carrier_id, reference, message.to, ending)
    if behaviour.foreign:
        due = now + _delay(Timing.USUAL, settings, dice)
        yield PlannedReceipt(due, f"X{carrier_ids[0]}", None, message.to, ending)


def written(owed: Sequence[OwedReceipt], now: float) -> list[DeliveryReceipt]:
    """Write out receipts as they are handed over at `now` (Unix seconds)."""
    done = datetime.fromtimestamp(now, UTC).strftime("%y%m%d%H%M")
    return [_written(receipt, done) for receipt in owed]


def _written(owed: OwedReceipt, done: str) -> DeliveryReceipt:
    words = WORDS[Ending(owed.ending)]
    arrived = "001" if words.state is ReceiptState.DELIVERED else "000"
    return DeliveryReceipt(
        carrier_id=owed.carrier_id,
        state=words.state,
        reason=words.reason,
        code=words.err,
        client_ref=owed.client_ref,
        to=owed.recipient,
        raw=f"id:{owed.carrier_id} sub:001 dlvrd:{arrived} done date:{done} stat:{words.stat} err:{words.err}",
    )


def _delay(timing: Timing, settings: SandboxSettings, dice: Random) -> float:
    if timing is not Timing.USUAL:
        return settings.late_by_s if timing is Timing.LATE else 0.0
    if settings.receipt_order is ReceiptOrder.RANDOM:
        return settings.receipt_delay_s * dice.uniform(0, 2)
    return settings.receipt_delay_s
