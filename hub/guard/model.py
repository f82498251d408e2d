"""The figures that guards go by, what they look at, and what they say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from hub.accounts.model import AccountLimits


OWN_FIGURES = (
    "day_credits",
    "hour_credits",
    "abroad_day_credits",
    "abroad_hour_credits",
    "message_credits",
    "low_balance",
    "recipient_per_hour",
)
"""Those that an account may have of its own."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How much is usual. Credits per message, day and hour, texts and numbers per hour; 0 switches a guard off.

    `abroad_hour_credits` and `abroad_day_credits` are for each country that is not of the account's own numbering plan.
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
    hour_credits: int = 5_000
    abroad_hour_credits: int = 200
    abroad_day_credits: int = 1_000

    def of(self, limits: AccountLimits) -> Figures:
        """These figures, as one account has them."""
        own = {name: value for name in OWN_FIGURES if (value := getattr(limits, name)) is not None}
        watched = self.watched if limits.patterns in (None, True) else 0
        return replace(self, watched=watched, **own)


class HoldReason(StrEnum):
    """Why a campaign waits for a person to look at it."""

    MESSAGE_COST = "message_cost"
    DAY_CEILING = "day_ceiling"
    HOUR_CEILING = "hour_ceiling"
    COUNTRY_DAY = "country_day"
    COUNTRY_HOUR = "country_hour"
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
class Spent:
    """Credits that were accepted within the hour, and today."""

    hour: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class Spending:
    """What an account has used: credits accepted today and on each of the seven days before, free ones left.

    `by_country` is what of it went to which country lately, all of them together are the hour's; `book` is how the day
    keeps that.
    """

    today: int
    before: Sequence[int]
    available: int | None = None
    by_country: Mapping[str, Spent] = field(default_factory=dict)
    book: str | None = None

    @property
    def hour(self) -> int:
        """Credits within the hour, to wherever."""
        return sum(spent.hour for spent in self.by_country.values())


@dataclass(frozen=True, slots=True)
class Request:
    """What is about to be accepted: its credits in all and of its dearest message, and its numbers where watched.

    `abroad` has the credits for each country that is not the account's own.
    """

    credits: int
    dearest: int
    watched: Collection[str] = ()
    abroad: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an account texted within the hour: numbers that begin like the watched ones, and texts in all.

    `texts` is None where nobody needed to count them.
    """

    numbers: Collection[str] = ()
    texts: int | None = None
