"""Read accounts, in the caller's transaction: a sub-account is locked with its parent."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, false, func, or_, select

from hub.accounts.model import Account, AccountLimits, AccountSettings
from hub.accounts.said import settings_from
from hub.accounts.tables import accounts
from hub.errors import NotFound
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from hub.store.bulk import AnyRow

K = TypeVar("K", AccountLimits, AccountSettings)

_parents = accounts.alias("parents")


def accounts_with_parents() -> Select[*tuple[Any, ...]]:
    """A query of accounts; `locked` is whether an account or its parent is."""
    locked = or_(accounts.c.locked, func.coalesce(_parents.c.locked, false())).label("locked")
    own = [one for one in accounts.c if one.name != "locked"]
    return select(*own, locked).outerjoin_from(accounts, _parents, _parents.c.id == accounts.c.parent_id)


# Made once: to build a statement costs more than to run it, and this is asked with every text.
_BY_ID = accounts_with_parents().where(accounts.c.id == bindparam("wanted"))


def account_with(connection: Connection, account_id: int) -> Account:
    """The account of that id; raises NotFound."""
    row = connection.execute(_BY_ID, {"wanted": account_id}).first()
    if row is None:
        raise NotFound(f"There is no account {account_id}.")
    return account_of_row(row)


def locked_among(connection: Connection, account_ids: Collection[int]) -> set[int]:
    """Those of these accounts that are locked, or whose parent is."""
    locked = or_(accounts.c.locked, _parents.c.locked)
    query = select(accounts.c.id).outerjoin_from(accounts, _parents, _parents.c.id == accounts.c.parent_id)
    return set(connection.execute(query.where(among(connection, accounts.c.id, account_ids), locked)).scalars())


def account_of_row(row: AnyRow) -> Account:
    """A row of that query as a value."""
    return Account(
        row.id,
        row.name,
        row.country,
        row.created_at,
        row.locked,
        row.parent_id,
        None if row.countries is None else frozenset(row.countries.split(",")) - {""},
        _kept(AccountLimits, row.limits),
        settings_from(row.settings),
        row.draws,
    )


def _kept(kind: type[K], document: str | None) -> K:
    """What is kept as JSON; what a newer hub beside this one has added to it is passed over."""
    content = json.loads(document) if document else {}
    known = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in content.items() if name in known})
