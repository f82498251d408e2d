"""A lease in SQL that makes periodic work happen in one process at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, update

from hub.ids import new_id
from hub.store.bulk import insert_new
from hub.store.tables import leases

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.store.engine import Store

TERM = timedelta(seconds=10)
"""How long a leader that died keeps the others waiting."""


@dataclass
class Lease:
    """A named lease; whoever holds it renews it by asking again."""

    store: Store
    clock: Clock
    name: str = "tick"
    owner: str = field(default="")
    _renewed_at: float | None = None

    def __post_init__(self) -> None:
        self.owner = self.owner or new_id(self.clock.now())

    def acquire(self) -> bool:
        """Take or renew the lease; False while somebody else holds it.

        What was renewed within a third of the term is not renewed again: an idle hub writes nothing every second.
        """
        asked_at = self.clock.monotonic()
        if self._renewed_at is not None and asked_at - self._renewed_at < TERM.total_seconds() / 3:
            return True
        held = self._ask()
        self._renewed_at = asked_at if held else None
        return held

    def _ask(self) -> bool:
        now = self.clock.now()
        row = {"name": self.name, "owner": self.owner, "until": now + TERM}
        with self.store.write("lease") as connection:
            if insert_new(connection, leases, [row]) == 1:
                return True
            # A lease cannot end later than a term from now: one that does was written before the clock was set back.
            free = or_(leases.c.owner == self.owner, leases.c.until < now, leases.c.until > now + 2 * TERM)
            mine = update(leases).where(leases.c.name == self.name, free)
            return connection.execute(mine.values(owner=self.owner, until=row["until"])).rowcount == 1

    def release(self) -> None:
        """Let the next one begin at once."""
        self._renewed_at = None
        with self.store.write("release_lease") as connection:
            connection.execute(delete(leases).where(leases.c.name == self.name, leases.c.owner == self.owner))
