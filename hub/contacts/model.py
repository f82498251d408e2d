"""Contacts and their lists, and why a number must not be texted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

NO_FIELDS: Mapping[str, str] = MappingProxyType({})
INFOS = ("info1", "info2", "info3", "info4")
"""The four fields that every contact has; others have names of the account's own."""


@dataclass(frozen=True, slots=True)
class ContactList:
    """A list of contacts; `size` is how many it has."""

    id: int
    name: str
    size: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as somebody brings it: an E.164 number and what is known of its person; None is not known."""

    number: str
    info1: str | None = None
    info2: str | None = None
    info3: str | None = None
    info4: str | None = None
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a list. A list has each number once."""

    number: str
    info1: str | None
    info2: str | None
    info3: str | None
    info4: str | None
    fields: Mapping[str, str]
    added_at: datetime
    changed_at: datetime

    @property
    def merge_fields(self) -> Mapping[str, str]:
        """What fills the fields of a text: `info1` to `info4`, and the named ones."""
        infos = {name: value for name in INFOS if (value := getattr(self, name)) is not None}
        return {**infos, **self.fields}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of contacts that were brought to a list: how many are new in it, how many were known."""

    added: int
    updated: int


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """How many contacts were taken off a list, and the number after which to go on; None when it is done."""

    removed: int
    next: str | None


class SuppressionKind(StrEnum):
    """A person said stop, or the number belongs to nobody (NPAI)."""

    OPT_OUT = "opt_out"
    UNALLOCATED = "unallocated"


@dataclass(frozen=True, slots=True)
class Suppression:
    """A number that an account must not text, alerts included; `source` says how it got here.

    `text` is what the person wrote, and `campaign_id` what it answered, where an answer put an end to it.
    """

    number: str
    kind: SuppressionKind
    at: datetime
    source: str
    note: str | None = None
    text: str | None = None
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class SuppressionFilter:
    """Which suppressions are meant: of these kinds (none: of all), from `since` on, before `until`, of a campaign."""

    kinds: tuple[SuppressionKind, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a number may be texted again: the notice that the person agreed to, where it came from, who recorded it."""

    notice: str
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class Consent:
    """A proof as it was recorded: it took a suppression of that kind away."""

    number: str
    kind: SuppressionKind
    notice: str
    source: str
    by: str
    at: datetime


CONSENT = "marketing"
"""The kind of a consent that was registered; that of a proof is the suppression which it took away."""


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What a person agreed to, as its source tells it: the words that were shown, when, where, from which address."""

    number: str
    notice: str
    given_at: datetime
    source: str
    name: str | None = None
    url: str | None = None
    ip: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredConsent:
    """A consent of the register; `by` recorded it at `at`, and it holds until it is withdrawn."""

    id: int
    number: str
    kind: str
    notice: str
    given_at: datetime
    source: str
    name: str | None
    url: str | None
    ip: str | None
    by: str
    at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConsentFilter:
    """Which consents are meant: of a number, from a source, given from `since` on, before `until`, (not) in force."""

    number: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    in_force: bool | None = None
