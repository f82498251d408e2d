"""Fixtures of the web's tests: a caller with a token, on a hub of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from hub.testing.hub import make_hub
from hub.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

CAMPAIGNS = "/api/v1/campaigns"


@dataclass
class Caller:
    """Calls the API of a hub with its account's token."""

    hub: TestHub
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = create_app(self.hub.core).test_client()

    @property
    def bearer(self) -> dict[str, str]:
        """The header that shows the token."""
        return {"Authorization": f"Bearer {self.hub.token}"}

    def send(self, *recipients: Any, headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """Post a campaign; an alert that says hello to one mobile unless told otherwise."""
        told = {"purpose": "alert", "text": "Bonjour", "recipients": list(recipients) or ["+33612345678"]}
        return self.client.post(CAMPAIGNS, json=told | body, headers=self.bearer | (headers or {}))

    def post(self, data: bytes, content_type: str | None = "application/json") -> TestResponse:
        """Post bytes as they are."""
        return self.client.post(CAMPAIGNS, data=data, content_type=content_type, headers=self.bearer)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Get a page of the API."""
        return self.client.get(path, query_string=query, headers=self.bearer)


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A fresh database: SQLite here, for what the web does is the same on both; tests that differ say so."""
    return databases.fresh("sqlite")


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of a printed line for each request."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture(scope="session")
def refused(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller whose requests are all refused, so that one hub does for every test of that kind."""
    made = Caller(make_hub(tmp_path_factory.mktemp("refused"), databases.fresh("sqlite")))
    yield made
    made.hub.core.close()


@pytest.fixture
def caller(hub: TestHub) -> Caller:
    """A caller on a hub with an account of 1000 credits."""
    return Caller(hub)
