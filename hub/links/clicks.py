"""Clicks: noted in a file before the visitor is answered, and kept in the database a second later, in batches.

A visitor does not wait for a commit, and a process that is killed loses no click: what is written to a file is there
whatever becomes of the process. Each process writes to a file of its own, on which it holds a lock as long as it lives;
a file without a lock is taken by whoever comes first. Each click has a name, so that a file that is read twice, because
somebody died between the commit and its removal, counts once. What loses clicks is a machine that loses its power
within that second, or its disk.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Integer, String, and_, column, func, select, table, text

from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.failpoints import failpoint
from hub.ids import new_id
from hub.links.devices import LONGEST_AGENT, device_of
from hub.links.model import ClickNotice, Device, LinkKind, Visit, Visitor
from hub.links.tables import link_clicks, link_targets, links
from hub.links.visitors import HEADERS, judge
from hub.store.bulk import among, fetch, in_batches, insert_returning
from hub.store.metadata import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.links.model import Verdict
    from hub.links.visitors import Signs
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

BATCH = 500
_ENDING = ".clicks"
_OF_PEOPLE = text("link_clicks.visitor = 'person'")  # written out, so that both databases use the partial index

# It belongs to a room above this one, which reads no more of it than this.
messages = table(
    "messages",
    column("campaign_id", String),
    column("position", Integer),
    column("sender", String),
    column("submitted_at", UtcDateTime),
)

log = structlog.get_logger(__name__)


@dataclass
class ClickLog:
    """Notes clicks in a folder; one per process."""

    folder: Path
    _file: int | None = field(default=None, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def note(self, code: str, at: datetime, visit: Visit) -> str:
        """Note that somebody followed a link; the click's name."""
        public_id = new_id(at)
        heard = {name: value for name in HEADERS if (value := visit.headers.get(name))}
        said = [public_id, code, at.isoformat(), visit.method, visit.agent[:LONGEST_AGENT], heard, visit.address]
        line = json.dumps(said, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            if self._file is None:
                self._file = _new_file(self.folder, at)
            os.write(self._file, line)
        failpoint("click.noted")
        return public_id

    def close(self) -> None:
        """Let go of the file: whoever collects takes it from now on."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def released(self) -> Iterator[Path]:
        """The files that nobody writes to, the oldest first, each locked while it is worked on."""
        for path in sorted(self.folder.glob(f"*{_ENDING}")):
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                continue  # somebody else was quicker
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(file).st_nlink:
                    yield path
            except BlockingIOError:
                continue  # somebody writes to it, or keeps it
            finally:
                os.close(file)


def _new_file(folder: Path, at: datetime) -> int:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        path = folder / f"{new_id(at)}{_ENDING}"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file).st_nlink:  # nobody took it away before it was locked
            return file
        os.close(file)


@dataclass(frozen=True, slots=True)
class _Note:
    """A line of a file."""

    public_id: str
    code: str
    at: datetime
    method: str
    agent: str
    headers: Mapping[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class ClickWork:
    """Keeps what was noted; `tell` hears of people's clicks once they are committed, each once."""

    store: Store
    log: ClickLog
    signs: Signs
    tell: Callable[[Sequence[ClickNotice]], None]

    def collect(self) -> int:
        """Keep every click that is noted here, of processes that died too; how many were new."""
        kept = self._collect_released()
        self.log.close()  # not before the others: while the database is away, they become no more
        return kept + self._collect_released()

    def _collect_released(self) -> int:
        kept = 0
        for path in self.log.released():
            for some in in_batches(_notes_in(path.read_bytes()), BATCH):
                kept += self._keep(some)
            failpoint("click.kept")
            path.unlink()
        return kept

    def _keep(self, notes: list[_Note]) -> int:
        with self.store.write("clicks") as connection:
            found = {row.code: row for row in _looked_up(connection, {one.code for one in notes})}
            rows = [self._row(one, found[one.code]) for one in notes if one.code in found]
            new = set(insert_returning(connection, link_clicks, rows, link_clicks.c.public_id))
            theirs = [row for row in rows if row["visitor"] is Visitor.PERSON and row["public_id"] in new]
            places = _places(connection, theirs)
            told = [_notice(row, found[row["code"]], place) for row, place in zip(theirs, places, strict=True)]
            record(connection, [_fact(one) for one in told])
        if told:
            self.tell(told)
        return len(new)

    def _row(self, note: _Note, link: AnyRow) -> dict[str, Any]:
        verdict, device = self._judged(note, link), device_of(note.agent)
        return {
            "public_id": note.public_id,
            "code": note.code,
            "account_id": link.account_id,
            "campaign_id": link.campaign_id,
            "place": link.place,
            "number": link.number,
            "at": note.at,
            "visitor": verdict.visitor,
            "rule": verdict.rule,
            "brand": device.brand,
            "model": device.model,
            "system": device.system,
            "browser": device.browser,
        }

    def _judged(self, note: _Note, link: AnyRow) -> Verdict:
        waited = (note.at - link.submitted_at).total_seconds() if link.submitted_at else None
        return judge(Visit(note.method, note.agent, note.headers, note.address, waited), self.signs)


def _notes_in(content: bytes) -> Iterator[_Note]:
    for line in content.splitlines():
        try:
            public_id, code, at, method, agent, headers, address = json.loads(line)
            yield _Note(public_id, code, datetime.fromisoformat(at), method, agent, headers, address)
        except (ValueError, TypeError):  # the disk was full in the middle of it
            log.warning("click_unreadable", bytes=len(line))


def _looked_up(connection: Connection, codes: set[str]) -> list[AnyRow]:
    """The links of these codes that still lead somewhere, with when a carrier took their texts."""
    leads = and_(link_targets.c.campaign_id == links.c.campaign_id, link_targets.c.place == links.c.place)
    sent = and_(messages.c.campaign_id == links.c.campaign_id, messages.c.position == links.c.position)
    query = (
        select(
            links.c.code,
            links.c.campaign_id,
            links.c.place,
            links.c.number,
            link_targets.c.account_id,
            link_targets.c.url,
            messages.c.submitted_at,
        )
        .join_from(links, link_targets, leads)
        .outerjoin(messages, sent)
    )
    alive = (links.c.number.is_not(None), link_targets.c.kind != LinkKind.GONE)
    return list(fetch(connection, query.where(among(connection, links.c.code, sorted(codes)), *alive)))


def _places(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """The how-manieth click on its link each of these is, of people's; they are kept already."""
    if not rows:
        return ()
    seen = link_clicks.c
    known = (seen.account_id, seen.number, seen.code)  # the code alone has no index
    theirs = (among(connection, one, sorted({row[one.name] for row in rows})) for one in known)
    query = select(seen.code, func.count()).where(*theirs, _OF_PEOPLE).group_by(seen.code)
    left: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    places = []
    for row in reversed(rows):
        places.append(left[row["code"]])
        left[row["code"]] -= 1
    return places[::-1]


def _notice(row: Mapping[str, Any], link: AnyRow, place: int) -> ClickNotice:
    device = Device(row["brand"], row["model"], row["system"], row["browser"])
    about = (row["account_id"], row["campaign_id"], row["number"])
    return ClickNotice(row["public_id"], *about, row["code"], link.url, row["at"], device, place)


def _fact(one: ClickNotice) -> Fact:
    data = {
        "click_id": one.click_id,
        "campaign_id": one.campaign_id,
        "number": one.number,
        "code": one.code,
        "url": one.url,
        "clicks": one.clicks,
        "brand": one.device.brand,
        "model": one.device.model,
        "system": one.device.system,
        "browser": one.device.browser,
    }
    return Fact(one.account_id, EventType.LINK_CLICKED, data, one.at)
