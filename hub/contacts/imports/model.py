"""What is known of a file of contacts: how it is read, what stands in it, what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ImportState(StrEnum):
    """Where an import stands. At `ready` it waits: nothing is stored before somebody has seen what would be."""

    UPLOADING = "uploading"
    READING = "reading"
    READY = "ready"
    STORING = "storing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """What a line is."""

    NEW = "new"
    KNOWN = "known"
    DUPLICATE = "duplicate"
    LANDLINE = "landline"
    LOSSY = "lossy"
    INVALID = "invalid"


TAKEN = frozenset({Verdict.NEW, Verdict.KNOWN})
"""What goes on the list."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is read. `number_column` counts from 0; `columns` are the names of the fields, None leaves one out.

    Of spreadsheets there is neither an encoding nor a separator.
    """

    encoding: str | None = None
    separator: str | None = None
    header: bool = False
    number_column: int = 0
    columns: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What of a shape was said by a person; None is guessed."""

    encoding: str | None = None
    separator: str | None = None
    header: bool | None = None
    number_column: int | None = None
    columns: tuple[str | None, ...] | None = None


@dataclass(slots=True)
class Tally:
    """How many lines there are of each kind.

    `new` and `known` ones go on the list; of these, `rewritten` were not written as E.164, and `opted_out` and
    `unallocated` will not be texted.
    """

    lines: int = 0
    new: int = 0
    known: int = 0
    duplicate: int = 0
    landline: int = 0
    lossy: int = 0
    invalid: int = 0
    rewritten: int = 0
    opted_out: int = 0
    unallocated: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Tally)})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was looked at: where it stands, what was given, which number that is, what is known beside it."""

    line: int
    given: str
    verdict: Verdict
    number: str | None = None
    reason: str | None = None
    message: str | None = None
    suppressed: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Import:
    """A file of contacts on its way to a list; `samples` are the first lines of each kind, `fault` why it failed."""

    id: int
    list_id: int
    filename: str
    state: ImportState
    size: int
    created_at: datetime
    changed_at: datetime
    shape: Shape | None
    tally: Tally | None
    samples: Mapping[str, tuple[Line, ...]]
    stored: int
    added: int
    updated: int
    fault: str | None
    detail: str | None
