"""The figures that guards go by, what they look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from hub.accounts.model import AccountLimits


@dataclass(frozen=True, slots=True)
class Figures:
    """How much is usual. Credits per message and per day, texts and numbers per hour; 0 switches a guard off.

    `watched` is the largest alert that is looked at for signs of pumping, in recipients; `number_run` how many of
    ten consecutive numbers are one; `jump_factor` how many times the mean of the last seven days is alarming, from
    `jump_credits` on.
    """

    enabled: bool = True
    recipient_per_hour: int = 5
    message_credits: int = 6
    day_credits: int = 10_000
    low_balance: int = 0
    watched: int = 100
    number_run: int = 5
    prefix_per_hour: int = 50
    jump_factor: float = 10.0
    jump_credits: int = 500

    def of(self, limits: AccountLimits) -> Figures:
        """These figures, as one account has them."""
        own = {
            name: value
            for name in ("recipient_per_hour", "message_credits", "day_credits", "low_balance")
            if (value := getattr(limits, name)) is not None
        }
        watched = self.watched if limits.patterns in (None, True) else 0
        return replace(self, watched=watched, **own)


class HoldReason(StrEnum):
    """Why a campaign waits for a person to look at it."""

    MESSAGE_COST = "message_cost"
    DAY_CEILING = "day_ceiling"
    LOW_BALANCE = "low_balance"
    NUMBER_RUN = "number_run"
    NUMBER_BLOCK = "number_block"


@dataclass(frozen=True, slots=True)
class Hold:
    """A campaign that waits for a person to look at it: why, in a sentence too, and since when."""

    reason: HoldReason
    message: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Spending:
    """What an account has used: credits accepted today and on each of the seven days before, free ones left."""

    today: int
    before: Sequence[int]
    available: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be accepted: its credits in all and of its dearest message, and its numbers where watched."""

    credits: int
    dearest: int
    watched: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an account texted within the hour: numbers that begin like the watched ones, and texts in all.

    `texts` is None where nobody needed to count them.
    """

    numbers: Collection[str] = ()
    texts: int | None = None
