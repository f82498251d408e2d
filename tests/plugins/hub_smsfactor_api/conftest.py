"""A running hub with the SMSFactor API, on a real server and a real database, and a receiver of its webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from werkzeug.serving import make_server

import hub_smsfactor_api
from hub.testing.clock import FakeClock
from hub.testing.databases import Databases
from hub.testing.hub import make_hub
from hub.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    import requests
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from hub.testing.hub import TestHub

EMAIL, PASSWORD = "zoe@salon.example", "trois mots sans lien"
FRIEND, OTHER = "33612345678", "33612345679"
Make = Callable[..., "Site"]


@dataclass
class Site:
    """A hub and the application that answers for it."""

    hub: TestHub
    client: FlaskClient = field(init=False)
    url: str = ""

    def __post_init__(self) -> None:
        self.app = create_app(self.hub.core)
        self.client = self.app.test_client()

    def open(self) -> None:
        """Let the account's owner sign in with EMAIL and PASSWORD."""
        self.hub.core.users.create(self.hub.account.id, EMAIL, PASSWORD)

    def call(self, method: str, path: str, body: object = None, **more: Any) -> dict[str, Any]:
        """What a call is answered in JSON, which is checked to be a reply."""
        headers = {"Authorization": f"Bearer {self.hub.token}", "Accept": "application/json", **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        answer = self.client.open(f"/smsfactor{path}", method=method, headers=headers, **more)
        return replied(answer)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What a GET is answered."""
        return self.call("GET", path, query_string=query)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """What a POST of JSON is answered."""
        return self.call("POST", path, body)

    def put(self, path: str, body: object = None) -> dict[str, Any]:
        """What a PUT of JSON is answered."""
        return self.call("PUT", path, body)

    def delete(self, path: str) -> dict[str, Any]:
        """What a DELETE is answered."""
        return self.call("DELETE", path)

    def send(self, *numbers: str, **message: Any) -> dict[str, Any]:
        """Send a text by the document of a POST."""
        gsm = [{"value": one, "gsmsmsid": f"cmd-{place}"} for place, one in enumerate(numbers or (FRIEND,))]
        return self.post("/send", {"sms": {"message": {"text": "Bonjour"} | message, "recipients": {"gsm": gsm}}})


def replied(answer: TestResponse | requests.Response) -> dict[str, Any]:
    """A JSON reply, which is always 200, of the type JSON, and begins with its status."""
    text = answer.text
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = json.loads(text)
    assert text.startswith(f'{{"status":{found["status"]},"message":')
    return found


@pytest.fixture(scope="session")
def smsfactor_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases with the plugin's tables."""
    branches = (hub_smsfactor_api.hub_migrations(),)
    made = Databases(tmp_path_factory.mktemp("smsfactor"), branches, datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture
def database_url(smsfactor_databases: Databases) -> str:
    """A fresh database: SQLite here; what differs between the two is asked of both, by tests that say so."""
    return smsfactor_databases.fresh("sqlite")


@pytest.fixture
def make_site(database_url: str, tmp_path: Path) -> Iterator[Make]:
    """Make sites with settings of the test's own."""
    made: list[Site] = []

    def maker(**settings: str) -> Site:
        limits = ("HUB_WEB_REQUESTS_PER_MINUTE", "HUB_WEB_WRONG_TOKENS_PER_MINUTE")
        usual = {"HUB_EVENTS_ALLOW_PRIVATE": "yes", **dict.fromkeys(limits, "100000")}
        bring = {"smsfactor_api": hub_smsfactor_api}
        hub = make_hub(tmp_path, database_url, settings=usual | settings, bring=bring, clock=FakeClock())
        made.append(Site(hub))
        return made[-1]

    yield maker
    for one in made:
        one.hub.core.close()


@pytest.fixture
def site(make_site: Make) -> Site:
    """A site with an account of 1000 credits."""
    return make_site()


@contextmanager
def serving(site: Site) -> Iterator[str]:
    """The base URL of a site that runs on a real server."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/smsfactor"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Receiver:
    """Who is called by webhooks: what came, and what is answered."""

    url: str = ""
    status: int = 200
    calls: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    @property
    def last(self) -> dict[str, Any]:
        """The latest body."""
        return self.calls[-1][1]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.calls.append((dict(self.headers.items()), json.loads(body)))
            self.send_response(made.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of a printed line for each request."""
    with capture_logs() as lines:
        yield lines
