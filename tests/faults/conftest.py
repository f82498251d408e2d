"""Fixtures of the fault tests: sites with processes of their own, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from hub.accounts.service import Accounts
from hub.clock import SystemClock
from hub.testing.databases import KINDS, Databases
from hub.testing.ports import free_port

from .site import Forker, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class SiteMaker(Protocol):
    """Makes a site on a fresh database of a kind; capitals are settings."""

    def __call__(self, kind: str, **settings: str) -> Site:
        """Make one, with an account of 1000 credits."""
        ...


@pytest.fixture(scope="session")
def forker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forker]:
    """The process that forks all others."""
    made = Forker(tmp_path_factory.mktemp("forker") / "log")
    yield made
    made.close()


@pytest.fixture
def make_site(forker: Forker, databases: Databases, tmp_path: Path) -> Iterator[SiteMaker]:
    """Make sites; whatever runs there at the end is killed."""
    made: list[Site] = []
    mine: list[str] = []

    def make(kind: str, **settings: str) -> Site:
        url = settings.pop("HUB_HUB_DATABASE_URL", "")
        if not url:
            url = databases.fresh(kind)
            mine.append(url)
        folder = tmp_path / str(len(made))
        folder.mkdir()
        site = Site(forker, folder, environ_of(folder, url) | settings)
        made.append(site)
        return site

    yield make
    for one in made:
        one.close()
    for url in mine:
        databases.drop(url)


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, make_site: SiteMaker) -> Site:
    """A site with an account of 1000 credits, on SQLite and on PostgreSQL."""
    made = make_site(request.param)
    open_account(made)
    return made


def open_account(site: Site) -> str:
    """Account 1 of a site, with 1000 credits; its token."""
    _, token = Accounts(site.store, SystemClock()).create("Salon Exemple", "FR", credits_=1000)
    return token.secret


def environ_of(folder: Path, url: str) -> dict[str, str]:
    """A hub without Redis, with a simulated carrier that reports at once; that its numbers are alike alarms nobody."""
    return {
        "HUB_HUB_DATA_DIR": str(folder / "data"),
        "HUB_HUB_DATABASE_URL": url,
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_LOG_FORMAT": "json",
        "HUB_WEB_PORT": str(free_port()),
        "HUB_MAIL_TO_SMS_PORT": str(free_port()),
        "HUB_MESSAGES_LEASE_S": "5",
        "HUB_GUARD_WATCHED": "0",
        "HUB_SENDERS_FR": "36180",
        "HUB_CONNECTOR_SANDBOX_TYPE": "sandbox",
        "HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "0",
        "HUB_ROUTE_DEFAULT_CONNECTOR": "sandbox",
    }
