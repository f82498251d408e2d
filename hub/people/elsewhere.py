"""What plugins keep of people, in the tables that they name (`PersonTable`): found, erased, and dropped in time.

The hub knows these tables by the names of their columns alone.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import column, delete, exists, or_, select, table, tuple_

from hub.ids import first_id
from hub.messages.model import CampaignState
from hub.messages.tables import campaigns
from hub.people.model import Track
from hub.store.bulk import fetch
from hub.store.metadata import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnClause, ColumnElement, Connection, TableClause

    from hub.registry import PersonTable
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)
"""Campaigns whose words may be emptied."""
PAGE = 500


def rows_of(store: Store, one: PersonTable, account_id: int, number: str) -> Iterator[Track]:
    """What such a table knows of a person, page by page."""
    home, place = _home(one), _place(one)
    query = select(home).where(*_theirs(one, account_id, number)).order_by(*_key(one)).limit(PAGE)
    after: tuple[Any, ...] | None = None
    while True:
        with store.read() as connection:
            rows = fetch(connection, query if after is None else query.where(place > after))
        yield from (_as_track(one, row) for row in rows)
        if len(rows) < PAGE:
            return
        after = tuple(getattr(rows[-1], name) for name in one.key)


def drop_rows(connection: Connection, one: PersonTable, account_id: int, number: str) -> int:
    """Delete a person's rows; how many there were."""
    return connection.execute(delete(_home(one)).where(*_theirs(one, account_id, number))).rowcount


def old_keys(connection: Connection, one: PersonTable, before: datetime, most: int) -> list[tuple[Any, ...]]:
    """The keys of rows that go with words of before that time, some of them; none in a table that keeps its rows."""
    if one.campaign is None and one.made_at is None:
        return []
    query = select(*_key(one)).where(*_old(one, before)).limit(most)
    return [tuple(row) for row in fetch(connection, query)]


def drop_old(connection: Connection, one: PersonTable, before: datetime, keys: Sequence[tuple[Any, ...]]) -> int:
    """Delete the rows of these keys that are old still; how many there were."""
    these = _place(one).in_(keys)
    return connection.execute(delete(_home(one)).where(these, *_old(one, before))).rowcount


@cache  # columns of two tables of one name would be two tables to a statement
def _home(one: PersonTable) -> TableClause:
    names = dict.fromkeys((*one.key, one.account, one.number, *one.shown, *filter(None, (one.campaign,))))
    times = {} if one.made_at is None else {one.made_at: UtcDateTime}
    plain: list[ColumnClause[Any]] = [column(name) for name in names if name not in times]
    return table(one.table, *plain, *(column(name, kind) for name, kind in times.items()))


def _key(one: PersonTable) -> list[ColumnElement[Any]]:
    return [_home(one).c[name] for name in one.key]


def _place(one: PersonTable) -> Any:
    return tuple_(*_key(one))


def _theirs(one: PersonTable, account_id: int, number: str) -> tuple[ColumnElement[bool], ...]:
    home = _home(one)
    return home.c[one.account] == account_id, home.c[one.number] == number


def _old(one: PersonTable, before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Rows made before that time; those of a campaign once its words are emptied, or there is no such campaign."""
    home = _home(one)
    conditions: list[ColumnElement[bool]] = []
    if one.made_at is not None:
        conditions.append(home.c[one.made_at] < before)
    if one.campaign is not None:
        theirs = home.c[one.campaign]
        speaks = or_(campaigns.c.text != "", campaigns.c.state.not_in(OVER))
        conditions += [theirs < first_id(before), ~exists().where(campaigns.c.id == theirs, speaks)]
    return tuple(conditions)


def _as_track(one: PersonTable, row: AnyRow) -> Track:
    said = row._asdict()
    at = None if one.made_at is None else said[one.made_at]
    campaign_id = None if one.campaign is None else said[one.campaign]
    return Track(one.table, at, campaign_id, {name: said[name] for name in one.shown})
