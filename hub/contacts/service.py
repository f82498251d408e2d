"""Use cases of suppressions: add one, look many up at once, list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hub.contacts.model import Suppression, SuppressionKind
from hub.contacts.tables import suppressions
from hub.store.bulk import among, as_table, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store


@dataclass(frozen=True, slots=True)
class Suppressions:
    """Numbers that must not be texted, account by account."""

    store: Store
    clock: Clock

    def add(self, account_id: int, number: str, kind: SuppressionKind, *, source: str, note: str | None = None) -> bool:
        """Suppress an E.164 number for all of an account's texts; False when it was already."""
        row = {
            "account_id": account_id,
            "number": number,
            "kind": kind,
            "at": self.clock.now(),
            "source": source,
            "note": note,
        }
        with self.store.write("suppress") as connection:
            return insert_new(connection, suppressions, [row]) == 1

    def all(self, account_id: int) -> tuple[Suppression, ...]:
        """Every suppression of an account, the latest first."""
        found = select(suppressions).where(suppressions.c.account_id == account_id).order_by(suppressions.c.at.desc())
        with self.store.read() as connection:
            return tuple(
                Suppression(row.number, SuppressionKind(row.kind), row.at, row.source, row.note)
                for row in connection.execute(found)
            )


def suppressed_pairs(
    connection: Connection, pairs: Collection[tuple[int, str]]
) -> dict[tuple[int, str], SuppressionKind]:
    """Of these accounts and E.164 numbers those that must not meet, and why; in one statement."""
    if not pairs:
        return {}
    rows = [{"account_id": account_id, "number": number} for account_id, number in pairs]
    given, document = as_table(connection, suppressions, rows)
    same = (suppressions.c.account_id == given.c.account_id, suppressions.c.number == given.c.number)
    # An opt-out weighs more than NPAI, and comes first in the alphabet. Asked row by row, in the database: a join would
    # let SQLite go through all suppressions of an account.
    kind = select(func.min(suppressions.c.kind)).where(*same).scalar_subquery()
    asked = select(given.c.account_id, given.c.number, kind.label("kind")).subquery()
    found = connection.execute(select(asked).where(asked.c.kind.is_not(None)), document)
    return {(account_id, number): SuppressionKind(kind) for account_id, number, kind in found}


def suppressed(connection: Connection, account_id: int, numbers: Collection[str]) -> dict[str, SuppressionKind]:
    """Which of these E.164 numbers an account must not text, and why; an opt-out weighs more than NPAI."""
    found: dict[str, SuppressionKind] = {}
    these = among(connection, suppressions.c.number, numbers)
    query = select(suppressions.c.number, suppressions.c.kind).where(suppressions.c.account_id == account_id, these)
    for number, kind in connection.execute(query):
        if found.get(number) is not SuppressionKind.OPT_OUT:
            found[number] = SuppressionKind(kind)
    return found
