"""What the rules speak of: purposes, violations, and the policy of a country."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import time


class Purpose(StrEnum):
    """Why a text is sent: to sell (hours, opt-out) or to inform (any hour)."""

    MARKETING = "marketing"
    ALERT = "alert"


class OutsideWindow(StrEnum):
    """What to do with marketing that comes outside the lawful hours."""

    DEFER = "defer"
    REJECT = "reject"


CHECK_FAILED = "check_failed"
"""The code of a no that no rule said, but that its failure calls for."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule's reasoned no: a stable code, and a sentence for the person who pressed send."""

    code: str
    message: str


class CustomSender(StrEnum):
    """What a country lets a business write as the sender."""

    ALNUM = "alnum"
    NUMERIC = "numeric"
    ANY = "any"
    REGISTERED = "registered"
    NONE = "none"


class OptOut(StrEnum):
    """How a recipient says stop: answer, follow a mention or a link; `NONE` where nothing may be sent so."""

    REPLY = "reply"
    MENTION = "mention"
    LINK = "link"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Which calendar of the `holidays` library applies; days can be added and removed (`MM-DD` or `YYYY-MM-DD`)."""

    country: str
    subdiv: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarketingRule:
    """When marketing may leave, in the recipient's own time: half-open `[start, end)` on ISO `days` 1 to 7."""

    enabled: bool
    consent: str
    days: frozenset[int]
    start: time
    end: time
    closed_on_holidays: bool


@dataclass(frozen=True, slots=True)
class SenderRule:
    """Who a text may be from; lengths in characters."""

    default: str
    custom: CustomSender
    default_prefix: str = ""
    max_len: int = 11
    allow_space: bool = False
    need_letter: bool = False
    letter_first: bool = False
    case_sensitive: bool = False
    reply_default: bool = False
    reply_custom: bool = False


@dataclass(frozen=True, slots=True)
class OptOutRule:
    """How opting out works with the country's default sender, and with one of the sender's own.

    A text that is one of `keywords` as a whole is an opt-out, and where `any_stop` holds, so is every text with a STOP
    in it. A text that is one of `resubscribe` takes an opt-out back; where there are none, no text does.
    """

    default_sender: OptOut
    custom_sender: OptOut
    keywords: tuple[str, ...] = ()
    honour_business_days: int | None = None
    any_stop: bool = False
    resubscribe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryPolicy:
    """One row of `countries.toml`: all that the hub must know to text a country lawfully.

    `timezones` is empty where the zone must be read from the number (`from-number`); `name` is English.
    """

    code: str
    calling_code: int
    timezones: tuple[str, ...]
    holidays: HolidayCalendar
    marketing: MarketingRule
    sender: SenderRule
    optout: OptOutRule
    alert_optout_required: bool = False
    status: dict[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        """What a sentence calls the country."""
        return self.name or self.code


@dataclass(frozen=True, slots=True)
class PolicyDefaults:
    """What holds for every country: the `[defaults]` of `countries.toml`.

    `mention` carries the `{shortcode}` placeholder; `link_reserve` is the room, in characters, that a
    preview keeps for a link of unknown length; `sender_denylist` names what no one may sign with.
    """

    outside_window: OutsideWindow
    max_defer_hours: int
    close_margin_s: int
    mention: str
    link_reserve: int
    sender_denylist: tuple[str, ...] = ()

    @property
    def max_defer(self) -> timedelta:
        """The longest that marketing may wait for its window."""
        return timedelta(hours=self.max_defer_hours)

    @property
    def close_margin(self) -> timedelta:
        """How long before closing time marketing stops leaving."""
        return timedelta(seconds=self.close_margin_s)


@dataclass(frozen=True, slots=True)
class OptOutAnswer:
    """How the recipient of one marketing text says stop, and the text to append for it (perhaps none).

    Where `violation` is set, the text must not leave.
    """

    way: OptOut
    text: str = ""
    violation: Violation | None = None
