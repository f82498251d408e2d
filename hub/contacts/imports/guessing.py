"""Guess how a file of text is written: its encoding, its separator, whether its first line names its columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from hub.contacts.model import INFOS
from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence


class Encoding(StrEnum):
    """What a file may be said to be written in."""

    UTF_8 = "utf-8"
    UTF_8_MARKED = "utf-8-sig"
    UTF_16 = "utf-16"
    WINDOWS = "cp1252"
    LATIN_9 = "iso-8859-15"


SEPARATORS = (";", ",", "\t", "|")
SAMPLE = 64 * 1024
UNMARKED = frozenset({"utf-8", "cp1252"})
"""What a file is guessed to be written in by what stands in it, not by a mark."""
_LINES = 50
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def guess_encoding(begins: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, UTF-8 where it is one, else what Windows writes in Western Europe."""
    for mark, name in _MARKS:
        if begins.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begins)  # a character cut off at the end is none of its faults
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def guess_separator(text: str) -> str:
    """The one by which most of the first lines have as many cells as each other, and more than one.

    Of two such, that by which the first cells have no likelier one in them.
    """
    lines = list(islice(io.StringIO(text, newline=""), _LINES))
    if len(lines) > 1 and not lines[-1].endswith(("\r", "\n")):
        del lines[-1]  # cut off where the sample ends

    def fitness(separator: str) -> tuple[int, int, int]:
        rows = [row for row in csv.reader(lines, delimiter=separator) if row]
        widths = Counter(map(len, rows))
        width, often = max(widths.items(), key=lambda one: (one[0] > 1, one[1]), default=(1, 0))
        likelier = SEPARATORS[: SEPARATORS.index(separator)]
        whole = sum(1 for row in rows if not any(one in row[0] for one in likelier))
        return (often, whole, width) if width > 1 else (0, 0, 0)

    return max(SEPARATORS, key=fitness)


def guess_header(rows: Sequence[Sequence[str]], number_column: int, region: str) -> bool:
    """Whether the first row names the columns: it has no number where the next one has."""
    if not rows:
        return False
    is_number = [_is_number(row, number_column, region) for row in rows[:2]]
    named = len(rows[0]) > number_column and any(one.isalpha() for one in rows[0][number_column])
    return not is_number[0] and (named or is_number[-1])


def name_columns(first: Sequence[str], number_column: int, width: int, *, header: bool) -> tuple[str | None, ...]:
    """What the fields are called: as the header says, else `info1` to `info4` from left to right, then `column6`..."""
    others = [place for place in range(width) if place != number_column]
    names: list[str | None] = [None] * width
    taken: set[str] = set()
    for count, place in enumerate(others):
        said = _name(first[place]) if header and place < len(first) else ""
        name = said if said.isprintable() and said else INFOS[count] if count < len(INFOS) else f"column{place + 1}"
        names[place] = name if name not in taken else f"column{place + 1}"
        taken.add(name)
    return tuple(names)


def _name(cell: str) -> str:
    """A header's cell on one line."""
    return (cell if cell.isprintable() else " ".join(cell.split()))[:64]


def _is_number(row: Sequence[str], column: int, region: str) -> bool:
    return len(row) > column and isinstance(parse_number(row[column], region), PhoneNumber)
