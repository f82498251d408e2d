"""Claim a batch of due messages for one route: in order of priority, and fairly between accounts.

A claim is a lease: an owner token and a time until which nobody else may touch the rows. Nothing has been
sent while a message is only `claimed`, so a claim whose lease ran out goes back freely.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, literal_column, select, text, update
from sqlalchemy.dialects import postgresql

from hub.messages.model import MessageState
from hub.messages.rules import shares
from hub.messages.tables import messages, route_rates
from hub.store.bulk import among, fetch, insert_new
from hub.store.metadata import UtcDateTime
from hub.switches import Way, is_paused, may_pass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.sql.selectable import NamedFromClause

    from hub.store.bulk import AnyRow

BURST_S = 1.0
"""How many seconds' worth of a route's rate one claim may take at once; on a slow line, one segment."""
MOST_SEGMENTS = 255
"""The longest message there can be (3GPP TS 23.040: a part's number is one octet)."""

# Literals, not parameters, for `state`: only then does either database use the partial index.
_ACCOUNTS_WITH_DUE = text("""
    WITH RECURSIVE asking(account_id) AS (
        SELECT min(account_id) FROM messages WHERE state = 'pending' AND route = :route AND priority = :priority
        UNION ALL
        SELECT (SELECT min(account_id) FROM messages
                WHERE state = 'pending' AND route = :route AND priority = :priority
                AND account_id > asking.account_id)
        FROM asking WHERE asking.account_id IS NOT NULL
    )
    SELECT account_id FROM asking WHERE account_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM messages
                WHERE state = 'pending' AND route = :route AND priority = :priority
                AND messages.account_id = asking.account_id AND due_at <= :now)
""").bindparams(bindparam("now", type_=UtcDateTime))

ROUNDING = 1e-3
"""Of a segment: seconds since 1970 have no more digits than that, times a rate and after many claims."""

ALL_PRIORITIES = (-1, 0, 1)
"""Answers that the law asks for, alerts, marketing: each overtakes what comes after it."""

_WANTED = (
    "id",
    "campaign_id",
    "position",
    "account_id",
    "recipient",
    "country",
    "priority",
    "sender",
    "text",
    "alphabet",
    "segments",
    "credits",
    "billing",
    "due_at",
    "expires_at",
    "tries",
)
"""What is needed of a message until its end is recorded; nobody else changes any of it while it is claimed."""

_ORDER = attrgetter("priority", "due_at", "id")

_HELPINGS = 4
"""How often at most the room that some accounts leave is shared out among the others."""

SLICE_S = 0.25
"""A full line is waited for until this much of its rate is free: commits go by slices, not by messages."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one claim took: its owner token and the rows, in the order in which they go out."""

    owner: str
    rows: Sequence[AnyRow]


def claim_batch(
    connection: Connection,
    route: str,
    *,
    owner: str,
    now: datetime,
    until: datetime,
    size: int,
    rate: float | None = None,
    most: int | None = None,
) -> Claim:
    """Take up to `size` due messages of a route, in the caller's transaction, leased until `until`.

    With a `rate` (segments per second) it takes no more than the route's line has room for, across all workers; and up
    to `most` messages where the room that `size` leaves would be too little for a claim of its own.
    """
    if not may_pass(connection, Way.OUT, route):
        return Claim(owner, ())
    free_at = _line_free_at(connection, route, now, rate) if rate else 0.0
    room = int((now.timestamp() - free_at) * rate + ROUNDING) if rate else None
    slice_ = int(rate * SLICE_S) if rate else 0
    if room is not None and room - size < slice_:
        size = max(size, min(room, most or size))
    due = _due(connection, route, now, size if room is None else min(size, room))
    if room is not None and len(due) >= room and room < min(size, slice_):
        return Claim(owner, ())  # the line is full; a message at a time would cost a commit each
    rows = sorted(due if room is None else _fitting(due, room), key=_ORDER)
    if not rows:
        return Claim(owner, ())
    mine = among(connection, messages.c.id, [row.id for row in rows])
    claimed = update(messages).where(mine).values(state=MessageState.CLAIMED, owner=owner, lease_until=until)
    connection.execute(claimed)
    if rate:
        _occupy_line(connection, route, free_at, sum(row.segments for row in rows) / rate)
    return Claim(owner, rows)


def has_due(connection: Connection, route: str, now: datetime) -> bool:
    """Whether a route has a message that should be on its way, and is not paused."""
    return not is_paused(connection, Way.OUT, route) and any(
        _accounts(connection, route, priority, now) for priority in ALL_PRIORITIES
    )


def _due(connection: Connection, route: str, now: datetime, size: int) -> list[AnyRow]:
    due: list[AnyRow] = []
    for priority in ALL_PRIORITIES:  # answers overtake alerts, and these marketing
        if len(due) < size:
            due += _fair(connection, route, priority, now, size - len(due))
    return due


def _fair(connection: Connection, route: str, priority: int, now: datetime, size: int) -> list[AnyRow]:
    """The same share for every account with something due; what some leave over goes to those who have more."""
    accounts = _accounts(connection, route, priority, now)
    random.shuffle(accounts)  # nobody is always first when there are more accounts than places
    accounts = accounts[:size]
    taken: list[AnyRow] = []
    share = shares(size, len(accounts))
    for _ in range(_HELPINGS if accounts else 0):
        taken = _due_of(connection, _Due(route, priority, now, share), accounts)
        had = Counter(row.account_id for row in taken)
        hungry = sum(count == share for count in had.values())
        more = (size - len(taken)) // hungry if hungry else 0
        if not more or len(accounts) == 1:
            break
        share += more
    return taken


def _fitting(due: Sequence[AnyRow], room: int) -> list[AnyRow]:
    """Those that fit into so many segments; the first always does, or a long message would never leave."""
    fitting: list[AnyRow] = []
    for row in due:
        room -= row.segments
        if fitting and room < 0:
            break
        fitting.append(row)
    return fitting


def _accounts(connection: Connection, route: str, priority: int, now: datetime) -> list[int]:
    """The accounts that have something due; those whose messages wait for later are not among them."""
    values = {"route": route, "priority": priority, "now": now}
    return list(connection.execute(_ACCOUNTS_WITH_DUE, values).scalars())


@dataclass(frozen=True, slots=True)
class _Due:
    """What is asked for: up to `share` messages of each of some accounts."""

    route: str
    priority: int
    now: datetime
    share: int

    def of(self, table: NamedFromClause, account: object, wanted: Sequence[str]) -> Select[*tuple[Any, ...]]:
        """Those of one account, in the order in which they are due."""
        pending: ColumnElement[bool] = literal_column(f"{table.name}.state = 'pending'")
        query = select(*(table.c[name] for name in wanted)).where(
            pending,
            table.c.route == self.route,
            table.c.priority == self.priority,
            table.c.account_id == account,
            table.c.due_at <= self.now,
        )
        return query.order_by(table.c.due_at, table.c.id).limit(self.share)


def _due_of(connection: Connection, due: _Due, accounts: Sequence[int]) -> list[AnyRow]:
    """The messages of all these accounts: one statement, however many they are."""
    if len(accounts) == 1:
        query = due.of(messages, accounts[0], _WANTED).with_for_update(skip_locked=True)
    elif connection.dialect.name == "sqlite":
        asking = func.json_each(json.dumps(accounts)).table_valued("value", name="asking")
        theirs = due.of(messages.alias("theirs"), asking.c.value, ("id",)).correlate(asking)
        query = select(*(messages.c[name] for name in _WANTED)).select_from(
            asking.join(messages, messages.c.id.in_(theirs))
        )
    else:
        given = bindparam(None, list(accounts), type_=postgresql.ARRAY(messages.c.account_id.type))
        waiting = func.unnest(given).table_valued("account_id", name="asking").render_derived()
        theirs = due.of(messages, waiting.c.account_id, _WANTED).with_for_update(skip_locked=True)
        query = select(theirs.correlate(waiting).lateral("due")).select_from(waiting)
    return list(fetch(connection, query))


def _line_free_at(connection: Connection, route: str, now: datetime, rate: float) -> float:
    """Since when the line is free, in seconds since 1970: a burst ago at most, as idle time is not saved up."""
    insert_new(connection, route_rates, [{"route": route, "free_at": 0.0}])
    query = select(route_rates.c.free_at).where(route_rates.c.route == route).with_for_update()
    free_at = float(connection.execute(query).scalar_one())
    here = now.timestamp()
    a_burst_ago = here - max(BURST_S, 1 / rate)
    if free_at > here + MOST_SEGMENTS / rate:
        return a_burst_ago  # no message keeps a line for that long: the clock was set back
    return max(a_burst_ago, free_at)


def _occupy_line(connection: Connection, route: str, free_at: float, seconds: float) -> None:
    query = update(route_rates).where(route_rates.c.route == route)
    connection.execute(query.values(free_at=free_at + seconds))
