"""Use cases of contact lists: make them, fill them, look into them, empty them.

Whoever changes the contacts of a list locks its row first, so that its size is exact and two who fill it at once take
turns. A list that is deleted is gone at once, and its contacts leave it piece by piece.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from hub.contacts.model import INFOS, Contact, ContactList, Deduplicated, NewContact, Taken
from hub.contacts.reading import as_contact, as_list, list_of, members, members_among, require_lists
from hub.contacts.tables import contact_lists as lists
from hub.contacts.tables import contacts, segments
from hub.errors import Conflict, NotFound, RequestRefused
from hub.store.bulk import among, fetch, in_batches, insert_new, insert_returning, upsert_rows
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store

LONGEST_NAME = 200
LONGEST_FIELD = 1000
LONGEST_FIELD_NAME = 64
MOST_FIELDS = 50
BATCH = 1000
PIECE = 5000
"""Contacts that are removed, or compared with other lists, in one transaction."""
PIECES_AT_ONCE = 40
"""Such transactions of one call."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The contact lists of accounts."""

    store: Store
    clock: Clock

    def create(self, account_id: int, name: str) -> ContactList:
        """Make an empty list. Raises RequestRefused for a bad name, Conflict for one that is taken."""
        now, name = self.clock.now(), _checked_name(name)
        row = {"account_id": account_id, "name": name, "created_at": now, "changed_at": now}
        with self.store.write("contacts") as connection:
            made = insert_returning(connection, lists, [row], lists.c.id)
        if not made:
            raise _name_taken(name)
        return ContactList(made[0], name, 0, now, now)

    def all(self, account_id: int, *, after: int = 0, limit: int = 1000) -> tuple[ContactList, ...]:
        """The lists of an account, the oldest first, from the one after `after`."""
        mine = (lists.c.account_id == account_id, lists.c.deleted_at.is_(None), lists.c.id > after)
        with self.store.read() as connection:
            return tuple(map(as_list, fetch(connection, select(lists).where(*mine).order_by(lists.c.id).limit(limit))))

    def get(self, account_id: int, list_id: int) -> ContactList:
        """A list of an account; raises NotFound."""
        with self.store.read() as connection:
            return list_of(connection, account_id, list_id)

    def find(self, account_id: int, name: str) -> ContactList:
        """The list of an account that is called so; raises NotFound."""
        mine = (lists.c.account_id == account_id, lists.c.deleted_at.is_(None), lists.c.name == _checked_name(name))
        with self.store.read() as connection:
            row = connection.execute(select(lists).where(*mine)).first()
        if row is None:
            raise NotFound(f"This account has no list called {name!r}; `hub contacts lists` shows those it has.")
        return as_list(row)

    def rename(
        self, account_id: int, list_id: int, name: str, check: Callable[[ContactList], None] = lambda _: None
    ) -> ContactList:
        """Call a list something else; `check` may refuse, by what stands there. Raises as `create`, and NotFound."""
        name = _checked_name(name)
        try:
            with self.store.write("contacts") as connection:
                check(list_of(connection, account_id, list_id, lock=True))
                changed = update(lists).where(lists.c.id == list_id).values(name=name, changed_at=self.clock.now())
                return as_list(connection.execute(changed.returning(*lists.c)).one())
        except IntegrityError as error:
            raise _name_taken(name) from error

    def delete(self, account_id: int, list_id: int) -> None:
        """Take a list away with its contacts: nobody sees it any more, and `clear_deleted` does the rest."""
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            connection.execute(delete(segments).where(segments.c.list_id == list_id))
            gone = {"name": None, "deleted_at": self.clock.now()}
            connection.execute(update(lists).where(lists.c.id == list_id).values(gone))

    def clear_deleted(self) -> int:
        """Remove the contacts of deleted lists, piece by piece, then the lists; how many contacts there were."""
        removed = 0
        with self.store.read() as connection:
            ids = connection.execute(select(lists.c.id).where(lists.c.deleted_at.is_not(None))).scalars().all()
        for list_id in ids:
            while some := self._clear_piece(list_id):
                removed += some
        return removed

    def put(self, account_id: int, list_id: int, brought: Sequence[NewContact]) -> Taken:
        """Bring contacts to a list; of those it has, what is given replaces what was known, and the rest stays.

        Raises NotFound, and RequestRefused for fields that are too many or too long.
        """
        by_number = {one.number: one for one in brought}
        rows = [_row(account_id, list_id, one, self.clock.now()) for one in by_number.values()]
        added = 0
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            for some in in_batches(rows, BATCH):
                added += put_rows(connection, some)
            resize(connection, list_id, added, self.clock.now())
        return Taken(added, len(rows) - added)

    def contacts(
        self, account_id: int, list_id: int, *, after: str = "", limit: int = 1000, prefix: str = ""
    ) -> tuple[Contact, ...]:
        """A page of a list, by number; with a `prefix` those that begin so. Raises NotFound."""
        with self.store.read() as connection:
            list_of(connection, account_id, list_id)
            return members(connection, list_id, after, limit, prefix=prefix)

    def contact(self, account_id: int, list_id: int, number: str) -> Contact:
        """One contact of a list; raises NotFound."""
        with self.store.read() as connection:
            list_of(connection, account_id, list_id)
            return _contact(connection, list_id, number)

    def contacts_among(self, account_id: int, list_id: int, numbers: Collection[str]) -> tuple[Contact, ...]:
        """Of these numbers (E.164) the contacts of a list, by number. Raises NotFound."""
        with self.store.read() as connection:
            list_of(connection, account_id, list_id)
            return members_among(connection, list_id, numbers)

    def edit(
        self,
        account_id: int,
        list_id: int,
        number: str,
        changes: Mapping[str, Any],
        check: Callable[[Contact], None] = lambda _: None,
    ) -> Contact:
        """Change what is known of a contact: `info1` to `info4`, or all its named `fields`; None forgets.

        `check` may refuse, by what stands there. Raises NotFound, RequestRefused.
        """
        values = {name: _kept(name, value) for name, value in changes.items()}
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            check(_contact(connection, list_id, number))
            mine = update(contacts).where(contacts.c.list_id == list_id, contacts.c.number == number)
            connection.execute(mine.values(values | {"changed_at": self.clock.now()}))
            return _contact(connection, list_id, number)

    def remove(self, account_id: int, list_id: int, numbers: Collection[str]) -> int:
        """Take numbers (E.164) off a list; how many were on it. Raises NotFound for a list that is not there."""
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            these = (contacts.c.list_id == list_id, among(connection, contacts.c.number, list(numbers)))
            removed = connection.execute(delete(contacts).where(*these)).rowcount if numbers else 0
            resize(connection, list_id, -removed, self.clock.now())
        return removed

    def deduplicate(self, account_id: int, list_id: int, against: Collection[int], *, after: str = "") -> Deduplicated:
        """Take off a list the numbers that stand in these other lists. In itself a list has each once.

        A long list is gone through in several calls, each from where the one before ended; what is done stays done, and
        to do it again takes nobody off. Raises NotFound, and RequestRefused for others that the account does not have,
        or the list itself among them.
        """
        if list_id in against:
            raise RequestRefused.because("against", "same_list", "A list cannot be compared with itself; leave it out.")
        removed = 0
        at: str | None = after
        for _ in range(PIECES_AT_ONCE):
            some, at = self._deduplicate_piece(account_id, list_id, against, at or "")
            removed += some
            if at is None:
                break
        return Deduplicated(removed, at)

    def _deduplicate_piece(
        self, account_id: int, list_id: int, against: Collection[int], after: str
    ) -> tuple[int, str | None]:
        """Go through a piece of a list; how many were taken off, and its last number if there may be more."""
        with self.store.write("contacts") as connection:
            list_of(connection, account_id, list_id, lock=True)
            require_lists(connection, account_id, "against", against)
            mine = (contacts.c.list_id == list_id, contacts.c.number > after)
            piece = select(contacts.c.number).where(*mine).order_by(contacts.c.number).limit(PIECE).subquery()
            last, looked = connection.execute(select(func.max(piece.c.number), func.count(piece.c.number))).one()
            if not looked or not against:
                return 0, None
            those = (contacts.c.number > after, contacts.c.number <= last)
            others = select(contacts.c.number).where(among(connection, contacts.c.list_id, list(against)), *those)
            gone = delete(contacts).where(contacts.c.list_id == list_id, *those, contacts.c.number.in_(others))
            removed = connection.execute(gone).rowcount
            resize(connection, list_id, -removed, self.clock.now())
        return removed, last if looked == PIECE else None

    def _clear_piece(self, list_id: int) -> int:
        with self.store.write("clear_list") as connection:
            some = select(contacts.c.number).where(contacts.c.list_id == list_id).order_by(contacts.c.number)
            numbers = connection.execute(some.limit(PIECE)).scalars().all()
            if not numbers:
                connection.execute(delete(lists).where(lists.c.id == list_id))
                return 0
            these = (contacts.c.list_id == list_id, contacts.c.number <= numbers[-1])
            return connection.execute(delete(contacts).where(*these)).rowcount


