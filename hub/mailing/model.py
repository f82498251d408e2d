"""A mail that is to be sent, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one address, in plain text.

    `kind` is what it is about (`inbound`, `guard_hold`, ...) and `key` names its cause: the same kind and key are sent
    once. `from_name` is shown beside `from_address` (None: the hub's own, from `[smtp]`); `reply_to` is where answers
    go, `in_reply_to` and `references` are Message-IDs with their angle brackets, the oldest first.

    A mail that stands for a person on a phone names their number, `person` (E.164), and the `sender` that they wrote
    to: it comes from that number at the hub's domain, and answering it texts them.
    """

    account_id: int
    kind: str
    key: str
    to: str
    subject: str
    body: str
    from_name: str | None = None
    from_address: str | None = None
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    person: str | None = None
    sender: str | None = None


class MailState(StrEnum):
    """Where a mail stands: to be sent, taken by the relay, refused for good, or too old to be sent at all."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail as the operator sees it. `tries` counts attempts; `fault` is what was said at the last one."""

    id: int
    account_id: int
    kind: str
    to: str
    subject: str
    state: MailState
    created_at: datetime
    due_at: datetime
    tries: int
    sent_at: datetime | None
    message_id: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class MailFigures:
    """How much mail waits and since when the oldest does (None: none waits), how much came to a bad end, and why."""

    waiting: int
    oldest: datetime | None
    failed: int
    expired: int
    fault: str | None
