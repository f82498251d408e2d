"""Statements over many rows at once, on both databases.

Rows travel as one JSON document, which the database takes apart: one statement whatever their number; what is the
same in all of them travels once beside it. Row by row, in `executemany` and when results are fetched, sqlite3 lets
go of the interpreter each time - beside a busy thread it waits milliseconds to get it back, and keeps the database
locked all the while.
"""

from __future__ import annotations

import json
from collections import namedtuple
from datetime import date, datetime, time
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import Text, any_, bindparam, cast, column, func, literal, literal_column, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Connection, FromClause, Row, Select, Table

    AnyRow: TypeAlias = Row[*tuple[Any, ...]]
    Rows: TypeAlias = Sequence[Mapping[str, Any]]
    Insertion: TypeAlias = sqlite.Insert | postgresql.Insert

T = TypeVar("T")

_DOCUMENT = bindparam("rows_as_json", type_=Text)
_NUL = "a NUL character cannot be stored"  # SQLite would cut the text off there, PostgreSQL refuses it


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut into lists of at most `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def fetch(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[AnyRow]:
    """All rows of a query; on SQLite in one step, not in one per row. Not for fractions: they keep 15 digits."""
    if connection.dialect.name != "sqlite":
        return connection.execute(query).all()
    rows = query.subquery()
    document = connection.execute(select(func.json_group_array(func.json_array(*rows.c)))).scalar_one()
    every = [one.type.dialect_impl(connection.dialect).result_processor(connection.dialect, None) for one in rows.c]
    processors = [(place, process) for place, process in enumerate(every) if process]
    found: list[list[Any]] = json.loads(document)
    for cells in found:
        for place, process in processors:
            cells[place] = process(cells[place])
    return list(map(_row_type(*(one.name for one in rows.c)), found))


def among(connection: Connection, column: Column[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these values: one parameter whatever their number, so one statement to prepare.

    `column.in_(values)` makes a parameter of each: its statement is written anew for every batch.
    """
    if len(values) == 1:
        only: ColumnElement[bool] = column == next(iter(values))
        return only
    if connection.dialect.name == "sqlite":
        given = bindparam(None, json.dumps(list(values)), type_=Text)
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == any_(bindparam(None, list(values), type_=postgresql.ARRAY(column.type)))


def as_table(connection: Connection, table: Table, rows: Rows) -> tuple[FromClause, Mapping[str, str]]:
    """Rows to select from, with columns named and typed as those of `table`, and the parameters to execute with."""
    names = list(rows[0])
    return _given(connection, table, names), _document(connection, table, rows, names)


def insert_rows(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows, which all name the same columns."""
    if rows:
        connection.execute(*_insertion(connection, table, rows))


def insert_new(connection: Connection, table: Table, rows: Rows) -> int:
    """Insert the rows whose key is free, leave the others alone; how many were inserted."""
    if not rows:
        return 0
    statement, document = _insertion(connection, table, rows)
    counted = statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return connection.execute(counted, document).rowcount


def insert_returning(connection: Connection, table: Table, rows: Rows, wanted: Column[T]) -> list[T]:
    """Insert the rows whose key is free, and give that column of those that were inserted."""
    if not rows:
        return []
    statement, document = _insertion(connection, table, rows)
    return list(connection.execute(statement.on_conflict_do_nothing().returning(wanted), document).scalars())


def upsert_rows(
    connection: Connection,
    table: Table,
    rows: Rows,
    *,
    adding: Collection[str] = (),
    keeping: Collection[str] = (),
    filling: Collection[str] = (),
) -> None:
    """Insert rows, each key once; those whose primary key is taken are overwritten in the columns given.

    But to the columns `adding` what is given is added, those in `keeping` stay as they are, and so do those in
    `filling` where NULL is given.
    """
    if not rows:
        return
    statement, document = _insertion(connection, table, rows)

    def changed(name: str) -> ColumnElement[Any]:
        given: ColumnElement[Any] = statement.excluded[name]
        if name in adding:
            return table.c[name] + given
        return func.coalesce(given, table.c[name]) if name in filling else given

    keys = {one.name for one in table.primary_key}
    set_ = {name: changed(name) for name in rows[0] if name not in keys and name not in keeping}
    connection.execute(statement.on_conflict_do_update(index_elements=sorted(keys), set_=set_), document)


def update_rows(
    connection: Connection, table: Table, key: Column[Any], rows: Rows, *, only: Sequence[ColumnElement[bool]] = ()
) -> int:
    """Update rows found by `key`, each in the other columns that it names; all name the same ones.

    A row that does not meet `only` is left as it is; how many were updated. What is the same in every row
    travels once: most of what a batch changes is.
    """
    if not rows:
        return 0
    same, different = _split(rows, key.name)
    if different == [key.name]:
        found = among(connection, key, [row[key.name] for row in rows])
        statement, document = update(table).where(found).values(same), {}
    else:
        given = _given(connection, table, different)
        changed = {name: given.c[name] for name in different if name != key.name}
        statement = update(table).where(key == given.c[key.name]).values(same | changed)
        document = _document(connection, table, rows, different)
    counted = statement.where(*only).execution_options(preserve_rowcount=True)
    return connection.execute(counted, document).rowcount


def add_to_rows(connection: Connection, table: Table, counter: Column[int], rows: Rows) -> None:
    """Add each row's `counter` (it may be below zero) to that of the row with the same other columns."""
    if not rows:
        return
    names = list(rows[0])
    given = _given(connection, table, names)
    same = [table.c[name] == given.c[name] for name in names if name != counter.name]
    statement = update(table).where(*same).values({counter.name: counter + given.c[counter.name]})
    connection.execute(statement, _document(connection, table, rows, names))


def _split(rows: Rows, key: str) -> tuple[dict[str, Any], list[str]]:
    """What is the same in all rows, and the names of what is not; `key` is among these, whatever it holds."""
    first = rows[0]
    same = {name: first[name] for name in first if name != key and all(row[name] == first[name] for row in rows)}
    if any("\0" in value for value in same.values() if isinstance(value, str)):
        raise ValueError(_NUL)
    return same, [name for name in first if name not in same]


@lru_cache(maxsize=256)
def _row_type(*names: str) -> Callable[[Iterable[Any]], AnyRow]:
    # Its columns are only known now; what is read of a row, it has.
    made = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024 - see above
    return made._make  # type: ignore[return-value]  # a Row of SQLAlchemy's has the same attributes


def _insertion(connection: Connection, table: Table, rows: Rows) -> tuple[Insertion, Mapping[str, Any]]:
    maker = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    if len(rows) == 1:  # needs no document, and no statement but the table's own
        _split(rows, "")
        return maker(table), rows[0]
    same, different = _split(rows, next(iter(rows[0])))
    given = _given(connection, table, different)
    cells = [literal(same[name], table.c[name].type) if name in same else given.c[name] for name in rows[0]]
    # Without WHERE, SQLite takes the ON of ON CONFLICT for that of a join.
    query = select(*cells).select_from(given).where(true())
    return maker(table).from_select(list(rows[0]), query), _document(connection, table, rows, different)


def _given(connection: Connection, table: Table, names: Sequence[str]) -> FromClause:
    """The document as a table, with columns named and typed as those of `table`."""
    columns = [table.c[name] for name in names]
    if connection.dialect.name == "sqlite":
        each = func.json_each(_DOCUMENT).table_valued("value")
        cells = [
            func.json_extract(each.c.value, literal_column(f"'$[{place}]'"), type_=one.type).label(one.name)
            for place, one in enumerate(columns)
        ]
        return select(*cells).subquery("given")
    named = [column(one.name, one.type) for one in columns]
    records = func.json_to_recordset(cast(_DOCUMENT, postgresql.JSON)).table_valued(*named, name="given")
    return records.render_derived(name="given", with_types=True)


def _document(connection: Connection, table: Table, rows: Rows, names: Sequence[str]) -> dict[str, str]:
    dialect = connection.dialect
    processors = [(name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names]
    cells = ([process(row[name]) if process else row[name] for name, process in processors] for row in rows)
    listed = dialect.name == "sqlite"
    content = [one if listed else dict(zip(names, one, strict=True)) for one in cells]
    text = json.dumps(content, ensure_ascii=False, default=_as_text)
    if "\\u0000" in text and any("\0" in str(row[name]) for row in rows for name in names):
        raise ValueError(_NUL)
    return {_DOCUMENT.key: text}


def _as_text(value: object) -> str:
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored by way of JSON")
