"""Lines of CSV (RFC 4180) that a spreadsheet opens without carrying anything out."""

from __future__ import annotations

import codecs
import csv
import io
import re
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from flask import Response

from hub.store.bulk import in_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_AT_ONCE = 500
_HARMLESS = re.compile(r"[+-]\d{1,15}")


def csv_lines(rows: Iterable[Iterable[object]], delimiter: str = ",") -> bytes:
    """Rows as CSV in UTF-8; nothing is an empty cell, times are ISO 8601.

    What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection); a number with
    its plus is none.
    """
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
    risky = text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text)
    return f"'{text}" if risky else text


def csv_answer(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """An answer that is written while its rows come: marked UTF-8 and semicolons, as Excel in French opens it."""
    lines = (csv_lines(some, ";") for some in in_batches(chain([header], rows), _AT_ONCE))
    return Response(
        chain([codecs.BOM_UTF8], lines),
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
        mimetype="text/csv",
    )
