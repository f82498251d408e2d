"""CSV (RFC 4180) as this hub writes it, everywhere: as a spreadsheet opens it, and as the hub reads it back.

Cells are cut by semicolons and the file is marked as UTF-8: where the comma is the decimal sign, a spreadsheet opens
nothing else. Nothing is an empty cell, times are ISO 8601 in UTC.

A spreadsheet runs what begins with `=`, `+`, `-`, `@`, a tab or a line's end (OWASP, CSV Injection). Such a cell gets
an apostrophe in front; so does one that has apostrophes there already, and `as_read` takes exactly one away: every
text comes back as it was. Numbers run as nothing, those in E.164 with their plus among them: they stay as they are.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATOR = ";"
ROWS_AT_ONCE = 1000
_BEGINS = frozenset("'=+-@\t\r\n")
_RUNS = re.compile(r"'*[=+\-@\t\r\n]")
_MARKED = re.compile(r"'+[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-][0-9]{1,15}(?:[.,][0-9]{1,15})?")


def csv_pieces(header: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """A whole file, piece by piece while its rows come: the mark of UTF-8, the header, the rows."""
    yield codecs.BOM_UTF8 + csv_lines([header])
    iterator = iter(rows)
    while some := list(islice(iterator, ROWS_AT_ONCE)):
        yield csv_lines(some)


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows of a file, each cell safe."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=SEPARATOR, lineterminator="\r\n")
    writer.writerows([safe(_text(value)) for value in row] for row in rows)
    return out.getvalue().encode()


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if text[:1] in _BEGINS and _RUNS.match(text) and not _NUMBER.fullmatch(text) else text


def as_read(cell: str) -> str:
    """The text that a cell stands for."""
    return cell[1:] if cell[:1] == "'" and _MARKED.match(cell) else cell


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
