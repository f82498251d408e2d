"""Numbers that are nobody's (NPAI): proposed after two campaigns in a row said so, kept out once a person agrees.

A number that is being ported is nobody's for a while, so one word of a carrier is not enough; any text that arrives
resets the count. What is proposed is still texted until it is added.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, func, select, tuple_

from hub.contacts.model import SuppressionKind
from hub.contacts.tables import suppressions
from hub.contacts.tables import unallocated_numbers as counts
from hub.store.bulk import among, fetch, insert_new, upsert_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from typing import TypeAlias

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.store.engine import Store

    Pair: TypeAlias = "tuple[int, str]"

PROPOSED_AFTER = 2
"""Campaigns in a row."""
SOURCE = "npai"
MOST = 1000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A number that is nobody's by the last campaigns that texted it: how many, and when the first and the last did."""

    number: str
    campaigns: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of numbers that were to be added: those new on the list, already there, or never proposed."""

    added: tuple[str, ...]
    already: tuple[str, ...] = ()
    not_proposed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unallocated:
    """What an account decides of numbers that are nobody's."""

    store: Store
    clock: Clock

    def proposed(self, account_id: int, *, after: str = "", limit: int = MOST) -> tuple[Proposal, ...]:
        """The proposed numbers of an account in their order, from the one after `after`."""
        query = select(counts).where(counts.c.account_id == account_id, counts.c.number > after, *_PROPOSED)
        with self.store.read() as connection:
            rows = fetch(connection, query.order_by(counts.c.number).limit(limit))
        return tuple(Proposal(row.number, row.campaigns, row.first_at, row.last_at) for row in rows)

    def count(self, account_id: int) -> int:
        """How many are proposed."""
        query = select(func.count()).select_from(counts).where(counts.c.account_id == account_id, *_PROPOSED)
        with self.store.read() as connection:
            return int(connection.execute(query).scalar_one())

    def add(self, account_id: int, numbers: Collection[str] | None = None) -> Added:
        """Suppress the proposed numbers of an account, or these of them (E.164); adding again changes nothing."""
        with self.store.write("add_unallocated") as connection:
            of_account = [counts.c.account_id == account_id, *_PROPOSED]
            if numbers is not None:
                of_account.append(among(connection, counts.c.number, list(dict.fromkeys(numbers))))
            proposed = fetch(connection, select(counts).where(*of_account).order_by(counts.c.number).with_for_update())
            now = self.clock.now()
            rows = [
                {
                    "account_id": account_id,
                    "number": row.number,
                    "kind": SuppressionKind.UNALLOCATED,
                    "at": now,
                    "source": SOURCE,
                    "note": f"{row.campaigns} campaigns in a row, {row.first_at:%Y-%m-%d} to {row.last_at:%Y-%m-%d}",
                }
                for row in proposed
            ]
            insert_new(connection, suppressions, rows)
            _forget(connection, [(account_id, row.number) for row in proposed])
            added = tuple(row.number for row in proposed)
            rest = [number for number in dict.fromkeys(numbers or ()) if number not in set(added)]
            already = _suppressed_among(connection, account_id, rest)
        others = tuple(number for number in rest if number not in already)
        return Added(added, tuple(number for number in rest if number in already), others)


def note_ends(connection: Connection, ends: Iterable[tuple[Pair, bool]], at: datetime) -> None:
    """Count what texts say of numbers, in the caller's transaction: account and number, and whether it is nobody's.

    False is a delivery, and resets the count. One look into the table for all of them; a write only where there is
    something to count or to reset.
    """
    failed: Counter[Pair] = Counter()
    delivered: set[Pair] = set()
    for pair, is_nobodys in ends:
        if is_nobodys:
            failed[pair] += 1
        else:
            delivered.add(pair)
            failed.pop(pair, None)
    _forget(connection, _known(connection, delivered))
    rows = [
        {"account_id": account, "number": number, "campaigns": count, "first_at": at, "last_at": at}
        for (account, number), count in sorted(failed.items())
    ]
    upsert_rows(connection, counts, rows, adding={"campaigns"}, keeping={"first_at"})


# Counted in SQL, and left out once it is on the list.
_PROPOSED: tuple[ColumnElement[bool], ...] = (
    counts.c.campaigns >= PROPOSED_AFTER,
    ~exists().where(
        suppressions.c.account_id == counts.c.account_id,
        suppressions.c.number == counts.c.number,
        suppressions.c.kind == SuppressionKind.UNALLOCATED,
    ),
)


def _known(connection: Connection, pairs: Collection[Pair]) -> list[Pair]:
    """Those that are counted."""
    if not pairs:
        return []
    numbers = {number for _, number in pairs}
    query = select(counts.c.account_id, counts.c.number).where(among(connection, counts.c.number, numbers))
    return [pair for pair in map(tuple, fetch(connection, query)) if pair in pairs]


def _forget(connection: Connection, pairs: Collection[Pair]) -> None:
    if not pairs:
        return
    these = tuple_(counts.c.account_id, counts.c.number).in_(sorted(pairs))
    order = (counts.c.account_id, counts.c.number)  # whoever takes several takes them in this one
    connection.execute(select(counts.c.number).where(these).order_by(*order).with_for_update()).all()
    connection.execute(delete(counts).where(these))


def _suppressed_among(connection: Connection, account_id: int, numbers: Collection[str]) -> set[str]:
    if not numbers:
        return set()
    mine = (suppressions.c.account_id == account_id, suppressions.c.kind == SuppressionKind.UNALLOCATED)
    query = select(suppressions.c.number).where(*mine, among(connection, suppressions.c.number, numbers))
    return set(connection.execute(query).scalars())
