"""One transaction in the carrier's book.

Statements carry whole batches as one value in and one row out: Python's SQLite module lets go of the
interpreter at every row, and with a busy thread beside it each of them would wait for its turn (5 ms).
"""

from __future__ import annotations

import json
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from hub_sandbox.receipts import OwedReceipt

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from hub_sandbox.receipts import PlannedReceipt

_ROWS_PER_STATEMENT = 500


class Submission(NamedTuple):
    """A message that the carrier took, at `taken_at` (Unix seconds); a tuple, being written by the thousand.

    `carrier_ids` are separated by spaces.
    """

    number: int
    client_ref: str
    recipient: str
    sender: str
    text: str
    parts: int
    carrier_ids: str
    taken_at: float


class WrittenText(NamedTuple):
    """What somebody wrote on a phone; `id` is unlike that of any text of a book that once lay in the same place."""

    id: int
    number: str
    to: str
    text: str


class Page:
    """The book while one writes in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *values: object) -> None:
        """Run a statement that answers nothing."""
        self._connection.execute(statement, values)

    def next_number(self, now: float) -> int:
        """The number of the next submission; unlike any of a book that once lay in the same place.

        Numbers begin at the time in microseconds, and nobody takes a million messages a second.
        """
        (last,) = self._connection.execute("SELECT max(number) FROM submissions").fetchone()
        return int(now * 1_000_000) if last is None else int(last) + 1

    def carrier_ids(self, client_refs: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The ids given to those messages that were taken before, by client reference."""
        known = self._one_row(
            "SELECT json_group_object(client_ref, carrier_ids) FROM submissions"
            " WHERE client_ref IN (SELECT value FROM json_each(?))",
            json.dumps(client_refs),
        )
        return {client_ref: tuple(ids.split()) for client_ref, ids in known.items()}

    def times_put_off(self, client_ref: str) -> int:
        """How often a message was told to come again later."""
        row = self._connection.execute("SELECT times FROM put_off WHERE client_ref = ?", (client_ref,)).fetchone()
        return 0 if row is None else int(row[0])

    def put_off(self, client_ref: str) -> None:
        """Note that a message was told to come again later."""
        self.execute(
            "INSERT INTO put_off VALUES (?, 1) ON CONFLICT (client_ref) DO UPDATE SET times = times + 1",
            client_ref,
        )

    def line_free_at(self) -> float:
        """When the line has carried all that it took (Unix seconds)."""
        row = self._connection.execute("SELECT free_at FROM line").fetchone()
        return 0.0 if row is None else float(row[0])

    def occupy_line(self, until: float) -> None:
        """Note when the line will have carried all that it took (Unix seconds)."""
        self.execute("INSERT OR REPLACE INTO line VALUES (1, ?)", until)

    def write_submissions(self, submissions: Sequence[Submission]) -> None:
        """Write down what was taken."""
        self._insert("submissions", submissions)

    def write_receipts(self, receipts: Sequence[PlannedReceipt]) -> list[OwedReceipt]:
        """Write down what is owed, and number it."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'receipts'").fetchone()
        first = 1 if row is None else int(row[0]) + 1
        owed = [OwedReceipt(receipt[0], number, *receipt[1:]) for number, receipt in enumerate(receipts, start=first)]
        self._insert("receipts", owed)
        return owed

    def take_due(self, now: float, limit: int, lease_s: float) -> list[OwedReceipt]:
        """Take receipts that are due, see `Ledger.take_due`."""
        rows = self._one_row(
            "SELECT json_group_array(json_array(due, id, carrier_id, client_ref, recipient, ending))"
            " FROM (SELECT * FROM receipts WHERE due <= ? ORDER BY due, id LIMIT ?)",
            now,
            limit,
        )
        taken = sorted((OwedReceipt(*row) for row in rows), key=lambda receipt: receipt[:2])
        ids = json.dumps([receipt.id for receipt in taken])
        self.execute("UPDATE receipts SET due = ? WHERE id IN (SELECT value FROM json_each(?))", now + lease_s, ids)
        return taken

    def write_text(self, number: str, to: str, text: str, now: float) -> None:
        """Write down what somebody wrote on a phone."""
        (last,) = self._connection.execute("SELECT max(id) FROM texts").fetchone()
        name = max(int(now * 1_000_000), (last or 0) + 1)
        self.execute("INSERT INTO texts VALUES (?, ?, ?, ?, ?)", name, now, number, to, text)

    def take_texts(self, now: float, lease_s: float) -> list[WrittenText]:
        """Take the texts that are due, see `Ledger.take_texts`."""
        rows = self._one_row(
            "SELECT json_group_array(json_array(id, number, written_to, text))"
            " FROM (SELECT * FROM texts WHERE due <= ? ORDER BY id LIMIT 100)",
            now,
        )
        ids = json.dumps([row[0] for row in rows])
        self.execute("UPDATE texts SET due = ? WHERE id IN (SELECT value FROM json_each(?))", now + lease_s, ids)
        return sorted(WrittenText(*row) for row in rows)

    def _one_row(self, query: str, *values: object) -> Any:
        (answer,) = self._connection.execute(query, values).fetchone()
        return json.loads(answer)

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        remaining = iter(rows)
        while chunk := list(islice(remaining, _ROWS_PER_STATEMENT)):
            row = f"({', '.join('?' * len(chunk[0]))})"
            statement = f"INSERT INTO {table} VALUES {', '.join([row] * len(chunk))}"  # noqa: S608 - our names
            self._connection.execute(statement, list(chain.from_iterable(chunk)))
