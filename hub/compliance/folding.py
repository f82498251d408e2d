"""Texts as rules compare them: neither accents, nor capitals, nor compatibility forms make a difference."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN: Mapping[str, str] = MappingProxyType(
    {"\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-"}
)
"""Typographic apostrophes, dashes and the minus sign, which NFKC leaves as they are."""


def compose(text: str) -> str:
    """The text with compatibility forms (full width, no-break spaces, ligatures) replaced: NFKC."""
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """The composed text in lower case and without accents, character for character.

    `fold(text)[a:b]` says the same as `compose(text)[a:b]`, so what is found in one can be quoted from the other.
    """
    return "".join(_fold_character(character) for character in compose(text))


def _fold_character(character: str) -> str:
    plain = PLAIN.get(character, character)
    return unicodedata.normalize("NFD", plain)[0].lower()[0]
