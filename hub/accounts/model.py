"""Accounts, users, tokens, and the books that credits move between."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """What an account may do before its texts are held for review, where it differs from `[guard]`; None follows that.

    Credits per message, per day and per hour, credits to be left, texts per hour to one number, credits per hour and
    per day to each foreign country; 0 is no limit. `patterns` says whether numbers are watched for signs of fraud.
    """

    message_credits: int | None = None
    day_credits: int | None = None
    low_balance: int | None = None
    recipient_per_hour: int | None = None
    patterns: bool | None = None
    hour_credits: int | None = None
    abroad_hour_credits: int | None = None
    abroad_day_credits: int | None = None


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an account has said of itself; None where it has not.

    `language` (ISO 639-1) is what the hub writes to it and to its recipients in, None for its country's; `reply_email`
    where answers are forwarded to, `notice_email` where the hub writes to (None: to `reply_email`); `identity` who
    answers CONTACT and AIDE say is behind the texts (None: the account's name), `auto_reply` what is answered to texts.
    With `require_consent`, its marketing goes only to people whose consent is in the register.
    """

    language: str | None = None
    reply_email: str | None = None
    notice_email: str | None = None
    identity: str | None = None
    auto_reply: str | None = None
    require_consent: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Who sends and pays. `country` is how national numbers are read and whose rules come first.

    `countries` are those that it may text, None for all that the hub texts. A sub-account has a parent: it is locked
    with it, and where it `draws`, what it lacks is taken from the parent's credits.
    """

    id: int
    name: str
    country: str
    created_at: datetime
    locked: bool = False
    parent_id: int | None = None
    countries: frozenset[str] | None = None
    limits: AccountLimits = AccountLimits()
    settings: AccountSettings = AccountSettings()
    draws: bool = False

    @property
    def draws_on(self) -> int | None:
        """The account whose credits are brought in when its own do not suffice."""
        return self.parent_id if self.draws else None


class Role(StrEnum):
    """What a person is to an account; `hub.accounts.roles` says what each may do."""

    OWNER = "owner"
    MANAGER = "manager"
    SENDER = "sender"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to an account's console; `has_totp` with a code of their telephone, too."""

    id: int
    account_id: int
    email: str
    role: Role
    created_at: datetime
    has_totp: bool = False


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret for a person's telephone, shown this once; `uri` (otpauth) is the same for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class Scope(StrEnum):
    """What a token is for: to send and to cancel, to look, or for everything."""

    SEND = "send"
    READ = "read"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as it is listed: all but its secret, of which `hint` are the last four characters.

    It holds until `expires_at`, from addresses in `networks`; None for ever, none for everywhere.
    """

    id: int
    name: str
    hint: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    networks: tuple[str, ...]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who shows a token: the account that it is of, and the token."""

    account: Account
    token: Token


class Book(StrEnum):
    """Where credits are. Every entry moves some from one book to another: nothing appears or vanishes.

    `ISSUED` is the hub's side of what was sold (it goes below zero), `SPENT` what was used for good.
    """

    ISSUED = "issued"
    AVAILABLE = "available"
    RESERVED = "reserved"
    SPENT = "spent"


class Movement(StrEnum):
    """Why credits moved, and between which books."""

    PURCHASE = "purchase"
    WITHDRAWAL = "withdrawal"
    RESERVE = "reserve"
    CHARGE = "charge"
    RELEASE = "release"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    ADVANCE = "advance"
    ADVANCE_BACK = "advance_back"


class Amount(NamedTuple):
    """Credits that move together, and of how many texts and segments they are."""

    credits: int
    texts: int = 0
    segments: int = 0

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(self.credits + other.credits, self.texts + other.texts, self.segments + other.segments)


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's credits: free to use, set aside for messages on their way, and used."""

    available: int
    reserved: int
    spent: int
