"""Reads what a person typed, or a spreadsheet exported, down to the digits that were dialled.

Nothing here knows a country: `phone_parse` says which number the digits are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_URI = re.compile(r"^\W*(?:tel|sms|smsto|callto)\s*:\s*(?://)?", re.IGNORECASE)
_WRAPPING = re.compile(r"^[^\w+(\[*#]+|[^\w)\]]+$")
_SCIENTIFIC = re.compile(r"\+?(\d+)(?:[.,](\d+))?\s?[eE]\s?([+-]?\d{1,3})")
_INTEGRAL = re.compile(r"(\+?\d+)[.,]0+")
_EXTENSION = re.compile(r"(?:;?\s*\bext(?:n|ension)?\.?\s*[:=]?|\bposte|x|\#|,{2,})\s*\d{1,7}$", re.IGNORECASE)
_LETTER_AMONG_DIGITS = re.compile(r"\d\D*[^\W\d_]\D*\d")
_WRITTEN = re.compile(r"[\d\s()\[\]./+-]+")
_SPACING = re.compile(r"[\s()\[\]./-]")
_DIALLED = re.compile(r"((?:00?)?\++)?(\d+)")
_WHOLE_NUMBER = 8  # digits from which a group is a number of its own: two make more than E.164 allows
_SHORTEST_BEFORE_EXTENSION = 6
_LONGEST_DIGITS = 30
_LONGEST_TEXT = 200
_READ = 1000  # leaves room for invisible characters


@dataclass(frozen=True, slots=True)
class Dialled:
    """ASCII digits, and whether a `+` before them says that they begin with a country's calling code."""

    digits: str
    international: bool


def read_dialled(text: str) -> Dialled | str:
    """The digits of a text, or the reason code (`hub.sms.phone.REASONS`) why it is not one number.

    Takes any spacing, brackets, dashes and Unicode digits, invisible characters, quotes and the apostrophe
    that spreadsheets put in front, `tel:`, a decimal `.0`, and scientific notation that has kept every digit.
    """
    visible = _plain(text.strip()[:_READ]).strip()
    if not visible:
        return "empty"
    if len(visible) > _LONGEST_TEXT:
        return "length" if _WRITTEN.fullmatch(visible) else "unparsable"
    plain = _WRAPPING.sub("", _URI.sub("", visible))
    if number := _SCIENTIFIC.fullmatch(plain):
        return _from_scientific(*number.groups(default=""))
    if whole := _INTEGRAL.fullmatch(plain):
        plain = whole[1]
    return _refusal_by_letters(plain) or _from_written("".join(c for c in plain if not c.isalpha()))


def _plain(text: str) -> str:
    """The text with compatibility forms folded, invisible characters gone, digits and dashes in ASCII."""
    if text.isascii():
        return text
    return "".join(map(_plain_character, unicodedata.normalize("NFKC", text)))


def _plain_character(char: str) -> str:
    match unicodedata.category(char):
        case "Cf":
            return ""
        case "Nd":
            return str(unicodedata.decimal(char))
        case "Pd":
            return "-"
    return char


def _from_scientific(whole: str, fraction: str, exponent: str) -> Dialled | str:
    """A spreadsheet's `3.3612345678E+10`, provided that no digit was rounded away."""
    if not fraction or len(fraction) != int(exponent):
        return "excel_lossy"
    return Dialled(whole + fraction, international=False)


def _refusal_by_letters(text: str) -> str | None:
    """Why letters make this no number; a single one before or after the digits is a slip of the finger."""
    if text.isascii() and not re.search("[A-Za-z#,*]", text):
        return None
    if _ends_in_extension(text):
        return "extension"
    letters = sum(map(str.isalpha, text))
    if letters > 1 and re.search(r"\d", text):
        return "letters"
    return "unparsable" if letters > 1 or _LETTER_AMONG_DIGITS.search(text) else None


def _ends_in_extension(text: str) -> bool:
    found = _EXTENSION.search(text)
    head = text[: found.start()] if found else ""
    return _count_digits(head) >= _SHORTEST_BEFORE_EXTENSION and not any(map(str.isalpha, head))


def _from_written(text: str) -> Dialled | str:
    if not _WRITTEN.fullmatch(text) or _holds_several(text):
        return "unparsable"
    dialled = _DIALLED.fullmatch(_SPACING.sub("", text))
    if dialled is None:
        return "unparsable"
    plus, digits = dialled.groups()
    if len(digits) > _LONGEST_DIGITS:
        return "length"
    # no calling code begins with 0: the plus of "+06..." is a mistake, the digits are the national form
    return Dialled(digits, international=bool(plus) and not digits.startswith("0"))


def _holds_several(text: str) -> bool:
    groups = re.split(r"[/\s]+", text)
    return sum(_count_digits(group) >= _WHOLE_NUMBER for group in groups) > 1


def _count_digits(text: str) -> int:
    return sum(map(str.isdigit, text))
