"""What an account holds about a number, and how far its erasure is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ErasureState(StrEnum):
    """Whether everything is erased, or the scheduler still comes back to it."""

    RUNNING = "running"
    DONE = "done"


class Step(StrEnum):
    """What is erased, in this order; after the last one an erasure is done, unless something has to be waited for."""

    CONTACTS = "contacts"
    TEXTS = "texts"
    ANSWERS = "answers"
    MAILS = "mails"
    EVENTS = "events"
    CLICKS = "clicks"
    IMPORTS = "imports"
    PLUGINS = "plugins"


class Wait(StrEnum):
    """Why something cannot be erased yet."""

    TEXTS = "texts"
    """A text is with a carrier at this moment, or nobody knows yet whether the carrier has it: 48 hours at most."""
    CAMPAIGNS = "campaigns"
    """A large campaign is still being expanded, and may name the number."""
    ANSWERS = "answers"
    """A text from the person was not worked off yet."""
    MAILS = "mails"
    """A mail about the person is being sent at this moment."""
    IMPORTS = "imports"
    """A file of contacts is neither stored nor cancelled, and may name the number."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was erased: rows that went, and texts whose number and words were emptied; `cancelled` never left."""

    contacts: int = 0
    consents: int = 0
    unallocated: int = 0
    texts: int = 0
    cancelled: int = 0
    answers: int = 0
    mails: int = 0
    events: int = 0
    clicks: int = 0
    import_lines: int = 0
    plugin_rows: int = 0

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))


@dataclass(frozen=True, slots=True)
class Erasure:
    """The erasure of a number from an account; `opted_out`: the number stays suppressed, and with it its digits."""

    number: str
    state: ErasureState
    asked_at: datetime
    done_at: datetime | None
    erased: Counts
    waits_for: tuple[Wait, ...] = ()
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class ListedContact:
    """What a list knows of a person."""

    list_id: int
    list_name: str | None
    info1: str | None
    info2: str | None
    info3: str | None
    info4: str | None
    fields: Mapping[str, str]
    added_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class MailAbout:
    """A mail of the hub's own that speaks of a person."""

    to: str
    kind: str
    subject: str
    body: str
    state: str
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Track:
    """Something else that was noted of a number: what, when, where that is known, and the campaign it is about."""

    kind: str
    at: datetime | None
    campaign_id: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)
