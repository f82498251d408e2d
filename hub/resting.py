"""Which hooks of plugins are switched off for a while, in any process: kept in the database, to be told anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import StoreUnavailable
from hub.plugin_guard import Rest
from hub.store.bulk import upsert_rows
from hub.store.storable import storable
from hub.store.tables import resting_hooks as table

if TYPE_CHECKING:
    from hub.clock import Clock
    from hub.store.engine import Store

_LONGEST_NAME = 64

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resting:
    """Keeps what guards tell. A row ends by itself: what fails on is told again, and who was killed tells nothing."""

    store: Store
    clock: Clock

    def note(self, rest: Rest) -> None:
        """Keep that a hook rests, or is called again; a database that is away keeps nothing, and hurts nobody."""
        key = {"plugin": storable(rest.plugin, _LONGEST_NAME), "hook": rest.hook}
        log.warning("plugin_rests" if rest.for_s else "plugin_called_again", **key, fault=rest.fault)
        try:
            with self.store.write("note_rest") as connection:
                if rest.for_s:
                    until = self.clock.now() + timedelta(seconds=2 * rest.for_s)  # its next try may take its time
                    upsert_rows(connection, table, [{**key, "until": until, "fault": storable(rest.fault)}])
                else:
                    mine = (table.c.plugin == key["plugin"], table.c.hook == key["hook"])
                    connection.execute(delete(table).where(*mine))
        except (StoreUnavailable, SQLAlchemyError) as error:
            log.warning("rest_not_kept", error=type(error).__name__)

    def all(self) -> tuple[Rest, ...]:
        """Everything that rests now; nothing where the database cannot say so."""
        now = self.clock.now()
        try:
            with self.store.read() as connection:
                rows = connection.execute(select(table).where(table.c.until > now).order_by(table.c.plugin)).all()
        except (StoreUnavailable, SQLAlchemyError):
            return ()
        return tuple(Rest(row.plugin, row.hook, (row.until - now).total_seconds(), row.fault) for row in rows)
