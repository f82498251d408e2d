"""Recipients out of a small file that comes with a campaign: CSV text with a column of numbers. Pure."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from hub.csv_text import as_read
from hub.errors import RequestRefused
from hub.messages.model import Recipient
from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEPARATORS = ";,\t"
_NUMBER_NAMES = frozenset(
    {"to", "number", "numero", "numéro", "mobile", "telephone", "téléphone", "tel", "phone", "portable", "gsm"}
)
_INFOS = ("info1", "info2", "info3", "info4")


def recipients_in_file(text: str, region: str) -> tuple[Recipient, ...]:
    """The recipients of CSV text: lines of fields between `;`, `,` or tabs, whichever the first line has most of.

    A first line without a number in it names the columns: one of them the numbers (`to`, `number`, `mobile` and so on,
    else the first), the others are merge fields of that name. Without such a line the first column has the numbers,
    and the next four are `info1` to `info4`. Empty lines are passed over. Raises RequestRefused (`no_number_column`,
    `line_too_long`).
    """
    lines = text.removeprefix("\ufeff").splitlines()
    first = next((line for line in lines if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    rows = _rows(lines, separator)
    if not rows:
        return ()
    names = _names(rows[0], region)
    body = rows if names is None else rows[1:]
    titles = ("", *_INFOS) if names is None else tuple(rows[0])
    place = 0 if names is None else _number_column(names)
    return tuple(_recipient(row, titles, place) for row in body)


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        cells = [[as_read(cell.strip()) for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:  # a cell without an end, or a quote that is never closed
        message = f"A field has more than {csv.field_size_limit()} characters; is it text with one number per line?"
        raise RequestRefused.because("file", "line_too_long", message) from None
    return [row for row in cells if any(row)]


def _names(row: Sequence[str], region: str) -> list[str] | None:
    """A first line as names of columns; None where it has a number, as lines of recipients do."""
    if any(isinstance(parse_number(cell, region), PhoneNumber) for cell in row):
        return None
    return [cell.casefold() for cell in row]


def _number_column(names: Sequence[str]) -> int:
    found = [place for place, name in enumerate(names) if name in _NUMBER_NAMES]
    if len(found) > 1:
        message = "Several columns seem to have the numbers; call one of them `to`, and the others something else."
        raise RequestRefused.because("file", "no_number_column", message)
    return found[0] if found else 0


def _recipient(row: Sequence[str], titles: Sequence[str], place: int) -> Recipient:
    fields = {
        title: cell
        for column, (title, cell) in enumerate(zip(titles, row, strict=False))
        if column != place and title and cell
    }
    return Recipient(row[place] if place < len(row) else "", fields)
