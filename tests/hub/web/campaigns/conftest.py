"""Fixtures of what is asked about campaigns over HTTP: on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.store.engine import Store
from hub.testing.books import differences_in
from hub.testing.databases import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """A fresh, migrated database of either kind."""
    return databases.fresh(request.param)


@pytest.fixture(autouse=True)
def books_agree(database_url: str) -> Iterator[None]:
    """After every test: balances are the sums of their entries, and what messages say of credits."""
    yield
    store = Store(database_url)
    with store.read() as connection:
        differences = differences_in(connection)
    store.close()
    assert differences == []
