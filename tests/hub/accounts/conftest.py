"""Fixtures of the accounts' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.accounts.children import Children
from hub.accounts.service import Accounts
from hub.accounts.tokens import Tokens
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def accounts(store: Store, clock: FakeClock) -> Accounts:
    """The use cases, on SQLite and on PostgreSQL."""
    return Accounts(store, clock)


@pytest.fixture
def tokens(store: Store, clock: FakeClock) -> Tokens:
    """What opens them."""
    return Tokens(store, clock)


@pytest.fixture
def children(store: Store, clock: FakeClock) -> Children:
    """Their sub-accounts."""
    return Children(store, clock)
