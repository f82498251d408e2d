"""Cells of CSV files that spreadsheets do not take for formulas.

A spreadsheet runs what begins with `=`, `+`, `-`, `@`, a tab or a line's end (OWASP, CSV Injection). Such a cell gets
an apostrophe in front, which is how spreadsheets themselves mark text, and so does one that has apostrophes there
already: `as_read` takes exactly one away again, and every text comes back as it was.

Numbers in E.164 begin with a plus and are marked too. Unmarked they would run as no formula that does harm; but a
spreadsheet would make numbers of them, show 3.36E+10, and save just that. Marked, they survive, and the import reads
them.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_RUNS = re.compile(r"'*[=+\-@\t\r\n]")
_MARKED = re.compile(r"'+[=+\-@\t\r\n]")
SEPARATOR = ";"
"""What spreadsheets of most of Europe, where the comma is the decimal sign, cut columns at."""
BOM = "\ufeff"
"""Without it in front, spreadsheets read UTF-8 as something else."""


def safe(text: str) -> str:
    """The text as a cell that runs as no formula."""
    return f"'{text}" if _RUNS.match(text) else text


def as_read(cell: str) -> str:
    """The text that a cell stands for."""
    return cell[1:] if cell.startswith("'") and _MARKED.match(cell) else cell


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """Rows of a CSV file, each cell safe."""
    out = io.StringIO()
    csv.writer(out, delimiter=SEPARATOR, lineterminator="\r\n").writerows([*map(safe, row)] for row in rows)
    return out.getvalue()
