"""Use cases of imports: upload a file, look at what stands in it, say how it is to be read, start, cancel, report."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from hub.contacts.imports.model import Import, ImportState, Line, Shape, Tally, Verdict, Wishes
from hub.contacts.reading import list_of
from hub.contacts.tables import import_chunks as chunks
from hub.contacts.tables import import_pieces as pieces
from hub.contacts.tables import imports as table
from hub.errors import Conflict, NotFound, RequestRefused
from hub.store.bulk import among, fetch
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_FILENAME = 200
KEPT_FOR = timedelta(days=30)
UPLOADED_WITHIN = timedelta(days=1)
PIECES_AT_ONCE = 50
"""Pieces that are dropped in one transaction."""
_HAS_ITS_FILE = frozenset({ImportState.READING, ImportState.READY, ImportState.FAILED})
_ENDED = frozenset({ImportState.DONE, ImportState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Imports:
    """Files of contacts. `ring` is called when there is something for a background worker to do."""

    store: Store
    clock: Clock
    ring: Callable[[], None]

    def upload(self, account_id: int, list_id: int, filename: str, data: Iterable[bytes], most: int) -> Import:
        """Take a file in, piece by piece, `most` bytes at most; it is read by a background worker.

        Raises NotFound for a list that is not the account's, RequestRefused (`too_large`, `file_empty`).
        """
        now = self.clock.now()
        with self.store.write("import") as connection:
            list_of(connection, account_id, list_id)
            row = {
                "account_id": account_id,
                "list_id": list_id,
                "filename": storable(filename, LONGEST_FILENAME) or "contacts",
                "state": ImportState.UPLOADING,
                "created_at": now,
                "changed_at": now,
            }
            import_id = int(connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one())
        size = 0
        for place, piece in enumerate(data):
            size += len(piece)
            if size > most:
                raise RequestRefused.because("file", "too_large", f"A file has at most {most // 1024**2} MB.")
            with self.store.write("import_piece") as connection:
                connection.execute(insert(pieces).values(import_id=import_id, place=place, data=piece))
        if size == 0:
            raise RequestRefused.because("file", "file_empty", "The file is empty.")
        self._change(account_id, import_id, lambda _: {"state": ImportState.READING, "size": size})
        self.ring()
        return self.get(account_id, import_id)

    def get(self, account_id: int, import_id: int) -> Import:
        """An import of an account; raises NotFound."""
        with self.store.read() as connection:
            return as_import(_mine(connection, account_id, import_id))

    def latest(self, account_id: int, *, before: int | None = None, limit: int = 100) -> tuple[Import, ...]:
        """The imports of an account, the latest first."""
        query = select(table).where(table.c.account_id == account_id, table.c.state != ImportState.UPLOADING)
        if before is not None:
            query = query.where(table.c.id < before)
        with self.store.read() as connection:
            return tuple(map(as_import, fetch(connection, query.order_by(table.c.id.desc()).limit(limit))))

    def read_as(self, account_id: int, import_id: int, wishes: Wishes) -> Import:
        """Say how the file is to be read; it is read again. Raises Conflict once it is being stored."""

        def again(row: AnyRow) -> dict[str, Any]:
            if row.state not in _HAS_ITS_FILE:
                raise _state_forbids(row.state, "be read in another way")
            return {"state": ImportState.READING, "wishes": json.dumps(asdict(wishes)), "owner": None, "fault": None}

        self._change(account_id, import_id, again)
        self.ring()
        return self.get(account_id, import_id)

    def start(self, account_id: int, import_id: int) -> Import:
        """Store what was found; starting again changes nothing. Raises Conflict before it was read, or after an end."""

        def begin(row: AnyRow) -> dict[str, Any]:
            if row.state in (ImportState.STORING, ImportState.DONE):
                return {}
            if row.state != ImportState.READY:
                raise _state_forbids(row.state, "be started")
            return {"state": ImportState.STORING}

        self._change(account_id, import_id, begin)
        self.ring()
        return self.get(account_id, import_id)

    def cancel(self, account_id: int, import_id: int) -> Import:
        """Store nothing more of it; what is on the list stays there. Raises Conflict once it is done."""

        def end(row: AnyRow) -> dict[str, Any]:
            if row.state == ImportState.DONE:
                raise _state_forbids(row.state, "be cancelled")
            return {"state": ImportState.CANCELLED, "owner": None}

        self._change(account_id, import_id, end)
        return self.get(account_id, import_id)

    def report(self, account_id: int, import_id: int) -> Iterator[Line]:
        """The lines worth a word: those that were left out, and those that will not be texted, in their order."""
        one = self.get(account_id, import_id)
        if one.tally is None:
            raise _state_forbids(one.state, "be reported on")
        return self._report(import_id)

    def _report(self, import_id: int) -> Iterator[Line]:
        place = -1
        while True:
            with self.store.read() as connection:
                row = connection.execute(_next_report(import_id, place)).first()
            if row is None:
                return
            place = row.place
            for cells in json.loads(row.report):
                yield _line_from(cells)

    def forget(self) -> int:
        """Drop files that are no longer needed, and imports that are long over; how many imports."""
        now = self.clock.now()
        old = select(table.c.id).where(table.c.changed_at < now - KEPT_FOR)
        given_up = select(table.c.id).where(
            table.c.state == ImportState.UPLOADING, table.c.changed_at < now - UPLOADED_WITHIN
        )
        ended = select(pieces.c.import_id).distinct().join(table, table.c.id == pieces.c.import_id)
        with self.store.read() as connection:
            gone = [*connection.execute(old).scalars(), *connection.execute(given_up).scalars()]
            over = connection.execute(ended.where(table.c.state.in_(sorted(_ENDED)))).scalars().all()
        for import_id in {*gone, *over}:
            self._drop(pieces, import_id)
        for import_id in gone:
            self._drop(chunks, import_id)
            with self.store.write("forget_import") as connection:
                connection.execute(delete(table).where(table.c.id == import_id))
        return len(gone)

    def _drop(self, of: Any, import_id: int) -> None:
        while True:
            with self.store.write("forget_import") as connection:
                mine = select(of.c.place).where(of.c.import_id == import_id).limit(PIECES_AT_ONCE)
                places = connection.execute(mine).scalars().all()
                if not places:
                    return
                these = (of.c.import_id == import_id, among(connection, of.c.place, places))
                connection.execute(delete(of).where(*these))

    def _change(self, account_id: int, import_id: int, change: Callable[[AnyRow], dict[str, Any]]) -> None:
        with self.store.write("import") as connection:
            values = change(_mine(connection, account_id, import_id, lock=True))
            if values:
                values["changed_at"] = self.clock.now()
                connection.execute(update(table).where(table.c.id == import_id).values(values))


def as_import(row: AnyRow) -> Import:
    """A row of `imports` as a value."""
    samples = json.loads(row.samples) if row.samples else {}
    shape = json.loads(row.shape) if row.shape else None
    return Import(
        row.id,
        row.list_id,
        row.filename,
        ImportState(row.state),
        row.size,
        row.created_at,
        row.changed_at,
        None if shape is None else Shape(**{**shape, "columns": tuple(shape["columns"])}),
        Tally(**json.loads(row.tally)) if row.tally else None,
        {kind: tuple(map(_line_from, lines)) for kind, lines in samples.items()},
        row.stored,
        row.added,
        row.updated,
        row.fault,
        row.detail,
    )


def line_cells(one: Line) -> list[Any]:
    """A line as it is kept in JSON."""
    return [one.line, one.given, one.verdict, one.number, one.reason, one.message, one.suppressed, dict(one.known)]


def _line_from(cells: list[Any]) -> Line:
    line, given, verdict, *rest = cells
    return Line(line, given, Verdict(verdict), *rest)


def _mine(connection: Connection, account_id: int, import_id: int, *, lock: bool = False) -> AnyRow:
    query = select(table).where(table.c.id == import_id, table.c.account_id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This account has no import of that id.")
    return row


def _next_report(import_id: int, after: int) -> Any:
    latest = select(func.max(chunks.c.attempt)).where(chunks.c.import_id == import_id).scalar_subquery()
    mine = (chunks.c.import_id == import_id, chunks.c.attempt == latest, chunks.c.place > after)
    return select(chunks.c.place, chunks.c.report).where(*mine).order_by(chunks.c.place).limit(1)


def _state_forbids(state: str, act: str) -> Conflict:
    return Conflict(f"This import is {state}: it cannot {act}.", code="import_state")
