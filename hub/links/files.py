"""Files that links lead to: kept with what they are, shown to whoever has such a link, gone with the last of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update

from hub.errors import Fault, NotFound, RequestRefused
from hub.ids import new_id
from hub.links.file_kinds import FileKind, kind_of
from hub.links.rules import file_of
from hub.links.tables import link_files
from hub.store.bulk import among, insert_new
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_NAME = 200
_ABOUT = (
    link_files.c.id,
    link_files.c.public_id,
    link_files.c.name,
    link_files.c.kind,
    link_files.c.size,
    link_files.c.created_at,
    link_files.c.expires_at,
)


@dataclass(frozen=True, slots=True)
class HostedFile:
    """A file of an account, without what is in it; `size` in bytes."""

    id: str
    name: str
    kind: FileKind
    size: int
    created_at: datetime
    expires_at: datetime

    @property
    def link(self) -> str:
        """What stands among a campaign's links for it."""
        return f"file:{self.id}"


@dataclass(frozen=True, slots=True)
class Files:
    """The files of accounts: `most` bytes each, `most_in_all` of one account; one without a link lasts for `life`."""

    store: Store
    clock: Clock
    most: int
    most_in_all: int
    life: timedelta

    def keep(self, account_id: int, name: str, content: bytes) -> HostedFile:
        """Keep a file; the same again is the same file.

        Raises RequestRefused (`file_empty`, `too_large`, `file_kind`, `files_full`).
        """
        now = self.clock.now()
        row: dict[str, Any] = {
            "public_id": new_id(now),
            "account_id": account_id,
            "digest": hashlib.sha256(content).hexdigest(),
            "name": storable(name, LONGEST_NAME) or "file",
            "kind": self._checked(content),
            "size": len(content),
            "content": content,
            "created_at": now,
            "expires_at": now + self.life,
        }
        same = (link_files.c.account_id == account_id, link_files.c.digest == row["digest"])
        with self.store.write("file") as connection:
            is_new = insert_new(connection, link_files, [row]) == 1
            if not is_new:
                connection.execute(update(link_files).where(*same).values(expires_at=row["expires_at"]))
            total = select(func.coalesce(func.sum(link_files.c.size), 0)).where(link_files.c.account_id == account_id)
            if is_new and connection.execute(total).scalar_one() > self.most_in_all:
                message = f"The account's files take {self.most_in_all // 1024**2} MB, which is the most; delete some."
                raise RequestRefused.because("file", "files_full", message)
            return _as_file(connection.execute(select(*_ABOUT).where(*same)).one())

    def get(self, account_id: int, file_id: str) -> HostedFile:
        """A file of an account; raises NotFound."""
        with self.store.read() as connection:
            return _as_file(_mine(connection, account_id, file_id))

    def latest(self, account_id: int, *, before: str | None = None, limit: int = 100) -> tuple[HostedFile, ...]:
        """The files of an account, the latest first, after `before`."""
        query = select(*_ABOUT).where(link_files.c.account_id == account_id)
        if before is not None:
            query = query.where(link_files.c.public_id < before)
        with self.store.read() as connection:
            rows = connection.execute(query.order_by(link_files.c.public_id.desc()).limit(limit))
            return tuple(map(_as_file, rows))

    def delete(self, account_id: int, file_id: str) -> None:
        """Delete a file: links to it lead nowhere from now on. Raises NotFound."""
        with self.store.write("file") as connection:
            mine = (link_files.c.account_id == account_id, link_files.c.public_id == storable(file_id))
            if connection.execute(delete(link_files).where(*mine)).rowcount == 0:
                raise _unknown()

    def content(self, account_id: int, file_id: str) -> tuple[FileKind, bytes] | None:
        """What is in a file; None where it was deleted."""
        mine = (link_files.c.account_id == account_id, link_files.c.public_id == file_id)
        with self.store.read() as connection:
            row = connection.execute(select(link_files.c.kind, link_files.c.content).where(*mine)).first()
        return (FileKind(row.kind), bytes(row.content)) if row else None

    def forget_files(self) -> int:
        """Delete files whose time, and that of all their links, is over; how many."""
        with self.store.write("forget_files") as connection:
            return connection.execute(delete(link_files).where(link_files.c.expires_at <= self.clock.now())).rowcount

    def _checked(self, content: bytes) -> FileKind:
        if not content:
            raise RequestRefused.because("file", "file_empty", "The file is empty.")
        if len(content) > self.most:
            raise RequestRefused.because("file", "too_large", f"A file has at most {self.most // 1024} kB.")
        kind = kind_of(content)
        if kind is None:
            message = (
                "Links lead to PNG, GIF, JPEG and PDF files, whole ones and without scripts; this is none of them."
            )
            raise RequestRefused.because("file", "file_kind", message)
        return kind


def require_files(connection: Connection, account_id: int, links: Sequence[str]) -> None:
    """Raise RequestRefused where links name files that the account does not have."""
    named = [(place, file_id) for place, link in enumerate(links) if (file_id := file_of(link))]
    if not named:
        return
    these = (
        link_files.c.account_id == account_id,
        among(connection, link_files.c.public_id, [one for _, one in named]),
    )
    known = set(connection.execute(select(link_files.c.public_id).where(*these)).scalars())
    message = "This account has no file of that id; POST /api/v1/files keeps one."
    faults = [Fault(f"links[{place}]", "unknown_file", message) for place, one in named if one not in known]
    if faults:
        raise RequestRefused(faults[0].message, faults=faults)


def keep_files(connection: Connection, account_id: int, links: Sequence[str], until: datetime) -> None:
    """Let the files that links name last as long as these links, in the caller's transaction."""
    named = [file_id for link in links if (file_id := file_of(link))]
    if named:
        these = (link_files.c.account_id == account_id, among(connection, link_files.c.public_id, sorted(set(named))))
        shorter = link_files.c.expires_at < until
        connection.execute(update(link_files).where(*these, shorter).values(expires_at=until))


def _mine(connection: Connection, account_id: int, file_id: str) -> AnyRow:
    mine = (link_files.c.account_id == account_id, link_files.c.public_id == storable(file_id))
    row = connection.execute(select(*_ABOUT).where(*mine)).first()
    if row is None:
        raise _unknown()
    return row


def _unknown() -> NotFound:
    return NotFound("This account has no file of that id.")


def _as_file(row: AnyRow) -> HostedFile:
    return HostedFile(row.public_id, row.name, FileKind(row.kind), row.size, row.created_at, row.expires_at)
