"""What the calls of imports take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, Field

from hub.contacts.imports.guessing import Encoding  # noqa: TC001 - pydantic reads the hints
from hub.contacts.imports.model import ImportState, Verdict
from hub.contacts.imports.reading import MOST_COLUMNS
from hub.contacts.imports.service import LONGEST_FILENAME
from hub.web.examples import shown_as
from hub.web.schemas import MOST_ITEMS, Input

LARGEST_ID = 2**53
_like = partial(shown_as, from_attributes=True)

LINE: dict[str, Any] = {
    "line": 2,
    "given": "06 12 34 56 78",
    "verdict": "new",
    "number": "+33612345678",
    "reason": None,
    "message": None,
    "suppressed": None,
    "known": {"prenom": "Nina"},
}
IMPORT: dict[str, Any] = {
    "id": 5,
    "list_id": 12,
    "filename": "clients.csv",
    "state": "ready",
    "size": 48,
    "created_at": "2027-01-04T08:30:00Z",
    "changed_at": "2027-01-04T08:30:02Z",
    "shape": {
        "encoding": "utf-8",
        "separator": ";",
        "header": True,
        "number_column": 1,
        "columns": [None, "prenom"],
    },
    "tally": {
        "lines": 1,
        "new": 1,
        "known": 0,
        "duplicate": 0,
        "landline": 0,
        "lossy": 0,
        "invalid": 0,
        "rewritten": 1,
        "opted_out": 0,
        "unallocated": 0,
    },
    "samples": {"new": [LINE], "rewritten": [LINE]},
    "stored": 0,
    "added": 0,
    "updated": 0,
    "fault": None,
    "detail": None,
}


class UploadQuery(Input):
    """What the file is called."""

    filename: str = Field(
        default="contacts.csv",
        max_length=LONGEST_FILENAME,
        description="What it is called; only shown: what a file is shows in its content.",
    )


class ImportPath(BaseModel):
    """Which import."""

    import_id: int = Field(ge=1, le=LARGEST_ID, description="Its id.", json_schema_extra={"example": IMPORT["id"]})


class ImportsQuery(Input):
    """Which page of the imports."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most imports of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class ReadAsBody(Input):
    """How a file is to be read, where it was guessed wrongly; without a word it is guessed."""

    model_config = shown_as({"separator": ",", "header": False, "number_column": 2}, extra="forbid")

    encoding: Encoding | None = Field(default=None, description="What it is written in.")
    separator: Literal[";", ",", "\t", "|"] | None = Field(default=None, description="What stands between cells.")
    header: bool | None = Field(default=None, strict=True, description="Whether its first line names its columns.")
    number_column: int | None = Field(
        default=None, strict=True, ge=1, le=MOST_COLUMNS, description="Where the numbers stand, counted from 1."
    )
    columns: list[str | None] | None = Field(
        default=None,
        max_length=MOST_COLUMNS,
        description="What its columns are called, from left to right; null leaves one out.",
    )


class Shape(BaseModel):
    """How a file was read."""

    model_config = _like(IMPORT["shape"])

    encoding: str | None = Field(description="Null for a spreadsheet.")
    separator: str | None = Field(description="Null for a spreadsheet.")
    header: bool = Field(description="Whether its first line names its columns.")
    number_column: int = Field(description="Where the numbers stand, counted from 1.")
    columns: list[str | None] = Field(description="What its columns are called; null is left out.")


class ImportTally(BaseModel):
    """How many lines there are of each kind."""

    model_config = _like(IMPORT["tally"])

    lines: int
    new: int = Field(description="Will be new on the list.")
    known: int = Field(description="Are on it: what the file says replaces what was known.")
    duplicate: int = Field(description="Stand further up in the file.")
    landline: int = Field(description="Are landlines, which receive no texts.")
    lossy: int = Field(description="Were rounded by a spreadsheet: their last digits are lost.")
    invalid: int = Field(description="Are no number.")
    rewritten: int = Field(description="Of `new` and `known`: were not written in E.164.")
    opted_out: int = Field(description="Of `new` and `known`: asked not to be texted any more.")
    unallocated: int = Field(description="Of `new` and `known`: belong to nobody by earlier texts.")


class Line(BaseModel):
    """A line of a file."""

    model_config = _like(LINE)

    line: int = Field(description="Its number, counted from 1.")
    given: str
    verdict: Verdict
    number: str | None = Field(description="E.164.")
    reason: str | None = Field(description="A code.")
    message: str | None = Field(description="The same, as a sentence.")
    suppressed: str | None = Field(description="Why nothing will be sent to it.")
    known: dict[str, str] = Field(description="What stands beside it.")


class Import(BaseModel):
    """A file of contacts on its way to a list."""

    model_config = _like(IMPORT)

    id: int
    list_id: int
    filename: str
    state: ImportState = Field(
        description="`reading`, then `ready` to be started once you have looked, `storing`, and `done`; or `failed`."
    )
    size: int = Field(description="Bytes.")
    created_at: datetime
    changed_at: datetime
    shape: Shape | None = Field(description="How it was read; null before.")
    tally: ImportTally | None = Field(description="What stands in it; null before it was read.")
    samples: dict[str, list[Line]] = Field(description="The first lines of each kind.")
    stored: int = Field(description="Lines that are on the list by now.")
    added: int
    updated: int
    fault: str | None = Field(description="Why it failed: a code.")
    detail: str | None = Field(description="The same, as a sentence that says how to mend it.")


class ImportPage(BaseModel):
    """Imports, the latest first."""

    model_config = shown_as({"items": [IMPORT], "next": None})

    items: list[Import]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")
