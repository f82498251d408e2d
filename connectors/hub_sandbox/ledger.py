"""The carrier's own book: what it took, and the receipts it still owes. Survives the death of any worker.

Several workers, each with several threads, share one file. It plays somebody else's machine, so it is
not made to survive a power cut (`synchronous = OFF`).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from hub_sandbox.page import Page, Submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hub_sandbox.page import WrittenText
    from hub_sandbox.receipts import OwedReceipt

FILE_NAME = "carrier.sqlite3"
LEASE_S = 10.0
"""How long a worker may take to hand over the receipts it took, before another worker does."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS submissions (
    number INTEGER PRIMARY KEY, client_ref TEXT NOT NULL, recipient TEXT NOT NULL, sender TEXT NOT NULL,
    text TEXT NOT NULL, parts INTEGER NOT NULL, carrier_ids TEXT NOT NULL, taken_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS submissions_by_client_ref ON submissions (client_ref);
CREATE TABLE IF NOT EXISTS receipts (
    due REAL NOT NULL, id INTEGER PRIMARY KEY AUTOINCREMENT, carrier_id TEXT NOT NULL, client_ref TEXT,
    recipient TEXT NOT NULL, ending TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS receipts_by_due ON receipts (due);
CREATE TABLE IF NOT EXISTS texts (
    id INTEGER PRIMARY KEY, due REAL NOT NULL, number TEXT NOT NULL, written_to TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS put_off (client_ref TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS line (id INTEGER PRIMARY KEY CHECK (id = 1), free_at REAL NOT NULL);
"""
_BUSY_S = 30.0


class Ledger:
    """The book in the file at `path`, made if it is not there. Threads may share it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._connection = _connect(path)

    @classmethod
    def in_folder(cls, folder: Path) -> Ledger:
        """The book of the sandbox whose `ConnectorContext.folder` this is."""
        return cls(folder / FILE_NAME)

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""
        with self._lock:
            self._connection.close()

    def submissions(self) -> list[Submission]:
        """Everything the carrier ever took, in its order."""
        with self._lock:
            rows = self._connection.execute("SELECT * FROM submissions ORDER BY number").fetchall()
        return [Submission(*row) for row in rows]

    def times_taken(self) -> Counter[str]:
        """How often each client reference was taken: more than once is a text sent twice."""
        with self._lock:
            rows = self._connection.execute("SELECT client_ref, count(*) FROM submissions GROUP BY 1").fetchall()
        return Counter(dict(rows))

    def receipts_owed(self) -> int:
        """How many receipts the hub has not had yet, those being handed over included."""
        with self._lock:
            (count,) = self._connection.execute("SELECT count(*) FROM receipts").fetchone()
        return int(count)

    def next_due(self) -> float | None:
        """When the next receipt, or text from a phone, is due (Unix seconds); None when none is owed."""
        with self._lock:
            (due,) = self._connection.execute(
                "SELECT min(due) FROM (SELECT min(due) AS due FROM receipts UNION ALL SELECT min(due) FROM texts)"
            ).fetchone()
        return None if due is None else float(due)

    def take_due(self, now: float, limit: int, *, lease_s: float = LEASE_S) -> list[OwedReceipt]:
        """Take up to `limit` receipts that are due, the oldest first; they are due again after `lease_s` seconds.

        Whoever takes them hands them over and then calls `settle`; if it dies in between, another takes them.
        """
        with self.page() as page:
            return page.take_due(now, limit, lease_s)

    def settle(self, receipts: Iterable[OwedReceipt]) -> None:
        """Strike out receipts that the hub has."""
        ids = json.dumps([receipt.id for receipt in receipts])
        with self.page() as page:
            page.execute("DELETE FROM receipts WHERE id IN (SELECT value FROM json_each(?))", ids)

    def put_back(self, receipts: Iterable[OwedReceipt], due: float) -> None:
        """Owe receipts again, at `due` (Unix seconds)."""
        ids = json.dumps([receipt.id for receipt in receipts])
        with self.page() as page:
            page.execute("UPDATE receipts SET due = ? WHERE id IN (SELECT value FROM json_each(?))", due, ids)

    def write_text(self, number: str, to: str, text: str, now: float) -> None:
        """Let a phone write: the hub is handed it at once, and again until it has it."""
        with self.page() as page:
            page.write_text(number, to, text, now)

    def take_texts(self, now: float, *, lease_s: float = LEASE_S) -> list[WrittenText]:
        """Take the texts that are due, as `take_due` takes receipts."""
        with self.page() as page:
            return page.take_texts(now, lease_s)

    def put_texts_back(self, texts: Iterable[WrittenText], due: float) -> None:
        """Owe texts again, at `due` (Unix seconds)."""
        ids = json.dumps([text.id for text in texts])
        with self.page() as page:
            page.execute("UPDATE texts SET due = ? WHERE id IN (SELECT value FROM json_each(?))", due, ids)

    def strike_texts(self, texts: Iterable[WrittenText]) -> None:
        """Strike out texts that the hub has."""
        ids = json.dumps([text.id for text in texts])
        with self.page() as page:
            page.execute("DELETE FROM texts WHERE id IN (SELECT value FROM json_each(?))", ids)

    @contextmanager
    def page(self) -> Iterator[Page]:
        """One transaction, alone in the book; it is kept when the block ends well."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Page(self._connection)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = OFF")
    _switch_to_wal(connection)
    connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    return connection


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Two workers that make the book at the same moment: one of them is told "locked" without any waiting.
    give_up_at = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return