def put_rows(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store contacts of a list whose row the caller has locked; how many it did not have."""
    added = insert_new(connection, contacts, rows)
    if added < len(rows):  # those just added are only written once more: cheaper than to ask which they are
        upsert_rows(connection, contacts, rows, keeping={"added_at", "account_id"}, filling={*INFOS, "fields"})
    return added


def resize(connection: Connection, list_id: int, more: int, at: datetime) -> None:
    """Note that a list has so many more contacts (fewer, below zero)."""
    if more:
        changed = update(lists).where(lists.c.id == list_id)
        connection.execute(changed.values(size=lists.c.size + more, changed_at=at))


def _row(account_id: int, list_id: int, one: NewContact, at: datetime) -> dict[str, Any]:
    infos = {name: _kept(name, getattr(one, name)) for name in INFOS}
    kept = {**infos, "fields": _kept("fields", one.fields)}
    return {
        "list_id": list_id,
        "number": one.number,
        "account_id": account_id,
        **kept,
        "added_at": at,
        "changed_at": at,
    }


def _kept(name: str, value: Any) -> str | None:
    """What the database keeps of a field; empty is nothing. Raises RequestRefused."""
    if name == "fields":
        given = {_checked_field_name(key): _checked_value(key, one) for key, one in (value or {}).items()}
        named = {key: one for key, one in given.items() if one}
        if len(named) > MOST_FIELDS:
            raise RequestRefused.because("fields", "too_many", f"A contact has at most {MOST_FIELDS} named fields.")
        return json.dumps(named, ensure_ascii=False, sort_keys=True) if named else None
    return _checked_value(name, value or "") or None


def _checked_value(name: str, value: str) -> str:
    value = value.strip()
    if len(value) > LONGEST_FIELD:
        raise RequestRefused.because(name, "too_long", f"A field has at most {LONGEST_FIELD} characters.")
    return storable(value)


def _checked_field_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_FIELD_NAME or not name.isprintable():
        message = f"A field's name has 1 to {LONGEST_FIELD_NAME} printable characters."
        raise RequestRefused.because("fields", "field_name", message)
    if name in INFOS:
        raise RequestRefused.because("fields", "field_name", f"{name} is a field of every contact; write it by itself.")
    return name


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        message = f"Give the list a name of 1 to {LONGEST_NAME} printable characters."
        raise RequestRefused.because("name", "list_name", message)
    return name


def _name_taken(name: str) -> Conflict:
    return Conflict(f"There is already a list called {name!r}; choose another name.", code="name_taken")


def _contact(connection: Connection, list_id: int, number: str) -> Contact:
    these = (contacts.c.list_id == list_id, contacts.c.number == number)
    row = connection.execute(select(contacts).where(*these)).first()
    if row is None:
        raise NotFound("This list does not have that number.")
    return as_contact(row)
