"""Say of each line what it is: a number, one that was there before, or none, and why."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from hub.contacts.imports.model import TAKEN, Line, Shape, Tally, Verdict
from hub.contacts.model import SuppressionKind
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.store.bulk import in_batches
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Self

LONGEST_VALUE = 1000
_CACHE_KB = 32 * 1024
_as_json = json.JSONEncoder(ensure_ascii=False).encode
_VERDICTS = {"landline": Verdict.LANDLINE, "excel_lossy": Verdict.LOSSY}
_SENTENCES = {
    SuppressionKind.OPT_OUT: "This person asked not to be texted any more: nothing will be sent.",
    SuppressionKind.UNALLOCATED: "This number belongs to nobody by earlier texts: nothing will be sent.",
}


class Seen:
    """Which numbers a file had before, and what goes on the list, however many: in a database of its own on the disk.

    It is gone when closed. What goes on the list comes out of it in the order of the numbers: so stored, a million
    contacts go into an index from its one end to the other, not each into another page of it.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        self._database.execute("CREATE TABLE seen (number INTEGER PRIMARY KEY, known TEXT)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def first_of(self, lines: Sequence[Line]) -> set[int]:
        """The places of these lines, which all have a number, whose number comes for the first time."""
        with closing(self._database.cursor()) as cursor:
            return {place for place, one in enumerate(lines) if self._is_first(cursor, one)}

    def contacts(self, size: int) -> Iterator[str]:
        """What goes on the list, so many at once: a JSON list of numbers (E.164), each with what is known beside it."""
        rows = self._database.execute("SELECT number, known FROM seen ORDER BY number")
        for some in in_batches(rows, size):
            listed = ",".join(f'["+{number}",{known}]' for number, known in some)
            yield f"[{listed}]"

    def _is_first(self, cursor: sqlite3.Cursor, one: Line) -> bool:
        row = (int((one.number or "")[1:]), _as_json(one.known) if one.known else "{}")
        return cursor.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", row).rowcount == 1


def read_lines(rows: Sequence[tuple[int, list[str]]], shape: Shape, region: str) -> Iterator[Line]:
    """Lines with their numbers; whether somebody has them is not known yet."""
    for line, row in rows:
        given = row[shape.number_column] if shape.number_column < len(row) else ""
        number = parse_number(given, region)
        if isinstance(number, NumberRefusal):
            verdict = _VERDICTS.get(number.reason, Verdict.INVALID)
            yield Line(line, storable(given, 200), verdict, None, number.reason, number.message)
        else:
            yield Line(line, given, Verdict.NEW, number.e164, known=_known(row, shape))


def judge(
    lines: Sequence[Line], first: Collection[int], there: Collection[str], suppressed: Mapping[str, SuppressionKind]
) -> list[Line]:
    """The lines as they are: `first` are the places of numbers that the file had not had, `there` those on the list."""
    numbered = iter(range(len(lines)))
    return [
        one if one.number is None else _judged(one, there, suppressed) if next(numbered) in first else _repeated(one)
        for one in lines
    ]


def tally_of(lines: Sequence[Line]) -> Tally:
    """How many lines there are of each kind."""
    tally = Tally(lines=len(lines))
    for one in lines:
        setattr(tally, one.verdict, getattr(tally, one.verdict) + 1)
        if one.verdict in TAKEN:
            tally.rewritten += one.given != one.number
            tally.opted_out += one.suppressed == SuppressionKind.OPT_OUT
            tally.unallocated += one.suppressed == SuppressionKind.UNALLOCATED
    return tally


def _repeated(one: Line) -> Line:
    message = "This number stands further up in the file; what stands there counts."
    return Line(one.line, one.given, Verdict.DUPLICATE, one.number, "duplicate", message)


def _judged(one: Line, there: Collection[str], suppressed: Mapping[str, SuppressionKind]) -> Line:
    kind = suppressed.get(one.number or "")
    if kind is None and one.number not in there:
        return one  # it is read as new
    verdict = Verdict.KNOWN if one.number in there else Verdict.NEW
    said = _SENTENCES[kind] if kind else None
    return Line(one.line, one.given, verdict, one.number, kind, said, kind, one.known)


def _known(row: Sequence[str], shape: Shape) -> dict[str, str]:
    return {
        name: storable(value, LONGEST_VALUE)
        for name, value in zip(shape.columns, row, strict=False)
        if name is not None and value
    }
