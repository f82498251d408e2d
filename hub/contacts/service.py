"""Use cases of suppressions: add one, look many up at once, list them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.contacts.model import Suppression, SuppressionKind
from hub.contacts.tables import suppressions
from hub.store.bulk import among, insert_new

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


def suppressed(connection: Connection, account_id: int, numbers: Collection[str]) -> dict[str, SuppressionKind]:
    """Which of these E.164 numbers an account must not text, and why; an opt-out weighs more than NPAI."""
    found: dict[str, SuppressionKind] = {}
    these = among(connection, suppressions.c.number, numbers)
    query = select(suppressions.c.number, suppressions.c.kind).where(suppressions.c.account_id == account_id, these)
    for number, kind in connection.execute(query):
        if found.get(number) is not SuppressionKind.OPT_OUT:
            found[number] = SuppressionKind(kind)
    return found
