"""Use cases of segments: save who of a list is meant, count them, read them page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from hub.contacts.reading import as_contact, list_of
from hub.contacts.rules import condition, rule_from, rule_stored
from hub.contacts.tables import contacts
from hub.contacts.tables import segments as table
from hub.errors import Conflict, Fault, NotFound, RequestRefused
from hub.store.bulk import among, fetch, insert_returning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.clock import Clock
    from hub.contacts.model import Contact
    from hub.contacts.rules import Rule
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Segment:
    """Who of a list is meant by a rule; `content` is the rule as JSON."""

    id: int
    list_id: int
    name: str
    content: str
    created_at: datetime

    @property
    def rule(self) -> Rule:
        """Its rule."""
        return rule_stored(self.content)


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of accounts."""

    store: Store
    clock: Clock

    def create(self, account_id: int, list_id: int, name: str, rule: Mapping[str, Any]) -> Segment:
        """Save a rule for a list. Raises RequestRefused for a rule or name that is none, NotFound, Conflict."""
        name, content, now = _checked_name(name), _checked_rule(rule), self.clock.now()
        row = {"account_id": account_id, "list_id": list_id, "name": name, "rule": content, "created_at": now}
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            made = insert_returning(connection, table, [row], table.c.id)
        if not made:
            raise _name_taken(name)
        return Segment(made[0], list_id, name, content, now)

    def edit(
        self,
        account_id: int,
        segment_id: int,
        *,
        name: str | None = None,
        rule: Mapping[str, Any] | None = None,
        check: Callable[[Segment], None] = lambda _: None,
    ) -> Segment:
        """Call a segment something else, or let another rule say who is meant; what is None stays.

        `check` may refuse, by what stands there. A campaign that was accepted before keeps who it meant. Raises as
        `create`.
        """
        values = {} if name is None else {"name": _checked_name(name)}
        values |= {} if rule is None else {"rule": _checked_rule(rule)}
        try:
            with self.store.write("contacts") as connection:
                found = segment_of(connection, account_id, segment_id, lock=True)
                check(found)
                if not values:
                    return found
                changed = update(table).where(table.c.id == segment_id).values(values)
                return _as_segment(connection.execute(changed.returning(*table.c)).one())
        except IntegrityError as error:
            raise _name_taken(values["name"]) from error

    def all(self, account_id: int, *, after: int = 0, limit: int = 1000) -> tuple[Segment, ...]:
        """The segments of an account, the oldest first, from the one after `after`."""
        mine = (table.c.account_id == account_id, table.c.id > after)
        with self.store.read() as connection:
            rows = fetch(connection, select(table).where(*mine).order_by(table.c.id).limit(limit))
        return tuple(map(_as_segment, rows))

    def get(self, account_id: int, segment_id: int) -> Segment:
        """A segment of an account; raises NotFound."""
        with self.store.read() as connection:
            return segment_of(connection, account_id, segment_id)

    def delete(self, account_id: int, segment_id: int) -> None:
        """Take a segment away; its list stays. Raises NotFound."""
        with self.store.write("contacts") as connection:
            segment_of(connection, account_id, segment_id)
            connection.execute(delete(table).where(table.c.id == segment_id))

    def count(self, account_id: int, segment_id: int) -> int:
        """How many contacts a segment has now; raises NotFound."""
        with self.store.read() as connection:
            segment = segment_of(connection, account_id, segment_id)
            return self._count(connection, account_id, segment.list_id, segment.rule)

    def count_rule(self, account_id: int, list_id: int, rule: Mapping[str, Any]) -> int:
        """How many contacts of a list a rule means now; raises RequestRefused, NotFound."""
        read = rule_from(rule)
        with self.store.read() as connection:
            list_of(connection, account_id, list_id)
            return self._count(connection, account_id, list_id, read)

    def contacts(self, account_id: int, segment_id: int, *, after: str = "", limit: int = 1000) -> tuple[Contact, ...]:
        """A page of who is meant, by number; raises NotFound."""
        with self.store.read() as connection:
            segment = segment_of(connection, account_id, segment_id)
            return segment_members(connection, account_id, segment, self.clock.now(), after, limit)

    def _count(self, connection: Connection, account_id: int, list_id: int, rule: Rule) -> int:
        meant = _meant(connection, account_id, list_id, rule, self.clock.now())
        return int(connection.execute(select(func.count()).select_from(contacts).where(*meant)).scalar_one())


def segment_of(connection: Connection, account_id: int, segment_id: int, *, lock: bool = False) -> Segment:
    """An account's segment; raises NotFound for one of another account, too. `lock` for whoever changes it."""
    query = select(table).where(table.c.id == segment_id, table.c.account_id == account_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This account has no segment of that id.")
    return _as_segment(row)


def segments_among(
    connection: Connection, account_id: int, field: str, segment_ids: Collection[int]
) -> tuple[Segment, ...]:
    """These segments of an account, each once, in the order given.

    Raises RequestRefused, with a fault in `field` for each that the account does not have.
    """
    query = select(table).where(table.c.account_id == account_id, among(connection, table.c.id, list(segment_ids)))
    known = {row.id: _as_segment(row) for row in fetch(connection, query)} if segment_ids else {}
    faults = [
        Fault(
            f"{field}[{place}]",
            "no_such_segment",
            f"This account has no segment {one}; GET /api/v1/segments shows them.",
        )
        for place, one in enumerate(segment_ids)
        if one not in known
    ]
    if faults:
        raise RequestRefused(faults[0].message, faults=faults)
    return tuple(known[one] for one in dict.fromkeys(segment_ids))


def segment_numbers(connection: Connection, account_id: int, segment: Segment, now: datetime, most: int) -> list[str]:
    """The numbers of those whom a segment means at `now`, in their order, `most` of them: in one statement."""
    meant = _meant(connection, account_id, segment.list_id, segment.rule, now)
    query = select(contacts.c.number).where(*meant).order_by(contacts.c.number).limit(most)
    return [row.number for row in fetch(connection, query)]


def segment_members(
    connection: Connection, account_id: int, segment: Segment, now: datetime, after: str = "", limit: int = 1000
) -> tuple[Contact, ...]:
    """The contacts that a segment means at `now`, by number, from the one after `after`."""
    meant = _meant(connection, account_id, segment.list_id, segment.rule, now)
    query = select(contacts).where(*meant, contacts.c.number > after).order_by(contacts.c.number).limit(limit)
    return tuple(map(as_contact, fetch(connection, query)))


def _meant(
    connection: Connection, account_id: int, list_id: int, rule: Rule, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return contacts.c.list_id == list_id, condition(rule, account_id, now, connection.dialect.name)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        message = f"Give the segment a name of 1 to {LONGEST_NAME} printable characters."
        raise RequestRefused.because("name", "segment_name", message)
    return name


def _checked_rule(rule: Mapping[str, Any]) -> str:
    """A rule as it is kept; raises RequestRefused for one that is none."""
    rule_from(rule)
    return json.dumps(rule, ensure_ascii=False, sort_keys=True)


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is already a segment called {name!r}; choose another name.", code="name_taken")


def _as_segment(row: AnyRow) -> Segment:
    return Segment(row.id, row.list_id, row.name, row.rule, row.created_at)
