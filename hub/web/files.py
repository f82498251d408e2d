"""Files in and out: lines of a request's body as they arrive, and CSV as it is read from the database."""

from __future__ import annotations

import csv
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from flask import Response, request
from pydantic import BaseModel, Field

from hub.contacts.cells import BOM, as_read, csv_lines
from hub.errors import RequestRefused
from hub.store.bulk import in_batches
from hub.web.examples import shown_as

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read line by line, and never held as a whole."""
LONGEST_LINE = 64 * 1024
MOST_FAULTS = 1000
"""Refused lines that are named; the others are counted."""
BATCH = 1000
_PIECE = 64 * 1024

CSV: dict[str, Any] = {
    "description": "The file: UTF-8, cells cut by semicolons, none of which a spreadsheet takes for a formula.",
    "content": {"text/csv": {"schema": {"type": "string"}, "example": "number\r\n'+33612345678\r\n"}},
}
_FILE = {"type": "string", "format": "binary", "description": "CSV or TXT, in UTF-8 or Windows-1252."}
UPLOAD: dict[str, Any] = {
    "required": True,
    "content": {
        "text/csv": {"schema": {}, "example": "0612345678\r\n"},
        "text/plain": {"schema": {}, "example": "0612345678\r\n"},
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
            "example": {"file": "0612345678\r\n"},
        },
    },
}


class RefusedLine(BaseModel):
    """A line that was left out, and why."""

    line: int = Field(description="Its number in the file, counted from 1.")
    given: str = Field(description="What stood there.")
    reason: str = Field(description="Which rule: a stable code.")
    message: str = Field(description="A sentence that says how to mend it.")


class TakenFile(BaseModel):
    """What became of the lines of a file."""

    model_config = shown_as({"lines": 1, "added": 1, "already": 0, "refused": 0, "faults": []})

    lines: int = Field(description="Lines with something in them, a header left out.")
    added: int
    already: int = Field(description="Known before, or twice in the file.")
    refused: int
    faults: list[RefusedLine] = Field(description=f"Why; the first {MOST_FAULTS} refused lines.")


def rows_of_upload() -> Iterator[tuple[int, list[str]]]:
    """The rows of the file of a request as they arrive, each with its line; empty ones are left out.

    Cells are cut at semicolons, commas or tabs, whichever the first line has most of. Raises RequestRefused.
    """
    request.max_content_length = LARGEST
    numbered = ((at, line) for at, line in enumerate(_lines(_stream()), start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise RequestRefused.because("file", "empty_body", "The file is empty; send one number a line, at least.")
    separator = max(";,\t", key=first[1].count)
    for at, line in chain([first], numbered):
        yield at, _cells(line, separator)


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """A file of that name, written while its rows are read."""

    def pieces() -> Iterator[bytes]:
        yield (BOM + csv_lines([header])).encode()
        for some in in_batches(rows, BATCH):
            yield csv_lines(some).encode()

    headers = {"Content-Disposition": f"attachment; filename={name}.csv"}
    return Response(pieces(), 200, headers, mimetype="text/csv")


def _stream() -> IO[bytes]:
    if request.mimetype != "multipart/form-data":
        return request.stream
    part = request.files.get("file")
    if part is None:
        raise RequestRefused.because("file", "missing", "Send the file as the part `file` of the form, or as the body.")
    return part.stream


def _lines(stream: IO[bytes]) -> Iterator[str]:
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > LONGEST_LINE:
            raise RequestRefused.because("file", "too_long", f"A line has at most {LONGEST_LINE} bytes.")
        yield from map(_text, whole)
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig").replace("\0", "").strip("\r")
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").replace("\0", "").strip("\r")


def _cells(line: str, separator: str) -> list[str]:
    row = next(csv.reader([line], delimiter=separator), [])
    return [as_read(cell.strip()) for cell in row]
