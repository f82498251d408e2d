"""Read the rows of a file, whatever its kind, line by line and in bounded memory."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from hub.contacts.imports import guessing, sheets
from hub.contacts.imports.model import Shape, Wishes
from hub.csv_text import as_read
from hub.errors import RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LONGEST_LINE = 128 * 1024
"""Characters: the longest of an export, with quotes doubled, is shorter."""
MOST_COLUMNS = 200
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

REFUSALS = {
    "file_empty": "The file has no line beside a header; send one with numbers.",
    "not_text": "This is neither text nor a spreadsheet that can be read: send CSV, TXT, XLS, XLSX or ODS.",
    "wrong_encoding": "The file is not written in {encoding}; name the encoding that it is in.",
    "line_too_long": f"Line {{line}} has more than {LONGEST_LINE} characters; is it text with one number per line?",
    "quote_open": "A quote before line {line} is never closed; close it, or take it away.",
    "too_many_columns": f"Line {{line}} has more than {MOST_COLUMNS} columns.",
    "sheet_empty": "The spreadsheet has no sheet.",
    "sheet_locked": "The spreadsheet is protected by a password; save it without.",
    "sheet_too_large": "The spreadsheet is too large once it is unpacked; save it as CSV, or in parts.",
    "sheet_unreadable": "The spreadsheet cannot be read; save it again, or as CSV.",
    "no_such_column": "There is no column {column}: the widest of the first lines has {width}.",
    "too_many_lines": "The file has more than {most} lines; send it in parts.",
}
"""Why a file is not read."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file as they come, with the number of each, and how the file is read."""

    shape: Shape
    rows: Iterator[tuple[int, list[str]]]


def open_rows(path: Path, wishes: Wishes, region: str) -> Rows:
    """Begin to read a file. Raises RequestRefused, `field` file, with a code of `REFUSALS` - then or while reading."""
    with path.open("rb") as file:
        begins = file.read(guessing.SAMPLE)
    if not begins.strip():
        raise refused("file_empty")
    if begins.startswith((_ZIP, _OLE)):
        return _shaped(_sheet_rows(path), Shape(), wishes, region)
    encoding = wishes.encoding or guessing.guess_encoding(begins)
    sample = begins.decode(encoding, "ignore")
    if not wishes.encoding and encoding in guessing.UNMARKED and _is_binary(sample):
        raise refused("not_text")
    separator = wishes.separator or guessing.guess_separator(sample)
    return _shaped(_text_rows(path, encoding, separator), Shape(encoding, separator), wishes, region)


def refused(code: str, **said: object) -> RequestRefused:
    """What is said of a file that is not read."""
    return RequestRefused.because("file", code, REFUSALS[code].format(**said))


def _shaped(rows: Iterator[tuple[int, list[str]]], shape: Shape, wishes: Wishes, region: str) -> Rows:
    first = list(islice(rows, 20))
    if not first:
        raise refused("file_empty")
    column = wishes.number_column or 0
    width = max(len(row) for _, row in first)
    if column >= width:
        raise refused("no_such_column", column=column + 1, width=width)
    header = wishes.header
    if header is None:
        header = guessing.guess_header([row for _, row in first], column, region)
    columns = wishes.columns
    if columns is None:
        columns = guessing.name_columns(first[0][1], column, width, header=header)
    whole = chain(first[1:] if header else first, rows)
    return Rows(Shape(shape.encoding, shape.separator, header, column, columns), whole)


def _text_rows(path: Path, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(_bounded(file, encoding), delimiter=separator)
        while True:
            try:
                row = next(reader, None)
            except csv.Error:  # a quote that never ends gathers lines until they are too many
                raise refused("quote_open", line=reader.line_num) from None
            if row is None:
                return
            yield from _checked(reader.line_num, row)


def _bounded(file: object, encoding: str) -> Iterator[str]:
    """The lines of a file, none longer than may be; NUL characters, which no cell holds, are left out."""
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(LONGEST_LINE + 1)  # type: ignore[attr-defined]  # a text file
        except UnicodeError:
            raise refused("wrong_encoding", encoding=encoding) from None
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise refused("line_too_long", line=number)
        yield line.replace("\0", "")


def _checked(number: int, row: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    if len(row) > MOST_COLUMNS:
        raise refused("too_many_columns", line=number)
    cells = [as_read(cell.strip()) for cell in row]
    if any(cells):
        yield number, cells


def _sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """From a process of its own; see `sheets`."""
    command = [sys.executable, "-m", sheets.__name__, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout is not None  # noqa: S101 - it was asked for
        assert process.stderr is not None  # noqa: S101 - it was asked for
        try:
            for number, line in enumerate(process.stdout, start=1):
                yield from _checked(number, json.loads(line))
            said = process.stderr.read(200).decode("utf-8", "replace")
            if process.wait() < 0:  # it took more memory or time than it may
                raise refused("sheet_too_large")
            if process.returncode != 0:
                raise refused(said if process.returncode == sheets.REFUSED and said in REFUSALS else "sheet_unreadable")
        finally:
            process.kill()


def _is_binary(sample: str) -> bool:
    """Whether this is no text: more than one character in a hundred is one that nobody types."""
    odd = sum(1 for one in sample if not one.isprintable() and one not in "\r\n\t\ufeff\x0b\x0c")
    return odd * 100 > len(sample)
