"""Whether the law reaches a plugin's tables: each that holds phone numbers is named by a `PersonTable`, and rightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, inspect

from hub.store.metadata import core_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import ReflectedColumn

    from hub.registry import MigrationBranch, PersonTable

NUMBERS = frozenset(
    {"destination", "gsm", "mobile", "msisdn", "number", "numbers", "person", "phone", "phones", "recipient", "tel"}
)
"""A text column with one of these words in its name is taken for one of phone numbers."""


def forgotten_people(connection: Connection, branches: Sequence[MigrationBranch]) -> list[str]:
    """What is wrong with what plugins say of their tables, in sentences; the database has these branches' tables.

    A column of numbers that is not named, a named column that is not there, and a text that an export would leave out.
    """
    named = {one.table: one for branch in branches for one in branch.people}
    shape = inspect(connection)
    theirs = sorted(set(shape.get_table_names()) - core_metadata.tables.keys())
    found = [f"{name} is named by a PersonTable, and is not there." for name in named.keys() - set(theirs)]
    for name in theirs:
        columns = {one["name"]: one for one in shape.get_columns(name)}
        found += _wrong(named[name], columns) if name in named else _unnamed(name, columns)
    return found


def _unnamed(table: str, columns: Mapping[str, ReflectedColumn]) -> Iterator[str]:
    for name, one in columns.items():
        if isinstance(one["type"], String) and NUMBERS & set(name.split("_")):
            yield f"{table}.{name} looks like phone numbers: name the table by a PersonTable in hub_migrations()."


def _wrong(one: PersonTable, columns: Mapping[str, ReflectedColumn]) -> Iterator[str]:
    named = {*one.key, one.account, one.number, *one.shown, *filter(None, (one.campaign, one.made_at))}
    for name in sorted(named - columns.keys()):
        yield f"{one.table}.{name} is named by a PersonTable, and is not there."
    for name, column in columns.items():
        if isinstance(column["type"], String) and name not in named:
            yield f"{one.table}.{name} is a text that an export leaves out: name it among `shown`."
