"""Fixtures of the client's tests: a hub that serves its API on a port of this machine, and a client of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from hub.client import Client, Patience
from hub.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A fresh database: SQLite here, for what the client sees is the same on both."""
    return databases.fresh("sqlite")


@pytest.fixture
def client(hub: TestHub) -> Iterator[Client]:
    """A client of a hub with an account of 1000 credits."""
    server = make_server("127.0.0.1", 0, create_app(hub.core), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with Client(f"http://127.0.0.1:{server.server_port}", hub.token, Patience(tries=1)) as made:
        yield made
    server.shutdown()
    thread.join()
    server.server_close()
