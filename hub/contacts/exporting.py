"""A list as a CSV file, page by page: what is exported and imported again is the same list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSON

from hub.contacts.imports.reading import MOST_COLUMNS
from hub.contacts.model import INFOS
from hub.contacts.reading import list_of, members
from hub.contacts.tables import contacts
from hub.csv_text import csv_pieces
from hub.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from hub.contacts.model import Contact
    from hub.store.engine import Store

PAGE = 2000
_ALWAYS = ("number", *INFOS)
MOST_NAMES = MOST_COLUMNS - len(_ALWAYS)


def export_list(store: Store, account_id: int, list_id: int) -> Iterator[bytes]:
    """The pieces of a CSV file with a list: `number`, `info1` to `info4`, then every named field that somebody has.

    Who comes to the list or leaves it meanwhile is in the file or not; everybody else is in it once. Raises NotFound,
    and Conflict (`too_many_fields`) for more columns than an import takes, before the first piece.
    """
    with store.read() as connection:
        list_of(connection, account_id, list_id)
        names = _names_in(connection, list_id)
    if len(names) > MOST_NAMES:
        message = f"This list has more than {MOST_NAMES} different fields, which no file holds; read it page by page."
        raise Conflict(message, code="too_many_fields")
    return csv_pieces((*_ALWAYS, *names), (_cells(one, names) for one in _every(store, list_id)))


def _every(store: Store, list_id: int) -> Iterator[Contact]:
    page: Sequence[Contact] = ()
    while True:
        with store.read() as connection:
            page = members(connection, list_id, page[-1].number if page else "", PAGE)
        yield from page
        if len(page) < PAGE:
            return


def _cells(one: Contact, names: Sequence[str]) -> list[str | None]:
    return [one.number, one.info1, one.info2, one.info3, one.info4, *map(one.fields.get, names)]


def _names_in(connection: Connection, list_id: int) -> list[str]:
    """The named fields of a list's contacts, in the order of the alphabet; a few too many at most."""
    these = (contacts.c.list_id == list_id, contacts.c.fields.is_not(None))
    if connection.dialect.name == "sqlite":
        each = func.json_each(contacts.c.fields).table_valued("key")
        query = select(each.c.key).select_from(contacts).join(each, onclause=true()).where(*these).distinct()
    else:
        keys = func.json_object_keys(cast(contacts.c.fields, JSON))
        query = select(cast(keys, String)).where(*these).distinct()
    return sorted(connection.execute(query.limit(MOST_NAMES + 1)).scalars())
