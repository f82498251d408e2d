"""Fixtures of the whole suite: databases of both kinds, and a hub on each."""

from __future__ import annotations

import logging
import os
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Protocol

import pytest
import structlog
from flask_openapi3 import utils

from hub.plugin_manager import Plugins
from hub.store.engine import Store
from hub.testing.databases import KINDS, Databases
from hub.testing.hub import TestHub, make_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.clock import FakeClock
    from hub.testing.connector import FakeConnector


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration a skipped test is a gap, and fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


class HubMaker(Protocol):
    """Makes hubs on one database, with settings of the test's own."""

    def __call__(
        self,
        *,
        settings: dict[str, str] | None = None,
        plugins: Plugins | None = None,
        clock: FakeClock | None = None,
        carrier: FakeConnector | None = None,
    ) -> TestHub:
        """Make one."""
        ...


@pytest.fixture(autouse=True)
def logging_as_found() -> Iterator[None]:
    """A command that sets up logging in one test must not decide what the next one sees."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**kept)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def schemas_made_once() -> Iterator[None]:
    """The web application is made anew for a thousand tests; the schemas of its models are the same each time."""
    made = cache(utils.get_model_schema)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "get_model_schema", lambda *model, **mode: deepcopy(made(*model, **mode)))
        yield


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where fresh databases come from, with the tables of the bundled plugins."""
    branches = Plugins.load(quiet=True).migrations()
    made = Databases(tmp_path_factory.mktemp("databases"), branches, datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """A fresh, migrated database: every test that asks for one runs on SQLite and on PostgreSQL."""
    url = databases.fresh(request.param)
    yield url
    databases.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on a fresh database."""
    made = Store(database_url)
    yield made
    made.close()


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[HubMaker]:
    """Make hubs with settings of the test's own, all on one fresh database."""
    hubs: list[TestHub] = []

    def maker(
        *,
        settings: dict[str, str] | None = None,
        plugins: Plugins | None = None,
        clock: FakeClock | None = None,
        carrier: FakeConnector | None = None,
    ) -> TestHub:
        made = make_hub(tmp_path, database_url, settings=settings, plugins=plugins, clock=clock, carrier=carrier)
        hubs.append(made)
        return made

    yield maker
    for made in hubs:
        made.core.close()


@pytest.fixture
def hub(make: HubMaker) -> TestHub:
    """A hub with an account of 1000 credits and a carrier that takes everything."""
    return make()
