"""What a text message is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    """What a number is for, in libphonenumber's words."""

    MOBILE = "MOBILE"
    FIXED_LINE_OR_MOBILE = "FIXED_LINE_OR_MOBILE"
    FIXED_LINE = "FIXED_LINE"
    VOIP = "VOIP"
    PREMIUM_RATE = "PREMIUM_RATE"
    SHARED_COST = "SHARED_COST"
    TOLL_FREE = "TOLL_FREE"
    PERSONAL_NUMBER = "PERSONAL_NUMBER"
    PAGER = "PAGER"
    UAN = "UAN"
    VOICEMAIL = "VOICEMAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 (`+33612345678`), its region (`FR`) and kind."""

    e164: str
    region: str
    kind: NumberKind

    def __str__(self) -> str:
        return self.e164


@dataclass(frozen=True, slots=True)
class NumberRefusal:
    """Why a text is not a number that can be texted.

    `reason` is one of the codes in `hub.sms.phone.REASONS`; `number` is what was recognised, where
    something was (a landline is a number, only not one to text).
    """

    reason: str
    message: str
    number: PhoneNumber | None = None


class Alphabet(StrEnum):
    """How a text travels (3GPP TS 23.038): 7-bit default alphabet, or UTF-16."""

    GSM = "GSM-7"
    UCS2 = "UCS-2"


class EncodingMode(StrEnum):
    """What the sender wants: the cheapest that keeps every letter, GSM at any price, or UTF-16."""

    AUTO = "auto"
    GSM = "gsm"
    UNICODE = "unicode"


@dataclass(frozen=True, slots=True)
class Change:
    """One rewriting that transliteration made, and how often."""

    found: str
    replacement: str
    count: int


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text cut as the carrier bills it. `units` are septets (GSM-7) or 16-bit units (UCS-2)."""

    alphabet: Alphabet
    units: int
    parts: tuple[str, ...]
    part_units: tuple[int, ...]

    @property
    def segments(self) -> int:
        """How many segments the text is billed as."""
        return len(self.parts)


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text as it will leave: normalised, perhaps rewritten (`changes` says how), and cut."""

    text: str
    segmentation: Segmentation
    changes: tuple[Change, ...] = ()
