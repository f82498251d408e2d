"""Claim a batch of due messages for one route: in order of priority, and fairly between accounts.

A claim is a lease: an owner token and a time until which nobody else may touch the rows. Nothing has been
sent while a message is only `claimed`, so a claim whose lease ran out goes back freely.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text, update

from hub.messages.model import MessageState
from hub.messages.rules import shares
from hub.messages.tables import messages, route_rates
from hub.store.bulk import fetch, insert_new
from hub.store.metadata import UtcDateTime
from hub.switches import Way, is_paused, may_pass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

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

_PENDING = text("messages.state = 'pending'")

ALL_PRIORITIES = (0, 1)


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
) -> Claim:
    """Take up to `size` due messages of a route, in the caller's transaction, leased until `until`.

    With a `rate` (segments per second) it takes no more than the route's line has room for, across all workers.
    """
    if not may_pass(connection, Way.OUT, route):
        return Claim(owner, ())
    free_at = _line_free_at(connection, route, now, rate) if rate else 0.0
    room = int((now.timestamp() - free_at) * rate + 1e-6) if rate else None
    due = _due(connection, route, now, size if room is None else min(size, room))
    if rate and room is not None and len(due) >= room and room < min(size, int(rate * SLICE_S)):
        return Claim(owner, ())  # the line is full; a message at a time would cost a commit each
    ids = [one.id for one in due] if room is None else _fitting(due, room)
    if not ids:
        return Claim(owner, ())
    mine = messages.c.id.in_(ids)
    claimed = update(messages).where(mine).values(state=MessageState.CLAIMED, owner=owner, lease_until=until)
    connection.execute(claimed)
    order = (messages.c.priority, messages.c.due_at, messages.c.id)
    rows = fetch(connection, select(messages).where(mine).order_by(*order))
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
    for priority in ALL_PRIORITIES:  # alerts overtake marketing
        if len(due) < size:
            due += _fair(connection, route, priority, now, size - len(due))
    return due


def _fair(connection: Connection, route: str, priority: int, now: datetime, size: int) -> list[AnyRow]:
    accounts = _accounts(connection, route, priority, now)
    random.shuffle(accounts)  # nobody is always first when there are more accounts than places
    share = shares(size, len(accounts))
    taken: dict[int, Sequence[AnyRow]] = {}
    for account in accounts[:size]:
        taken[account] = _due_of(connection, route, priority, account, now, share)
    left = size - sum(map(len, taken.values()))
    for account, rows in taken.items():
        if left > 0 and len(rows) == share:  # the room that others left goes to those who had more
            more = _due_of(connection, route, priority, account, now, share + left)
            left -= len(more) - len(rows)
            taken[account] = more
    return [row for rows in taken.values() for row in rows]


def _fitting(due: Sequence[AnyRow], room: int) -> list[int]:
    """Those that fit into so many segments; the first always does, or a long message would never leave."""
    ids: list[int] = []
    for row in due:
        room -= row.segments
        if ids and room < 0:
            break
        ids.append(row.id)
    return ids


def _accounts(connection: Connection, route: str, priority: int, now: datetime) -> list[int]:
    """The accounts that have something due; those whose messages wait for later are not among them."""
    values = {"route": route, "priority": priority, "now": now}
    return list(connection.execute(_ACCOUNTS_WITH_DUE, values).scalars())


def _due_of(
    connection: Connection, route: str, priority: int, account: int, now: datetime, room: int
) -> Sequence[AnyRow]:
    query = select(messages.c.id, messages.c.segments).where(
        _PENDING,
        messages.c.route == route,
        messages.c.priority == priority,
        messages.c.account_id == account,
        messages.c.due_at <= now,
    )
    query = query.order_by(messages.c.due_at, messages.c.id).limit(room)
    return fetch(connection, query.with_for_update(skip_locked=True))


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
