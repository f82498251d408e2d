"""Cuts a text into the segments a carrier bills (3GPP TS 23.040, section 9.2.3.24.1)."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from hub.sms.alphabet import GSM_EXTENSION, alphabet_of
from hub.sms.model import Alphabet, Segmentation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class _Measure:
    """How an alphabet fills a segment: room alone, room beside a 6-octet header, characters that take two units."""

    single: int
    part: int
    wide: re.Pattern[str]


_MEASURES = {
    Alphabet.GSM: _Measure(160, 153, re.compile(f"[{re.escape(GSM_EXTENSION)}]")),
    Alphabet.UCS2: _Measure(70, 67, re.compile("[\U00010000-\U0010ffff]")),
}


def segment(text: str, alphabet: Alphabet | None = None) -> Segmentation:
    """The text cut into segments, in `alphabet` or else in the cheapest one that carries it.

    Parts are filled greedily and joined give the text again; an escape pair or a surrogate pair is never cut.
    The text is counted as it stands: see `hub.sms.encoding.prepare` for what is done before. An empty text
    is one empty part. Raises ValueError when `alphabet` is GSM-7 and the text does not fit it.
    """
    fitting = alphabet_of(text)
    chosen = fitting if alphabet is None else alphabet
    if chosen is Alphabet.GSM and fitting is not Alphabet.GSM:
        raise ValueError("The text has characters outside the GSM alphabet.")
    measure = _MEASURES[chosen]
    ends = _unit_ends(text, measure.wide)
    units = ends[-1] if ends else 0
    if units <= measure.single:
        return Segmentation(chosen, units, (text,), (units,))
    cuts = tuple(_cuts(ends, measure.part))
    return Segmentation(
        chosen,
        units,
        tuple(text[start:stop] for start, stop, _ in cuts),
        tuple(size for _, _, size in cuts),
    )


def _unit_ends(text: str, wide: re.Pattern[str]) -> Sequence[int]:
    """For each character, how many units the text takes up to its end."""
    doubles = frozenset(wide.findall(text))
    if not doubles:
        return range(1, len(text) + 1)
    return tuple(accumulate(2 if char in doubles else 1 for char in text))


def _cuts(ends: Sequence[int], room: int) -> Iterator[tuple[int, int, int]]:
    """(start, stop, units) of each part of at most `room` units."""
    start = used = 0
    while start < len(ends):
        stop = bisect_right(ends, used + room, start)
        yield start, stop, ends[stop - 1] - used
        start, used = stop, ends[stop - 1]
