"""CSV for people and their spreadsheets: streamed, in UTF-8 with a mark, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_AT_ONCE = 500


def safe_cell(value: object) -> str:
    """A cell that a spreadsheet shows and does not compute (OWASP, CSV injection): an apostrophe goes before it.

    But not before a plain number with its sign, such as a phone number in E.164: nothing can be computed from that.
    """
    text = "" if value is None else str(value)
    if text.startswith(_BEGINS_A_FORMULA) and not (text[0] in "+-" and text[1:].isascii() and text[1:].isdecimal()):
        return f"'{text}"
    return text


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """An answer that is written while its rows come."""
    disposition = f'attachment; filename="{filename}"'
    return Response(_lines(header, rows), headers={"Content-Disposition": disposition}, mimetype="text/csv")


def _lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    written.write("\ufeff")
    writer.writerow(header)
    for count, row in enumerate(rows, start=1):
        writer.writerow(map(safe_cell, row))
        if count % _AT_ONCE == 0:
            yield written.getvalue()
            written.seek(0)
            written.truncate()
    yield written.getvalue()
