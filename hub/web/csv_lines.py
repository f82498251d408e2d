"""Lines of CSV (RFC 4180) that a spreadsheet opens without carrying anything out."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"\+\d{1,15}")


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows as CSV in UTF-8; nothing is an empty cell, times are ISO 8601.

    What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection); a number with
    its plus is none.
    """
    out = io.StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
    risky = text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text)
    return f"'{text}" if risky else text
