"""Files of contacts: upload one, look at what stands in it, store it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.client.calls import MOST, Calls, said
from hub.client.problems import StillBusy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BUSY = frozenset({"reading", "storing"})
LOOK_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file was read; columns are counted from 1, and a column called None is left out."""

    encoding: str | None
    separator: str | None
    header: bool
    number_column: int
    columns: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines there are of each kind; the last three are of those that are `new` or `known`."""

    lines: int
    new: int
    known: int
    duplicate: int
    landline: int
    lossy: int
    invalid: int
    rewritten: int
    opted_out: int
    unallocated: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, and what it was taken for."""

    line: int
    given: str
    verdict: str
    number: str | None
    reason: str | None
    message: str | None
    suppressed: str | None
    known: dict[str, str]


@dataclass(frozen=True, slots=True)
class Import:
    """A file on its way to a list: `reading`, `ready`, `storing`, `done`; or `failed`, and then `detail` says why."""

    id: int
    list_id: int
    filename: str
    state: str
    size: int
    created_at: datetime
    changed_at: datetime
    shape: Shape | None
    tally: Tally | None
    samples: dict[str, tuple[Line, ...]]
    stored: int
    added: int
    updated: int
    fault: str | None
    detail: str | None


class Imports(Calls):
    """Files of contacts."""

    def upload(self, list_id: int, file: str | Path, *, filename: str | None = None) -> Import:
        """Upload a CSV, TXT, XLS, XLSX or ODS file from its path; nothing of it is stored before `start`.

        It travels piece by piece, whatever its size. Raises OSError where it cannot be read.
        """
        query = {"filename": filename or Path(file).name}
        return self._ask(Import, "POST", f"/lists/{list_id}/imports", query=query, file=Path(file))

    def all(self) -> Iterator[Import]:
        """The account's imports, the latest first."""
        return self._pages(Import, "/imports", limit=MOST)

    def get(self, import_id: int) -> Import:
        """Look how far it is; once it is read, at what stands in it."""
        return self._ask(Import, "GET", f"/imports/{import_id}")

    def wait(self, import_id: int, *, longest_s: float = 600.0) -> Import:
        """Look until the hub is done with reading or storing it. Raises StillBusy when that takes longer."""
        looks = int(longest_s / LOOK_EVERY_S) + 1
        for _ in range(looks):
            found = self.get(import_id)
            if found.state not in _BUSY:
                return found
            self.wire.sleep(LOOK_EVERY_S)
        raise StillBusy(f"Import {import_id} is still {found.state} after {longest_s:g} s; look again later.")

    def read_as(
        self,
        import_id: int,
        *,
        encoding: str | None = None,
        separator: str | None = None,
        header: bool | None = None,
        number_column: int | None = None,
        columns: Sequence[str | None] | None = None,
    ) -> Import:
        """Say how it is to be read, where that was guessed wrongly; it is read again."""
        given: dict[str, Any] = {"encoding": encoding, "separator": separator, "header": header}
        given |= {"number_column": number_column, "columns": None if columns is None else list(columns)}
        return self._ask(Import, "PATCH", f"/imports/{import_id}", body=said(given))

    def start(self, import_id: int) -> Import:
        """Put on the list what was found; starting again changes nothing."""
        return self._ask(Import, "POST", f"/imports/{import_id}/start", again=True)

    def cancel(self, import_id: int) -> Import:
        """Store nothing more of it."""
        return self._ask(Import, "POST", f"/imports/{import_id}/cancel", again=True)

    def save_report(self, import_id: int, to: str | Path) -> Path:
        """Keep, as a CSV file, what is to be said of its lines."""
        return self.wire.save(f"/imports/{import_id}/report", to)
