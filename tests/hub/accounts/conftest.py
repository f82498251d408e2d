"""Fixtures of the accounts' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.accounts.children import Children
from hub.accounts.second_factor import SecondFactor
from hub.accounts.service import Accounts
from hub.accounts.tokens import Tokens
from hub.accounts.users import Users
from hub.testing.clock import FakeClock
from hub.vault import Vault, new_key

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


@pytest.fixture
def second_factor(store: Store, clock: FakeClock) -> SecondFactor:
    """Codes of telephones, sealed with a key of the test's own."""
    vault = Vault((new_key(),))
    return SecondFactor(store, clock, lambda: vault)


@pytest.fixture
def users(store: Store, clock: FakeClock, second_factor: SecondFactor) -> Users:
    """The people of accounts."""
    return Users(store, clock, second_factor)
