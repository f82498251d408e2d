"""A text from a phone: what it asks for, whose it is, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class InboundKind(StrEnum):
    """What a text asks for. `review` is a text of which a person should decide whether it is an opt-out."""

    OPT_OUT = "opt_out"
    RESUBSCRIBE = "resubscribe"
    CONTACT = "contact"
    HELP = "help"
    REVIEW = "review"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A text from a phone, as the hub keeps it.

    `number` is who wrote (E.164 where it is a number) and `to` what they wrote to. `account_id` is whose text it
    answers, None where nobody's is known; `campaign_id` and `message_id` name that text. With `ambiguous` others had
    texted that number from the same sender within two days, and the latest was taken. `rule` says why it is of its
    `kind`, and `matched` on which words.
    """

    id: str
    connector: str
    number: str
    to: str
    text: str
    received_at: datetime
    kind: InboundKind
    account_id: int | None = None
    campaign_id: str | None = None
    message_id: str | None = None
    ambiguous: bool = False
    country: str | None = None
    rule: str = ""
    matched: str = ""
    claimed_by: str | None = None
    forwarded: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class OptOutNotice:
    """Somebody asked an account for no more texts; `text` is what they wrote, `campaign_id` what they answered."""

    account_id: int
    number: str
    at: datetime
    text: str
    campaign_id: str | None = None
