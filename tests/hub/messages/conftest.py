"""Fixtures of the engine's tests: after each one, credits and messages must agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from hub import hookimpl
from hub.plugin_manager import Plugins
from hub.store.engine import Store
from hub.store.metadata import core_metadata
from hub.testing.books import differences_in
from hub.testing.connector import FakeConnector, FakeSettings
from hub.testing.databases import KINDS, Databases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping

    from sqlalchemy import Connection

    from hub.bootstrap import Core
    from hub.registry import Registry
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker


@pytest.fixture(scope="session")
def worn_postgresql(databases: Databases) -> Iterator[Store]:
    """A PostgreSQL database that tests use one after the other: emptying it is quicker than making one."""
    store = Store(databases.fresh("postgresql"))
    yield store
    store.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """An empty, migrated database: every test that asks for one runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return databases.fresh("sqlite")
    store: Store = request.getfixturevalue("worn_postgresql")
    with store.write("test") as connection:
        for table in reversed(core_metadata.sorted_tables):
            connection.execute(text(f'DELETE FROM "{table.name}"'))  # noqa: S608 - our own tables
    return store.url.render_as_string(hide_password=False)


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test with a database: balances are the sums of their entries, and what messages say of credits."""
    if "database_url" not in request.fixturenames:
        yield
        return
    store = Store(request.getfixturevalue("database_url"))
    yield
    with store.read() as connection:
        differences = differences_in(connection)
    store.close()
    assert differences == []


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of printed tracebacks."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def books(hub: TestHub) -> Callable[[], tuple[int, int, int]]:
    """What the test's account has available, reserved and spent."""

    def of_account() -> tuple[int, int, int]:
        balance = hub.core.accounts.balance(hub.account.id)
        return balance.available, balance.reserved, balance.spent

    return of_account


@dataclass
class SpareCarrier:
    """A plugin that brings the connector type `spare`."""

    connector: FakeConnector
    hub_api: int = 1

    @hookimpl
    def hub_register_connectors(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_connector("spare", FakeSettings, lambda *_: self.connector)


@dataclass
class TwoWays:
    """A hub with the routes `main`, and `spare` by a carrier of its own, which comes second."""

    hub: TestHub
    spare: FakeConnector

    @property
    def main(self) -> FakeConnector:
        """The carrier of the first route."""
        return self.hub.carrier

    def tick(self, seconds: float = 1.0) -> None:
        """Let time pass; then the scheduler looks, and a worker works."""
        self.hub.clock.advance(seconds=seconds)
        self.hub.core.failover.fail_over()
        self.hub.drain()


@pytest.fixture
def two_ways(make: HubMaker) -> Callable[..., TwoWays]:
    """Make a hub with two ways out; `settings` of the test's own."""

    def make_two(**settings: str) -> TwoWays:
        spare, plugins = FakeConnector(), Plugins()
        plugins.add(SpareCarrier(spare), "spare_carrier")
        usual = {
            "HUB_CONNECTOR_OTHER_TYPE": "spare",
            "HUB_ROUTE_SPARE_CONNECTOR": "other",
            "HUB_ROUTE_SPARE_PRIORITY": "20",
        }
        hub = make(settings={**usual, **settings}, plugins=plugins)
        hub.core.route_health.chance = lambda: 0.0
        return TwoWays(hub, spare)

    return make_two


class Twin(Protocol):
    """Makes another process of a hub: the same database and carrier, connections of its own."""

    def __call__(self, hub: TestHub) -> Core:
        """Make one."""
        ...


@pytest.fixture
def twin() -> Iterator[Twin]:
    """Make further processes of a hub."""
    cores: list[Core] = []

    def make_twin(hub: TestHub) -> Core:
        cores.append(replace(hub.core, store=Store(hub.core.store.url.render_as_string(hide_password=False))))
        return cores[-1]

    yield make_twin
    for core in cores:
        core.store.close()


@pytest.fixture
def find_differences() -> Callable[[Connection], list[str]]:
    """What is wrong with the credits in a database."""
    return differences_in
