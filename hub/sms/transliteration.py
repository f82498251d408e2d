"""Rewrites a text with characters of the GSM alphabet, and says every time what it changed."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from hub.sms.alphabet import GSM_CHARACTERS, offending
from hub.sms.model import Change
from hub.sms.typography import MARKS, SIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping


def transliterate(text: str, *, strip: bool) -> tuple[str, tuple[Change, ...]]:
    """The text rewritten, and its changes in order of appearance.

    `strip=False` is the smart level: typographic marks only, every letter is kept. `strip=True` goes on to the
    letters: accents that GSM lacks are dropped, ligatures and signs spelt out, those it has (é è à ù) kept; the
    text is NFC-normalised on the way. What has no plain writing (emoji, Cyrillic) stays as it is.
    """
    if not strip:
        return rewrite(text, MARKS)
    smart, marks = rewrite(unicodedata.normalize("NFC", text), MARKS)
    plain, letters = rewrite(smart, {char: _fold(char) for char in offending(smart)})
    return plain, marks + letters


def rewrite(text: str, table: Mapping[str, str]) -> tuple[str, tuple[Change, ...]]:
    """The text with every character of `table` replaced, and what that changed."""
    if table.keys().isdisjoint(text):
        return text, ()
    found = Counter(char for char in text if table.get(char, char) != char)
    changes = tuple(Change(char, table[char], count) for char, count in found.items())
    return text.translate({ord(char): table[char] for char in found}), changes


@lru_cache(maxsize=2048)
def _fold(char: str) -> str:
    """The nearest GSM writing of a foreign character; the character itself where there is none."""
    if char in SIGNS:
        return SIGNS[char]
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not _is_mark(part))
    folded = "".join(MARKS.get(part, SIGNS.get(part, part)) for part in bare)
    return folded if GSM_CHARACTERS.issuperset(folded) else char


def _is_mark(char: str) -> bool:
    """Whether it only modifies its neighbour: accents, variation selectors, joiners."""
    category = unicodedata.category(char)
    return category.startswith("M") or category == "Cf"
