"""What the sandbox does with a message: by the last four digits of its number, else by the odds. Pure.

`NUMBERS` is the table for users: whoever wants to see a state texts a number that ends so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from hub_sandbox.settings import SandboxSettings


class Answer(StrEnum):
    """What the hub hears when it hands a message over; `LOST` is nothing at all."""

    YES = "yes"
    NO = "no"
    LATER = "later"
    LOST = "lost"


class Ending(StrEnum):
    """How a message ends; `receipts.WORDS` has the carrier's words for each."""

    DELIVERED = "delivered"
    UNALLOCATED = "unallocated"
    NETWORK = "network"
    BARRED = "barred"
    EXPIRED = "expired"


class Timing(StrEnum):
    """When a receipt comes: before the answer, after the usual delay, or late."""

    EARLY = "early"
    USUAL = "usual"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to one message.

    `put_off` counts how many tries are throttled before one is taken; `copies` how often the receipt
    comes (0: never); `foreign` adds a receipt that belongs to no message.
    """

    meaning: str
    answer: Answer = Answer.YES
    taken: bool = True
    put_off: int = 0
    ending: Ending = Ending.DELIVERED
    copies: int = 1
    timing: Timing = Timing.USUAL
    foreign: bool = False


NUMBERS: Mapping[str, Behaviour] = MappingProxyType(
    {
        "0000": Behaviour("delivered, the receipt comes late", timing=Timing.LATE),
        "9901": Behaviour("undelivered: the number is not allocated", ending=Ending.UNALLOCATED),
        "9902": Behaviour("undelivered: the network did not reach the phone", ending=Ending.NETWORK),
        "9903": Behaviour("undelivered: the number is barred", ending=Ending.BARRED),
        "9904": Behaviour("expired before it reached the phone", ending=Ending.EXPIRED),
        "9905": Behaviour("rejected when it is handed over", answer=Answer.NO, taken=False),
        "9906": Behaviour("taken, and no receipt ever comes", copies=0),
        "9907": Behaviour("taken, its answer lost; the receipt tells", answer=Answer.LOST),
        "9908": Behaviour("not taken, its answer lost; nothing tells", answer=Answer.LOST, taken=False),
        "9909": Behaviour("throttled twice, then taken", put_off=2),
        "9910": Behaviour("delivered, the receipt comes twice", copies=2),
        "9911": Behaviour("delivered, the receipt comes before the answer", timing=Timing.EARLY),
    }
)
"""What a number does by its last four digits; every other number is delivered, or left to the odds."""

USUAL = Behaviour("delivered")
_REFUSED = Behaviour("refused, as the odds will have it", answer=Answer.NO, taken=False)
_PUT_OFF = Behaviour("throttled, as the odds will have it", answer=Answer.LATER, taken=False)


def behaviour_of(to: str, odds: SandboxSettings | None, dice: Random) -> Behaviour:
    """Decide what happens to a message to the E.164 number `to`; without odds, nothing but the table speaks."""
    named = NUMBERS.get(to[-4:])
    if named is not None:
        return named
    return USUAL if odds is None else _rolled(odds, dice)


def has_odds(settings: SandboxSettings) -> bool:
    """Tell whether the odds can do anything to single messages."""
    return any(
        (
            settings.throttle,
            settings.reject,
            settings.lost_answers,
            settings.duplicate_receipts,
            settings.early_receipts,
            settings.late_receipts,
            settings.foreign_receipts,
        )
    )


def _rolled(odds: SandboxSettings, dice: Random) -> Behaviour:
    if dice.random() < odds.throttle:
        return _PUT_OFF
    if dice.random() < odds.reject:
        return _REFUSED
    return Behaviour(
        "taken, as the odds will have it",
        answer=Answer.LOST if dice.random() < odds.lost_answers else Answer.YES,
        copies=2 if dice.random() < odds.duplicate_receipts else 1,
        timing=_rolled_timing(odds, dice),
        foreign=dice.random() < odds.foreign_receipts,
    )


def _rolled_timing(odds: SandboxSettings, dice: Random) -> Timing:
    if dice.random() < odds.early_receipts:
        return Timing.EARLY
    return Timing.LATE if dice.random() < odds.late_receipts else Timing.USUAL
