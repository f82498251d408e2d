"""Count the ledger into days and months: every entry once, in whatever order processes die.

Entries of one account are written by one transaction at a time, the one that has its books locked; so they come to
light in the order of their ids, and a cursor per account misses none. How texts ended is written without a lock; what
was counted of that is deleted in the same transaction. Nothing of this costs the sending of a text a statement.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, func, or_, select

from hub.accounts.model import Movement
from hub.accounts.tables import accounts
from hub.accounts.tables import credit_entries as entries
from hub.billing.months import day_of, month_of, next_month
from hub.billing.tables import account_months, consumption
from hub.billing.tables import billing_cursors as cursors
from hub.messages.tables import campaigns
from hub.messages.tables import outcome_entries as outcomes
from hub.store.bulk import among, fetch, insert_new, update_rows, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

ACCOUNTS = 200
ENTRIES = 5000
"""At most so many of each are counted in one transaction."""
BUDGET_S = 10.0
"""A hub that was upgraded has years to count, and its scheduler has other duties."""

_COUNTED = tuple({*Movement} - {Movement.RESERVE, Movement.RELEASE})
_FIGURES = ("texts", "segments", "credits", "delivered", "undelivered")
_MONTHLY = _FIGURES[:3]


@dataclass(frozen=True, slots=True)
class Counting:
    """Keeps the figures of days and months."""

    store: Store
    clock: Clock
    zone: ZoneInfo

    def count_entries(self) -> int:
        """Count what is new, for a few seconds at most; how many entries that were."""
        counted, end = 0, self.clock.monotonic() + BUDGET_S
        while ids := self._with_news():
            with self.store.write("count_entries") as connection:
                counted += count_some(connection, ids, self.zone)
            if self.clock.monotonic() >= end:
                break
        return counted

    def _with_news(self) -> Sequence[int]:
        counted = func.coalesce(cursors.c.entry_id, 0)
        moved = exists().where(entries.c.account_id == accounts.c.id, entries.c.id > counted)
        ended = exists().where(outcomes.c.account_id == accounts.c.id)
        known = select(accounts.c.id).outerjoin_from(accounts, cursors, cursors.c.account_id == accounts.c.id)
        with self.store.read() as connection:
            return (
                connection.execute(known.where(or_(moved, ended)).order_by(accounts.c.id).limit(ACCOUNTS))
                .scalars()
                .all()
            )


def lock_cursors(connection: Connection, account_ids: Collection[int]) -> dict[int, AnyRow]:
    """The cursors of accounts, locked in one order; whoever counts an account has its cursor."""
    rows = [{"account_id": one, "entry_id": 0, "closed_through": ""} for one in sorted(account_ids)]
    insert_new(connection, cursors, rows)
    query = select(cursors).where(among(connection, cursors.c.account_id, sorted(account_ids)))
    locked = connection.execute(query.order_by(cursors.c.account_id).with_for_update())
    return {row.account_id: row for row in locked}


def count_some(connection: Connection, account_ids: Collection[int], zone: ZoneInfo) -> int:
    """Count what is new of some accounts, up to a limit; how many entries. In the caller's transaction."""
    locked = lock_cursors(connection, account_ids)
    moved = fetch(connection, _moved(connection, account_ids))
    ended = fetch(connection, _ended(connection, account_ids))
    days: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_FIGURES))
    months: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_MONTHLY))
    for row in moved:
        figures = [row.texts or 0, row.segments or 0, row.amount]
        place = (row.country or "", row.source or "")
        if row.movement == Movement.CHARGE:
            _add(days[row.account_id, day_of(row.at, zone), *place], [*figures, 0, 0])
        if row.movement in _COUNTED:
            month = month_of(row.at, zone)
            closed = locked[row.account_id].closed_through
            if closed:  # what comes late to a month that never changes any more is of the one after
                month = max(month, next_month(closed))
            _add(months[row.account_id, month, row.movement, *place], figures)
    for row in ended:
        key = (row.account_id, day_of(row.at, zone), row.country or "", row.source or "")
        _add(days[key], [0, 0, 0, row.delivered, row.undelivered])
    _keep(connection, days, months)
    last = {row.account_id: row.id for row in moved}
    update_rows(
        connection, cursors, cursors.c.account_id, [{"account_id": one, "entry_id": last[one]} for one in sorted(last)]
    )
    if ended:
        connection.execute(delete(outcomes).where(among(connection, outcomes.c.id, [row.id for row in ended])))
    return len(moved) + len(ended)


def count_all(connection: Connection, account_id: int, zone: ZoneInfo) -> None:
    """Count all that is new of one account, in the caller's transaction."""
    while count_some(connection, [account_id], zone):
        pass


def _moved(connection: Connection, account_ids: Collection[int]) -> Any:
    wanted = (entries.c.id, entries.c.account_id, entries.c.at, entries.c.movement, entries.c.amount)
    more = (entries.c.country, entries.c.texts, entries.c.segments, campaigns.c.source)
    return (
        select(*wanted, *more)
        .join_from(entries, cursors, cursors.c.account_id == entries.c.account_id)
        .outerjoin(campaigns, campaigns.c.id == entries.c.campaign_id)
        .where(among(connection, cursors.c.account_id, sorted(account_ids)), entries.c.id > cursors.c.entry_id)
        .order_by(entries.c.account_id, entries.c.id)
        .limit(ENTRIES)
    )


def _ended(connection: Connection, account_ids: Collection[int]) -> Any:
    wanted = (outcomes.c.id, outcomes.c.account_id, outcomes.c.at, outcomes.c.country)
    return (
        select(*wanted, outcomes.c.delivered, outcomes.c.undelivered, campaigns.c.source)
        .outerjoin_from(outcomes, campaigns, campaigns.c.id == outcomes.c.campaign_id)
        .where(among(connection, outcomes.c.account_id, sorted(account_ids)))
        .order_by(outcomes.c.account_id, outcomes.c.id)
        .limit(ENTRIES)
    )


def _keep(
    connection: Connection, days: Mapping[tuple[Any, ...], list[int]], months: Mapping[tuple[Any, ...], list[int]]
) -> None:
    by_day = ("account_id", "day", "country", "source")
    rows = [dict(zip((*by_day, *_FIGURES), (*key, *days[key]), strict=True)) for key in sorted(days)]
    upsert_rows(connection, consumption, rows, adding=_FIGURES)
    by_month = ("account_id", "month", "movement", "country", "source")
    rows = [dict(zip((*by_month, *_MONTHLY), (*key, *months[key]), strict=True)) for key in sorted(months)]
    upsert_rows(connection, account_months, rows, adding=_MONTHLY)


def _add(to: list[int], figures: Sequence[int]) -> None:
    for place, figure in enumerate(figures):
        to[place] += figure
