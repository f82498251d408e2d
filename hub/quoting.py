"""Texts that somebody has in hand, found again in a line that quotes them, and left out of it.

What a line costs does not grow with the number of texts, and clients choose texts: so they are read once, are found
by how they begin, and where they are too many to be told apart, whatever may quote one is left out whole.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HIDDEN = "***"
_MOST = 1024 * 1024
"""Characters of texts that are looked for; each text counts as some more, for it costs more than its length."""
_PER_TEXT = 32
_LONG = 5
"""Characters from which on a text is looked for everywhere, and not as a word or between quotes only."""
_WORD_FROM = 3
_ALIKE = 32
"""Texts with one beginning that are told apart."""

_PHRASE = re.compile(r"[\w .-]{6,}", re.ASCII)
"""What stands unchanged in every way of quoting a text: six plain characters or more in a row."""
_FRAME = re.compile(r'^([ |+]*File "[^"\n]+", line \d+, in [\w.<>]+)$', re.MULTILINE)
"""A line of a traceback that says where: no text is quoted there."""
_WORDS = re.compile(rf"\b\w{{{_WORD_FROM},{_LONG - 1}}}\b")
_BETWEEN_QUOTES = re.compile(rf"(?<=')[^'\n]{{1,{_LONG - 1}}}(?=')|(?<=\")[^\"\n]{{1,{_LONG - 1}}}(?=\")")


class Texts:
    """The texts that `ask` gives; it is asked once, when the first line is looked at."""

    def __init__(self, ask: Callable[[], Iterable[str]]) -> None:
        self._ask = ask

    @cached_property
    def _known(self) -> _Known | None:
        texts = _taken(self._ask())
        return None if texts is None else _Known.of(texts)

    def left_out(self, line: str) -> str:
        """The line without them, however it quotes them; where in the code an error came from is left in it."""
        pieces = _FRAME.split(line)  # every second one is a frame
        pieces[::2] = [self._left_out(piece) if piece.strip() else piece for piece in pieces[::2]]
        return "".join(pieces)

    def _left_out(self, piece: str) -> str:
        if self._known is None:
            return piece.replace(piece.strip(), HIDDEN)
        return self._known.left_out(piece)


@dataclass(frozen=True)
class _Known:
    """How texts may stand in a line: `long` forms by their first characters, longest first, and `short` ones.

    Of those in `crowded`, only what all have in common is known.
    """

    long: dict[str, list[str]]
    short: frozenset[str]
    crowded: frozenset[str]

    @classmethod
    def of(cls, texts: set[str]) -> _Known:
        forms = _forms(texts)
        long = defaultdict(list)
        for form in sorted(forms, key=len, reverse=True):
            if len(form) >= _LONG:
                long[form[:_LONG]].append(form)
        crowded = frozenset(begin for begin, alike in long.items() if len(alike) > _ALIKE)
        common = {begin: [_common(long[begin])] for begin in crowded}
        return cls({**long, **common}, frozenset(form for form in forms if len(form) < _LONG), crowded)

    def left_out(self, piece: str) -> str:
        """The piece without what is known: long forms anywhere, short ones as words, between quotes, or alone."""
        if piece.strip() in self.short:
            return HIDDEN
        piece = self._without_long(piece)
        if self.short:
            piece = _BETWEEN_QUOTES.sub(self._unless_short, piece)
            piece = _WORDS.sub(self._unless_short, piece)
        return piece

    def _without_long(self, piece: str) -> str:
        kept: list[str] = []
        end = 0
        for at in [at for at in range(len(piece)) if piece[at : at + _LONG] in self.long]:
            begin = piece[at : at + _LONG]
            form = next((form for form in self.long[begin] if piece.startswith(form, at)), None)
            if form is None:
                continue
            if at > end or not kept:
                kept += piece[end:at], HIDDEN
            if begin in self.crowded:
                return "".join(kept)  # where it ends is not known
            end = max(end, at + len(form))
        return "".join((*kept, piece[end:]))

    def _unless_short(self, found: re.Match[str]) -> str:
        return HIDDEN if found[0] in self.short else found[0]


def _taken(texts: Iterable[str]) -> set[str] | None:
    """Each text once, or None when they are too many."""
    taken: set[str] = set()
    left = _MOST
    for text in texts:
        if text not in taken and text.strip():
            taken.add(text)
            left -= len(text) + _PER_TEXT
            if left < 0:
                return None
    return taken


def _forms(texts: set[str]) -> set[str]:
    """Every way in which texts may be quoted: whole, as Python and JSON write them, and by their plain phrases."""
    odd = [text for text in texts if not text.isascii() or not text.isprintable() or set(text) & set("\\'\"")]
    whole = texts | {text.strip() for text in texts}
    whole |= {form for text in odd for form in (repr(text)[1:-1], json.dumps(text)[1:-1])}
    phrases = {phrase.strip() for phrase in _PHRASE.findall("\n".join(texts))}
    spaced = [phrase for phrase in phrases if " " in phrase]
    quoted = {phrase.replace(" ", space) for phrase in spaced for space in ("+", "%20")}
    return (whole | phrases | quoted) - {""}


def _common(forms: list[str]) -> str:
    """The beginning that forms have in common."""
    first, last = min(forms), max(forms)
    alike = (index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(alike, len(first))]
