"""Cuts a line of numbers, as people write them in a subject or a form field, into one piece per number."""

from __future__ import annotations

import re
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from hub.sms.model import PhoneNumber
from hub.sms.phone_parse import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALWAYS_CUTS = re.compile(
    r"[\n\r\t\v\f\x85\u2028\u2029|&\uff1b]|;(?!\s*ext)|(?<=\s)(?:et|and|und|ou|or)(?=\s)", re.IGNORECASE
)
_CUT_UNLESS_WHOLE = (
    re.compile(r",(?!\d+\s?[eE]\+?\d)|[\u060c\u3001\uff0c]"),  # the other commas; not that of 3,36E+10
    re.compile(r"\s/\s"),
    re.compile(r"/"),
)
_EDGES = " \u00a0\u202f-\u2013\u2014:,."
_SHORTEST, _LONGEST = 6, 20  # digits of a piece that is worth parsing
_MOST_GROUPS = 8  # "00 33 6 12 34 56 78" has seven
_MOST_WORDS = 2 * _MOST_GROUPS + 1


class _Cost(NamedTuple):
    """What speaks against a way of cutting, the gravest first.

    Words left over; numbers that do not exist; numbers that begin with neither + nor 0; pieces.
    """

    leftover: int = 0
    invalid: int = 0
    odd_start: int = 0
    pieces: int = 0

    def plus(self, other: _Cost) -> _Cost:
        return _Cost(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def split_numbers(text: str, region: str | None) -> tuple[str, ...]:
    """The pieces of a text, in order: one per number, and what is none in pieces of its own, to be reported.

    Line ends, tabs, `;`, `|`, `&` and the words et/and/und/ou/or always cut; commas, slashes and spaces where
    what they join is not one number of `region`. Pieces stand as they were typed, without the spaces and dashes
    around them; duplicates are kept. Time grows with the length of the text, no faster.
    """
    pieces = [piece for line in _ALWAYS_CUTS.split(text) for piece in _split(line, region)]
    return tuple(piece.strip(_EDGES) for piece in pieces if _says_something(piece))


def _split(line: str, region: str | None, level: int = 0) -> list[str]:
    if level == len(_CUT_UNLESS_WHOLE):
        return _split_words(line, region)
    cutter = _CUT_UNLESS_WHOLE[level]
    if not cutter.search(line) or _is_number(line, region):
        return _split(line, region, level + 1)
    return [piece for part in cutter.split(line) for piece in _split(part, region, level + 1)]


def _split_words(line: str, region: str | None) -> list[str]:
    """The cheapest way to lay numbers over the words: the shortest path from the line's start to its end."""
    words = list(re.finditer(r"\S+", line))
    came_from: dict[int, int] = {}
    ahead = [(_Cost(), 0, 0)]
    while len(words) not in came_from:
        cost, here, start = heappop(ahead)
        if here not in came_from:
            came_from[here] = start
            for stop, step in _steps(line, words, here, region):
                heappush(ahead, (cost.plus(step), stop, here))
    pieces, stop = [], len(words)
    while stop > 0:
        pieces.append(line[words[came_from[stop]].start() : words[stop - 1].end()])
        stop = came_from[stop]
    return pieces[::-1]


def _steps(line: str, words: list[re.Match[str]], start: int, region: str | None) -> Iterator[tuple[int, _Cost]]:
    """The pieces that may begin at the word `start`: where each stops, and what it costs."""
    for stop in range(start + 1, min(start + _MOST_WORDS, len(words)) + 1):
        piece = line[words[start].start() : words[stop - 1].end()]
        if stop > start + 1 and _overflows(piece):
            return
        yield stop, _cost(piece, stop - start, region)


def _overflows(piece: str) -> bool:
    digits = sum(map(str.isdigit, piece))
    return digits > _LONGEST or sum(any(map(str.isdecimal, word)) for word in piece.split()) > _MOST_GROUPS


def _cost(piece: str, words: int, region: str | None) -> _Cost:
    if not _says_something(piece):
        return _Cost()
    if sum(map(str.isdigit, piece)) >= _SHORTEST:
        outcome = parse_number(piece, region)
        odd_start = int(not piece.startswith(("+", "0", "(")))
        if isinstance(outcome, PhoneNumber) or outcome.number or outcome.reason == "extension":
            return _Cost(odd_start=odd_start, pieces=1)
        if outcome.reason == "invalid":
            return _Cost(invalid=1, odd_start=odd_start, pieces=1)
    return _Cost(leftover=words, pieces=1)


def _is_number(text: str, region: str | None) -> bool:
    return _cost(text, 1, region)[:2] == (0, 0)


def _says_something(piece: str) -> bool:
    return any(map(str.isalnum, piece))
