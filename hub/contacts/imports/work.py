"""What a background worker does for imports: read a file and judge it, then store it chunk by chunk.

Reading is begun by one worker at a time, under a lease; one that dies at it leaves an attempt behind, and the next
begins another. Storing takes a chunk, its contacts and the list's size in one transaction: a worker that dies at it
loses nothing, and none is stored twice.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import and_, delete, exists, insert, or_, select, update

from hub.contacts.imports import judging, reading
from hub.contacts.imports.model import TAKEN, ImportState, Line, Tally, Verdict, Wishes
from hub.contacts.imports.service import line_cells
from hub.contacts.lists import put_rows, resize
from hub.contacts.model import INFOS
from hub.contacts.reading import list_of
from hub.contacts.service import suppressed
from hub.contacts.tables import contacts
from hub.contacts.tables import import_chunks as chunks
from hub.contacts.tables import import_pieces as pieces
from hub.contacts.tables import imports as table
from hub.errors import NotFound, RequestRefused
from hub.ids import new_id
from hub.store.bulk import among, in_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

log = structlog.get_logger(__name__)

CHUNK = 2000
LEASE = timedelta(minutes=2)
SAMPLES = 10
"""Lines that are shown of each kind."""
_as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


class _NoLongerOurs(Exception):
    """The lease ran out, or somebody changed their mind; another goes on, or nobody."""


@dataclass(frozen=True, slots=True)
class ImportWork:
    """Works imports off; `most_lines` is the longest file, `region_of` says how an account's numbers are read."""

    store: Store
    clock: Clock
    most_lines: int
    region_of: Callable[[int], str]

    def has_work(self) -> bool:
        """Whether a file waits to be read, or to be stored."""
        with self.store.read() as connection:
            return bool(connection.execute(select(exists().where(self._waits()))).scalar_one())

    def work_next(self) -> bool:
        """Do one step: read one file, or store one chunk of one; whether there was anything to do."""
        with self.store.read() as connection:
            row = connection.execute(select(table).where(self._waits()).order_by(table.c.changed_at).limit(1)).first()
        if row is None:
            return False
        if row.state == ImportState.READING:
            self._read(row)
        else:
            self._store_chunk(row.id)
        return True

    def _waits(self) -> Any:
        free = or_(table.c.owner.is_(None), table.c.lease_until < self.clock.now())
        return or_(table.c.state == ImportState.STORING, and_(table.c.state == ImportState.READING, free))

    # --- reading ---

    def _read(self, row: AnyRow) -> None:
        attempt = self._take(row)
        if attempt is None:
            return
        try:
            attempt.read()
        except RequestRefused as error:
            fault = error.faults[0].code if error.faults else error.code
            attempt.end({"state": ImportState.FAILED, "fault": fault, "detail": str(error)})
        except _NoLongerOurs:
            log.info("import_left", import_=row.id)

    def _take(self, row: AnyRow) -> _Attempt | None:
        now = self.clock.now()
        owner, number = new_id(now), row.attempt + 1
        free = or_(table.c.owner.is_(None), table.c.lease_until < now)
        ours = (table.c.id == row.id, table.c.state == ImportState.READING, table.c.attempt == row.attempt, free)
        taken = {"owner": owner, "lease_until": now + LEASE, "attempt": number}
        with self.store.write("import_lease") as connection:
            if connection.execute(update(table).where(*ours).values(taken)).rowcount == 0:
                return None
            connection.execute(delete(chunks).where(chunks.c.import_id == row.id))
        wishes = json.loads(row.wishes) if row.wishes else {}
        if wishes.get("columns") is not None:
            wishes["columns"] = tuple(wishes["columns"])
        return _Attempt(self, row, owner, number, self.region_of(row.account_id), Wishes(**wishes))

    # --- storing ---

    def _store_chunk(self, import_id: int) -> None:
        now = self.clock.now()
        with self.store.write("import_store") as connection:
            row = connection.execute(select(table).where(table.c.id == import_id).with_for_update()).one()
            if row.state != ImportState.STORING:
                return
            waiting = and_(chunks.c.import_id == import_id, chunks.c.attempt == row.attempt, chunks.c.stored.is_(False))
            chunk = connection.execute(select(chunks).where(waiting).order_by(chunks.c.place).limit(1)).first()
            if chunk is None:
                values: dict[str, Any] = {"state": ImportState.DONE}
            else:
                values = _stored(connection, row, chunk, now)
            connection.execute(update(table).where(table.c.id == import_id).values(values | {"changed_at": now}))


