"""Pause switches: stop what comes in, or what goes out, for all processes at once and without losing anything.

A row in the table `switches` pauses a way; no row, and it is open. Whoever accepts or claims asks in the same
transaction, so once `pause` has returned nothing more gets through. What is in hand is finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, exists, select, text
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import Conflict, Paused, StoreUnavailable
from hub.store.bulk import upsert_rows
from hub.store.tables import restored_campaigns, switches

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store

EVERY_ROUTE = ""
HALF_RESTORED = ""
"""Among the ids of campaigns that came out of a backup: that bringing it back has not come to its end."""
LONGEST_NOTE = 500
_PASSING_LOCK = 7_423_002  # any number but that of the migrations, as long as every hub takes the same

INTAKE_PAUSED = "The hub takes nothing in at the moment; nothing of this was kept. Please send it again later."


class Way(StrEnum):
    """Which way is meant: requests coming in, or messages going out to carriers."""

    IN = "in"
    OUT = "out"


class Cause(StrEnum):
    """Who threw a switch: somebody by hand, `hub drain`, or `hub restore`."""

    OPERATOR = "operator"
    DRAIN = "drain"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that is paused; `route` is empty where all of them are."""

    way: Way
    route: str
    since: datetime
    cause: Cause
    note: str | None

    def __str__(self) -> str:
        """Say it in a sentence, with the command that ends it."""
        what = "Nothing is taken in" if self.way is Way.IN else "Nothing is sent"
        where = f" by route {self.route}" if self.route else ""
        why = {Cause.RESTORED: " (restored from a backup)", Cause.DRAIN: " (drained)"}.get(self.cause, "")
        note = f": {self.note}" if self.note else ""
        end = f"hub resume {self.way}" + (f" --route {self.route}" if self.route else "")
        if self.cause is Cause.RESTORED:
            end += " --drop-restored` or `--resend-restored"
        return f"{what}{where} since {self.since:%Y-%m-%d %H:%M} UTC{why}{note}. `{end}` ends it."


@dataclass(frozen=True, slots=True)
class Switches:
    """Throws the switches."""

    store: Store
    clock: Clock

    def all(self) -> tuple[Switch, ...]:
        """Everything that is paused."""
        with self.store.read() as connection:
            return switched_off(connection)

    def known(self) -> tuple[Switch, ...]:
        """Everything that is paused; nothing where the database cannot say so, which others notice."""
        try:
            return self.all()
        except (StoreUnavailable, SQLAlchemyError):
            return ()

    def pause(
        self,
        ways: Collection[Way],
        *,
        route: str = EVERY_ROUTE,
        note: str | None = None,
        cause: Cause = Cause.OPERATOR,
    ) -> None:
        """Pause; what was being accepted or claimed at this moment is committed before this returns."""
        with self.store.write("pause") as connection:
            _wait_for_those_passing(connection)
            throw(connection, ways, self.clock.now(), route=route, note=note, cause=cause)

    def resume(self, ways: Collection[Way], *, route: str = EVERY_ROUTE) -> int:
        """Let go on; how many switches that changed.

        Raises Conflict for the way out while nobody has decided about what came out of a backup.
        """
        with self.store.write("resume") as connection:
            if Way.OUT in ways and not route:
                _refuse_undecided(connection)
            these = switches.c.way.in_(ways) & (switches.c.route == route)
            return connection.execute(delete(switches).where(these)).rowcount


def throw(
    connection: Connection, ways: Collection[Way], at: datetime, *, route: str, note: str | None, cause: Cause
) -> None:
    """Pause in the caller's transaction; what is paused already gets the new time, cause and note."""
    rows = [{"way": way, "route": route, "since": at, "cause": cause, "note": note} for way in sorted(ways)]
    upsert_rows(connection, switches, rows)


def switched_off(connection: Connection) -> tuple[Switch, ...]:
    """Everything that is paused."""
    rows = connection.execute(select(switches).order_by(switches.c.way, switches.c.route))
    return tuple(Switch(Way(row.way), row.route, row.since, Cause(row.cause), row.note) for row in rows)


_IS_PAUSED = select(
    exists().where(
        switches.c.way == bindparam("of"),
        (switches.c.route == EVERY_ROUTE) | (switches.c.route == bindparam("on")),
    )
)
"""Made once, for it is asked with every text: to build a statement costs more than to run it."""


def is_paused(connection: Connection, way: Way, route: str = EVERY_ROUTE) -> bool:
    """Whether a way is paused: all of it, or this route."""
    return bool(connection.execute(_IS_PAUSED, {"of": way, "on": route}).scalar_one())


def may_pass(connection: Connection, way: Way, route: str = EVERY_ROUTE) -> bool:
    """Whether the caller's write transaction may go this way; until it ends, whoever wants to pause waits."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _PASSING_LOCK})
    return not is_paused(connection, way, route)


def require_intake(connection: Connection) -> None:
    """Raise Paused when nothing is to be taken in."""
    if not may_pass(connection, Way.IN):
        raise Paused(INTAKE_PAUSED)


def is_half_restored(connection: Connection) -> bool:
    """Whether a backup was being brought back into this database when something came between."""
    half = restored_campaigns.c.campaign_id == HALF_RESTORED
    return bool(connection.execute(select(exists().where(half))).scalar_one())


def refuse_half_restored(connection: Connection) -> None:
    """Raise Conflict while the restore of a backup has not come to its end."""
    if is_half_restored(connection):
        raise Conflict(
            "`hub restore` was interrupted, and nothing can be sent or dropped before it has come to its end: run it "
            "again with the same backup.",
            code="half_restored",
        )


def _wait_for_those_passing(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PASSING_LOCK})


def _refuse_undecided(connection: Connection) -> None:
    refuse_half_restored(connection)
    if connection.execute(select(exists().select_from(restored_campaigns))).scalar_one():
        raise Conflict(
            "This hub was restored from a backup, and what waited in it may have been sent since. Decide first: "
            "`hub resume out --drop-restored` sends none of it, `hub resume out --resend-restored` all of it.",
            code="restored_undecided",
        )
