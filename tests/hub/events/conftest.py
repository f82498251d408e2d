"""A receiver that webhooks call, and a hub that may call this machine."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from hub.events.model import EventType, Fact, NewWebhook
from hub.events.outbox import record
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker


@dataclass
class Call:
    """What a receiver was called with."""

    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def event_id(self) -> str:
        """Which event it was."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Answers each call with the next of `statuses`, and 200 when there are none left."""

    statuses: list[int] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """The events that it was told, in their order, with those that came again."""
        return [one.event_id for one in self.calls]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Take a call."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.calls.append(Call(headers, body, id(handler)))
        status = self.statuses.pop(0) if self.statuses else 200
        handler.send_response(status)
        for name, value in self.more.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        with suppress(OSError):  # the hub does not read all of it
            handler.wfile.write(self.body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            made.answer(self)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook?from=hub"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hub(make: HubMaker) -> TestHub:
    """A hub that may call this machine; its clock is set to now, for receivers refuse what is old."""
    return make(settings={"HUB_EVENTS_ALLOW_PRIVATE": "yes"}, clock=FakeClock(datetime.now(UTC)))


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test."""
    with capture_logs() as lines:
        yield lines


def subscribe(hub: TestHub, receiver: Receiver, *types: EventType) -> NewWebhook:
    """Make a webhook of the test's account."""
    return hub.core.webhooks.create(hub.account.id, receiver.url, types or (EventType.BALANCE_LOW,))


def happen(hub: TestHub, count: int = 1, kind: EventType = EventType.BALANCE_LOW) -> None:
    """Let something happen that many times, all in one transaction."""
    facts = [Fact(hub.account.id, kind, {"place": place}, hub.clock.now()) for place in range(count)]
    with hub.core.write() as connection:
        record(connection, facts)
