"""What a mail is once it has been read, how much of one is read, and why one could not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub_mail_to_sms.loops import AutomaticFacts


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What a mail may hold before it is refused unread (reference: reliability, section 3.1).

    `total`, `header` and `html` are bytes; `depth` counts multiparts and forwarded mails inside each
    other; `addresses` are those of From, To, Cc and Reply-To together; `elements` are HTML tags.
    """

    total: int = 1024 * 1024
    header: int = 64 * 1024
    lines: int = 50_000
    parts: int = 100
    depth: int = 10
    addresses: int = 1000
    html: int = 256 * 1024
    elements: int = 20_000


class UnreadableReason(StrEnum):
    """Why a mail was refused; the value is the code that logs and answers show."""

    TOO_LARGE = "too_large"
    TOO_COMPLEX = "too_complex"
    CONTROL_CHARACTERS = "control_characters"
    UNDECODABLE = "undecodable"
    ENCRYPTED = "encrypted"
    MALFORMED = "malformed"


class UnreadableMail(Exception):
    """The mail cannot be turned into a text; trying again with the same mail will not help."""

    def __init__(self, reason_code: UnreadableReason, sentence: str) -> None:
        self.reason_code = reason_code
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that somebody attached, not a picture within the text; `content` is what it was before it travelled."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail, read: every string is printable Unicode, ready to be stored or shown.

    `text` is what to send, signature and quotes cut away; it may be empty. `message_id` is without brackets and
    blanks, at most 200 characters (a longer one is replaced by its digest), None when missing.
    `from_address` is in lower case, and empty when the From field names nobody or more than one: who sent
    the mail is never guessed. `attachments` are the names of what is no text, `files` those of them that somebody
    attached. `notes` say in plain
    sentences what was done to the mail. `automatic` is what `loops.is_automatic` judges.
    """

    subject: str
    text: str
    message_id: str | None
    from_address: str
    automatic: AutomaticFacts
    attachments: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    notes: tuple[str, ...] = ()
