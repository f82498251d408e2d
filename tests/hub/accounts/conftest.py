"""Fixtures of the accounts' tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
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
