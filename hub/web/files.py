"""Files in and out: lines of a request's body as they arrive, and CSV as its rows are read."""

from __future__ import annotations

import csv
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from flask import request
from pydantic import BaseModel, Field

from hub.csv_text import as_read, csv_pieces
from hub.errors import RequestRefused
from hub.web.examples import shown_as
from hub.web.streams import Stream, streamed

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from flask import Response

    from hub.web.streams import Piece

FORM = "multipart/form-data"
LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read line by line, and never held as a whole."""
LONGEST_LINE = 64 * 1024
MOST_FAULTS = 1000
"""Refused lines that are named; the others are counted."""
BATCH = 1000
_PIECE = 64 * 1024

_FILE = {"type": "string", "format": "binary", "description": "CSV or TXT, in UTF-8 or Windows-1252."}


def upload_of(example: str) -> dict[str, Any]:
    """What a call says of the file that it takes, with a short one as an example."""
    return {
        "required": True,
        "content": {
            "text/csv": {"schema": {}, "example": example},
            "text/plain": {"schema": {}, "example": example},
            FORM: {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
                "example": {"file": example},
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
    numbered = ((at, line) for at, line in enumerate(_lines(upload_stream()), start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise RequestRefused.because("file", "empty_body", "The file is empty; send one number a line, at least.")
    if any(letter < " " and letter != "\t" for letter in first[1]):
        message = "This is no text; save a spreadsheet as CSV, and send that."
        raise RequestRefused.because("file", "not_text", message)
    separator = max(";,\t", key=first[1].count)
    for at, line in chain([first], numbered):
        yield at, _cells(line, separator)


def csv_answer(filename: str, header: Sequence[object], rows: Iterable[Iterable[object]]) -> Response:
    """A file of that name, written while its rows are read; between two pieces of it no thread is held."""
    return csv_stream(filename, csv_pieces(header, rows))


def csv_stream(filename: str, pieces: Iterator[bytes]) -> Response:
    """A file of that name, as its pieces come."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return streamed(Stream(_each(pieces)), "text/csv", headers)


def csv_file(example: str) -> dict[str, Any]:
    """What a call says of the CSV that it answers with."""
    return {
        "description": "The file, as it is read: CSV (RFC 4180) in UTF-8 with its mark, cells cut by semicolons. What "
        "a spreadsheet would take for a formula begins with an apostrophe.",
        "headers": {"Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}}},
        "content": {"text/csv": {"schema": {"type": "string"}, "example": example}},
    }


def _each(pieces: Iterator[bytes]) -> Generator[Piece, None, None]:
    yield from pieces


def upload_stream() -> IO[bytes]:
    """The file of a request: its body, or the part `file` of a form. Raises RequestRefused where that is missing."""
    if request.mimetype != FORM:
        return request.stream
    part = request.files.get("file")
    if part is None:
        raise RequestRefused.because("file", "missing", "Send the file as the part `file` of the form, or as the body.")
    return part.stream


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Lines, whichever way each ends."""
    rest = b""
    while piece := stream.read(_PIECE):
        data = rest + piece
        cut = len(data) - data.endswith(b"\r")  # the other half of a line's end may follow
        *whole, rest = data[:cut].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest += data[cut:]
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