@dataclass(slots=True)
class _Attempt:
    """One worker's reading of one file."""

    work: ImportWork
    row: AnyRow
    owner: str
    number: int
    region: str
    wishes: Wishes
    tally: Tally = field(default_factory=Tally)
    samples: dict[str, list[Line]] = field(default_factory=dict)

    def read(self) -> None:
        """Read it to its end, chunk by chunk. Raises RequestRefused for a file that cannot be read."""
        with self._file() as path, judging.Seen() as seen:
            rows = reading.open_rows(path, self.wishes, self.region)
            for place, some in enumerate(in_batches(rows.rows, CHUNK)):
                if place * CHUNK + len(some) > self.work.most_lines:
                    raise reading.refused("too_many_lines", most=self.work.most_lines)
                self._keep(place, list(judging.read_lines(some, rows.shape, self.region)), seen)
            if not self.tally.lines:
                raise reading.refused("file_empty")
            behind = self.tally.lines  # the reports, of which there are no more than lines
            for place, listed in enumerate(seen.contacts(CHUNK), start=behind):
                self._keep_contacts(place, listed)
        samples = {kind: [line_cells(one) for one in lines] for kind, lines in self.samples.items()}
        self.end(
            {
                "state": ImportState.READY,
                "shape": json.dumps(asdict(rows.shape)),
                "tally": json.dumps(asdict(self.tally)),
                "samples": json.dumps(samples, ensure_ascii=False),
                "fault": None,
                "detail": None,
            }
        )

    def end(self, values: dict[str, Any]) -> None:
        """Say what came of it, if it is still ours to say."""
        with self.work.store.write("import_read") as connection:
            self._fence(connection, values | {"owner": None, "changed_at": self.work.clock.now()})

    def _keep(self, place: int, lines: Sequence[Line], seen: judging.Seen) -> None:
        numbered = [one for one in lines if one.number is not None]
        numbers = [one.number for one in numbered if one.number is not None]
        first = seen.first_of(numbered)
        with self.work.store.write("import_chunk") as connection:
            self._fence(connection, {"lease_until": self.work.clock.now() + LEASE})
            on_list = (contacts.c.list_id == self.row.list_id, among(connection, contacts.c.number, numbers))
            there = set(connection.execute(select(contacts.c.number).where(*on_list)).scalars()) if numbers else set()
            stopped = suppressed(connection, self.row.account_id, numbers) if numbers else {}
            judged = judging.judge(lines, first, there, stopped)
            if worth_a_word := [line_cells(one) for one in judged if one.verdict not in TAKEN or one.suppressed]:
                report = {"report": json.dumps(worth_a_word, ensure_ascii=False), "stored": True}
                connection.execute(insert(chunks).values(self._chunk(place) | report))
        self.tally = self.tally.plus(judging.tally_of(judged))
        for one in judged:
            for kind in _kinds(one):
                shown = self.samples.setdefault(kind, [])
                if len(shown) < SAMPLES:
                    shown.append(one)

    def _keep_contacts(self, place: int, listed: str) -> None:
        with self.work.store.write("import_chunk") as connection:
            self._fence(connection, {"lease_until": self.work.clock.now() + LEASE})
            connection.execute(insert(chunks).values(self._chunk(place) | {"contacts": listed, "report": "[]"}))

    def _chunk(self, place: int) -> dict[str, Any]:
        return {"import_id": self.row.id, "attempt": self.number, "place": place}

    def _fence(self, connection: Connection, values: dict[str, Any]) -> None:
        ours = (table.c.id == self.row.id, table.c.owner == self.owner, table.c.state == ImportState.READING)
        if connection.execute(update(table).where(*ours).values(values)).rowcount == 0:
            raise _NoLongerOurs

    @contextmanager
    def _file(self) -> Iterator[Path]:
        """The file, put together on this machine's disk."""
        with tempfile.NamedTemporaryFile(prefix="import-") as file:
            place = 0
            while True:
                mine = select(pieces.c.data).where(pieces.c.import_id == self.row.id, pieces.c.place == place)
                with self.work.store.read() as connection:
                    data = connection.execute(mine).scalar_one_or_none()
                if data is None:
                    break
                file.write(data)
                place += 1
            file.flush()
            yield Path(file.name)


def _stored(connection: Connection, row: AnyRow, chunk: AnyRow, now: Any) -> dict[str, Any]:
    """Store one chunk; what is to be said of its import."""
    try:
        list_of(connection, row.account_id, row.list_id, lock=True)
    except NotFound:
        return {"state": ImportState.FAILED, "fault": "list_deleted", "detail": "The list was deleted meanwhile."}
    same = {"list_id": row.list_id, "account_id": row.account_id, "added_at": now, "changed_at": now}
    rows = [_contact_row(same, number, known) for number, known in json.loads(chunk.contacts or "[]")]
    added = put_rows(connection, rows) if rows else 0
    resize(connection, row.list_id, added, now)
    mine = (chunks.c.import_id == row.id, chunks.c.attempt == chunk.attempt, chunks.c.place == chunk.place)
    connection.execute(update(chunks).where(*mine).values(stored=True, contacts=None))
    return {
        "stored": row.stored + len(rows),
        "added": row.added + added,
        "updated": row.updated + len(rows) - added,
    }


def _contact_row(same: dict[str, Any], number: str, known: dict[str, str]) -> dict[str, Any]:
    infos = {name: known.pop(name, None) for name in INFOS}
    return same | infos | {"number": number, "fields": _as_json(known) if known else None}


def _kinds(one: Line) -> Iterator[str]:
    yield one.verdict
    if one.verdict in TAKEN and one.given != one.number:
        yield "rewritten"
    if one.suppressed and one.verdict is not Verdict.DUPLICATE:
        yield one.suppressed
