"""Read lists of contacts in the caller's transaction: page by page, however many there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.contacts.model import NO_FIELDS, Contact, ContactList
from hub.contacts.tables import contact_lists as lists
from hub.contacts.tables import contacts
from hub.errors import Fault, NotFound, RequestRefused
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from hub.store.bulk import AnyRow


def list_of(connection: Connection, account_id: int, list_id: int, *, lock: bool = False) -> ContactList:
    """An account's list; raises NotFound for one of another account, too. `lock` for whoever changes it."""
    mine = (lists.c.id == list_id, lists.c.account_id == account_id, lists.c.deleted_at.is_(None))
    query = select(lists).where(*mine)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound("This account has no list of that id.")
    return as_list(row)


def require_lists(connection: Connection, account_id: int, field: str, list_ids: Collection[int]) -> None:
    """Raise RequestRefused, with a fault for each of these lists in `field` that the account does not have."""
    mine = (lists.c.account_id == account_id, lists.c.deleted_at.is_(None))
    query = select(lists.c.id).where(*mine, among(connection, lists.c.id, list(list_ids)))
    known = set(connection.execute(query).scalars()) if list_ids else set()
    faults = [
        Fault(f"{field}[{place}]", "no_such_list", f"This account has no list {one}; GET /api/v1/lists shows them.")
        for place, one in enumerate(list_ids)
        if one not in known
    ]
    if faults:
        raise RequestRefused(faults[0].message, faults=faults)


def members(
    connection: Connection, list_id: int, after: str = "", limit: int = 1000, *, prefix: str = ""
) -> tuple[Contact, ...]:
    """The contacts of a list by number, from the one after `after`; with a `prefix` those that begin so."""
    query = select(contacts).where(contacts.c.list_id == list_id, contacts.c.number > after)
    if prefix:
        query = query.where(contacts.c.number >= prefix, contacts.c.number < f"{prefix}:")  # : comes after 9
    rows: Sequence[AnyRow] = fetch(connection, query.order_by(contacts.c.number).limit(limit))
    return tuple(map(as_contact, rows))


def members_among(connection: Connection, list_id: int, numbers: Collection[str]) -> tuple[Contact, ...]:
    """Of these numbers (E.164) the contacts of a list, by number."""
    if not numbers:
        return ()
    query = select(contacts).where(contacts.c.list_id == list_id, among(connection, contacts.c.number, numbers))
    return tuple(map(as_contact, fetch(connection, query.order_by(contacts.c.number))))


def as_list(row: AnyRow) -> ContactList:
    """A row of `contact_lists` as a value."""
    return ContactList(row.id, row.name, row.size, row.created_at, row.changed_at)


def as_contact(row: AnyRow) -> Contact:
    """A row of `contacts` as a value."""
    fields = json.loads(row.fields) if row.fields else NO_FIELDS
    return Contact(row.number, row.info1, row.info2, row.info3, row.info4, fields, row.added_at, row.changed_at)
