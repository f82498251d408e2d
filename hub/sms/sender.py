"""Sender names: what kind one is, and which rule it breaks.

Which rule applies where is the country policy's business; this room only knows how to hold a name against it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hub.sms.alphabet import offending
from hub.sms.transliteration import transliterate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST_SHORT_CODE = 6
_NUMBER = re.compile(r"\+?[0-9]+")
_PLAIN = re.compile(r"[A-Za-z0-9 ]*")
_SPELT_OUT = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss"})


class SenderKind(StrEnum):
    """What a carrier must be told of a sender: a name, a short code, or a whole number."""

    ALNUM = "alnum"
    SHORT_CODE = "short_code"
    LONG_NUMBER = "long_number"


@dataclass(frozen=True, slots=True)
class SenderProblem:
    """The rule that a sender breaks: a stable code, and a sentence that says how to mend it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """A sender, and what is allowed of it."""

    text: str
    max_len: int
    min_len: int
    allow_space: bool
    need_letter: bool


def classify_sender(text: str) -> SenderKind:
    """The kind of a sender: up to six digits are a short code, more (or a `+`) a number, all else a name."""
    if not _NUMBER.fullmatch(text):
        return SenderKind.ALNUM
    short = not text.startswith("+") and len(text) <= _LONGEST_SHORT_CODE
    return SenderKind.SHORT_CODE if short else SenderKind.LONG_NUMBER


def sender_problem(
    text: str, *, allowed: str, max_len: int, allow_space: bool, need_letter: bool, min_len: int = 3
) -> SenderProblem | None:
    """The first rule that `text` breaks as a sender, or None.

    `allowed` is one of alnum, numeric, any, registered (written like alnum; whether it is registered is not known
    here) and none; lengths are in characters. Codes: `sender_fixed`, `sender_empty`, `sender_not_numeric`,
    `sender_accent`, `sender_space`, `sender_character`, `sender_too_long`, `sender_too_short`,
    `sender_only_digits`. Raises ValueError for another `allowed`.
    """
    rule = _Rule(text, max_len, min_len, allow_space, need_letter)
    problems = (check(rule) for check in _CHECKS_BY_CHOICE[_choice(allowed)])
    return next((problem for problem in problems if problem), None)


def _choice(allowed: str) -> str:
    if allowed not in _CHECKS_BY_CHOICE:
        raise ValueError(f"{allowed!r} is none of {', '.join(_CHECKS_BY_CHOICE)}.")
    return allowed


def _fixed(_: _Rule) -> SenderProblem:
    return SenderProblem("sender_fixed", "No sender can be chosen for this country: leave it empty.")


def _empty(rule: _Rule) -> SenderProblem | None:
    return None if rule.text.strip() else SenderProblem("sender_empty", "The sender is empty: write one.")


def _not_numeric(rule: _Rule) -> SenderProblem | None:
    if re.fullmatch("[0-9]+", rule.text):
        return None
    return SenderProblem("sender_not_numeric", "This country takes digits only as a sender, such as 8812.")


def _accent(rule: _Rule) -> SenderProblem | None:
    folded = _fold(rule.text)
    found = [char for char in rule.text if not char.isascii() and char.isalpha()]
    if not found:
        return None
    remedy = f"write {folded}" if folded else "write it in letters from A to Z"
    return SenderProblem("sender_accent", f"{_list(found)} is not allowed in a sender: {remedy}.")


def _space(rule: _Rule) -> SenderProblem | None:
    mended = rule.text if rule.allow_space else rule.text.replace(" ", "")
    if mended.strip() == rule.text:
        return None
    where = "around" if rule.allow_space else "in"
    return SenderProblem("sender_space", f"Spaces are not allowed {where} a sender: write {mended.strip()}.")


def _character(rule: _Rule) -> SenderProblem | None:
    found = [char for char in rule.text if not _PLAIN.fullmatch(char)]
    if not found:
        return None
    rest = "".join(char for char in rule.text if char not in found)
    remedy = f"write {rest}" if rest.strip() else "write letters and digits"
    return SenderProblem("sender_character", f"{_list(found)} is not allowed in a sender: {remedy}.")


def _not_carried(rule: _Rule) -> SenderProblem | None:
    found = [char for char in rule.text if offending(char) or not char.isprintable()]
    if not found:
        return None
    plain, _ = transliterate(rule.text, strip=True)
    remedy = "write it with common letters" if offending(plain) or not plain.isprintable() else f"write {plain}"
    return SenderProblem("sender_character", f"{_list(found)} cannot be carried in a sender: {remedy}.")


def _too_long(rule: _Rule) -> SenderProblem | None:
    excess = len(rule.text) - rule.max_len
    if excess <= 0:
        return None
    message = f"The sender is too long by {excess}: {rule.max_len} characters at most."
    return SenderProblem("sender_too_long", message)


def _too_short(rule: _Rule) -> SenderProblem | None:
    if len(rule.text) >= rule.min_len:
        return None
    return SenderProblem("sender_too_short", f"The sender is too short: {rule.min_len} characters at least.")


def _only_digits(rule: _Rule) -> SenderProblem | None:
    if not rule.need_letter or re.search("[A-Za-z]", rule.text):
        return None
    return SenderProblem("sender_only_digits", "A sender of digits only is not allowed: add a letter.")


def _fold(text: str) -> str:
    """The name in plain ASCII, or nothing where it has no such form."""
    spelt, _ = transliterate(text, strip=True)
    parts = unicodedata.normalize("NFKD", spelt.translate(_SPELT_OUT))
    folded = "".join(part for part in parts if not unicodedata.combining(part))
    return folded if folded.isascii() else ""


def _list(characters: Iterable[str]) -> str:
    return " ".join(
        char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
        for char in dict.fromkeys(characters)
    )


_LENGTHS = (_too_long, _too_short)
_NAME = (_empty, _accent, _space, _character, *_LENGTHS, _only_digits)
_CHECKS_BY_CHOICE: dict[str, tuple[Callable[[_Rule], SenderProblem | None], ...]] = {
    "alnum": _NAME,
    "registered": _NAME,
    "numeric": (_empty, _not_numeric, *_LENGTHS),
    "any": (_empty, _not_carried, *_LENGTHS),
    "none": (_fixed,),
}
