"""A hub with HTTP carriers: each a server on loopback, which calls the hub's real web application."""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs
from werkzeug.serving import make_server

import hub_http_carrier
from hub import ConnectorContext, hookimpl
from hub.clock import SystemClock
from hub.testing.clock import FakeClock
from hub.testing.hub import make_hub
from hub.web.app import create_app
from hub_http_carrier.connector import HttpCarrier
from hub_http_carrier.settings import HttpSettings, callback_urls

from .carriers import KEYS, KINDS, PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence
    from pathlib import Path

    from werkzeug.serving import BaseWSGIServer

    from hub import DeliveryReceipt, Draft
    from hub.testing.contract import RecordingSink
    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

    from .carriers import FakeCarrier


@dataclass
class Chooser:
    """A plugin that sends every message by the route that a test wishes."""

    wish: str = "main"
    hub_api: int = 1

    @hookimpl
    def hub_choose_route(self, draft: Draft, routes: Sequence[str]) -> str | None:  # noqa: ARG002 - the hook's own
        """The wish."""
        return self.wish


@dataclass
class Site:
    """A hub, its web server, and a carrier of each kind; `sink` hears what the hub has kept."""

    hub: TestHub
    url: str
    carriers: dict[str, FakeCarrier] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    sink: RecordingSink | None = None
    chooser: Chooser = field(default_factory=Chooser)

    def settings(self, preset: str, **keys: object) -> HttpSettings:
        """What hub.ini says of a carrier."""
        said = {"preset": preset, "url": self.addresses[preset], "inbound": True, **KEYS[preset], **keys}
        return HttpSettings.model_validate(said)

    def connector(self, preset: str, folder: Path, **keys: object) -> HttpCarrier:
        """The connector of a carrier, not opened."""
        settings = self.settings(preset, **keys)
        context = ConnectorContext(preset, folder, SystemClock(), self.url)
        return HttpCarrier(context, settings, settings.described())

    def hear(self, _: str, receipts: Sequence[DeliveryReceipt]) -> None:
        """Tell the sink of a test what the hub was told."""
        if self.sink is not None:
            self.sink.receipts(receipts)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Site]:
    """A hub in which every preset is a connector."""
    with ExitStack() as stack:
        server = make_server("127.0.0.1", 0, lambda _, __: [])
        carriers = {name: kind() for name, kind in KINDS.items()}
        bases = {name: stack.enter_context(carrier.serve()) for name, carrier in carriers.items()}
        addresses = {name: bases[name] + PATHS[name] for name in carriers}
        url = f"http://127.0.0.1:{server.server_port}"
        environ = {"HUB_HUB_PUBLIC_URL": url, "HUB_ROUTE_MAIN_CONNECTOR": "twilio"}
        for name, keys in KEYS.items():
            said = {"type": "http", "preset": name, "url": addresses[name], "inbound": "yes", **keys}
            environ |= {f"HUB_CONNECTOR_{name}_{key}".upper(): value for key, value in said.items()}
            environ[f"HUB_ROUTE_{name}_CONNECTOR".upper()] = name
        folder, database = tmp_path_factory.mktemp("site"), databases.fresh("sqlite")
        clock, chooser = FakeClock(datetime.now(UTC)), Chooser()
        bring = {"http": hub_http_carrier, "chooser": chooser}
        hub = make_hub(folder, database, settings=environ, bring=bring, clock=clock)
        made = Site(hub, url, carriers, addresses, chooser=chooser)
        kept = hub.core.lines.take

        def keep(name: str, receipts: Sequence[DeliveryReceipt]) -> None:
            kept(name, receipts)
            made.hear(name, receipts)

        hub.core.lines.take = keep
        server.app = create_app(hub.core)
        stack.callback(hub.core.close)
        stack.enter_context(_running(server))
        for name, carrier in carriers.items():
            carrier.urls = callback_urls(made.settings(name), name, url)
            if name == "ovh":
                vars(carrier)["base"] = bases[name]
            stack.callback(carrier.stop, carrier.start())
        yield made


@contextmanager
def _running(server: BaseWSGIServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of a printed line for each request."""
    with capture_logs() as lines:
        yield lines
