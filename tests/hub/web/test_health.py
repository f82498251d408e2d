from __future__ import annotations

import os
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from hub import hookimpl
from hub.embedded import PrivateServer, socket_url
from hub.guard.model import Figures
from hub.messages.breaker import Failure
from hub.messages.model import Finding
from hub.plugin_manager import Plugins
from hub.queue import RqDoorbell
from hub.store.engine import Store, sqlite_url
from hub.web.health import Health, Status

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hub.running import Hub
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker


@dataclass(frozen=True)
class Worried:
    """A plugin that finds something wrong."""

    hub_api: int = 1

    @hookimpl
    def hub_health(self, hub: Hub) -> Sequence[Finding]:
        """Say so, with a number in it."""
        return [Finding("[carrier]", f"+33612345678 was not reached at {hub.clock.now():%H:%M}.", fatal=True)]


@pytest.fixture
def redis() -> Iterator[PrivateServer]:
    """A Redis of its own; its folder's path must be short."""
    with tempfile.TemporaryDirectory() as folder:
        server = PrivateServer(Path(folder))
        server.start()
        yield server
        server.stop()


def wrong_with(health: Health) -> list[tuple[str, Status]]:
    """The checks that found something."""
    return [(check.name, check.status) for check in health.look().checks if check.status is not Status.READY]


def test_a_process_that_answers_is_alive(caller: Caller) -> None:
    """That is all `live` says."""
    answer = caller.client.get("/health/live")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_a_hub_that_lacks_nothing_is_ready(caller: Caller) -> None:
    """No token is asked for, and every check is listed; asked again it says the same."""
    for _ in range(2):
        answer = caller.client.get("/health/ready")
        assert (answer.status_code, answer.get_json()["status"]) == (200, "ready")
        names = [check["name"] for check in answer.get_json()["checks"]]
        assert names == ["database", "schema", "disk", "redis", "plugins", "paused", "held", "routes"]


def test_without_its_database_a_hub_is_down(caller: Caller) -> None:
    """503, and nothing is told of where the database is."""
    caller.hub.core.store = Store("postgresql+psycopg://hub@127.0.0.1:1/hub")
    answer = caller.client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "down")
    assert "127.0.0.1" not in answer.get_data(as_text=True)


def test_tables_of_another_version_are_no_tables_to_work_on(hub: TestHub) -> None:
    """Also when the hub had found them good before."""
    health = Health(hub.core)
    assert wrong_with(health) == []
    with hub.core.write() as connection:
        connection.execute(text("UPDATE schema_versions SET version_num = 'core_9999' WHERE version_num LIKE 'core%'"))
    assert wrong_with(health) == [("schema", Status.DOWN)]


def test_a_database_without_tables_is_down(hub: TestHub, tmp_path: Path) -> None:
    """An empty file is a database too."""
    hub.core.store = Store(sqlite_url(tmp_path))
    assert wrong_with(Health(hub.core)) == [("database", Status.DOWN), ("schema", Status.DOWN)]


def test_a_disk_that_is_nearly_full_is_down(hub: TestHub) -> None:
    """Before the database says so."""
    assert wrong_with(Health(hub.core, least_free_disk=1.0)) == [("disk", Status.DOWN)]


def test_a_redis_that_is_frozen_degrades_and_holds_nobody_up(hub: TestHub, redis: PrivateServer) -> None:
    """It accepts connections and never answers; workers poll meanwhile."""
    hub.core.doorbell = RqDoorbell(socket_url(redis.data_dir), hub.clock)
    health = Health(hub.core)
    assert wrong_with(health) == []
    assert redis.process is not None
    os.kill(redis.process.pid, signal.SIGSTOP)
    began = time.monotonic()
    found = wrong_with(health)
    os.kill(redis.process.pid, signal.SIGCONT)
    assert found == [("redis", Status.DEGRADED)]
    assert time.monotonic() - began < 3


def test_what_a_plugin_finds_degrades_at_most(make: HubMaker) -> None:
    """200: texts still come in. Numbers are shortened."""
    plugins = Plugins()
    plugins.add(Worried(), "worried")
    answer = Caller(make(plugins=plugins)).client.get("/health/ready")
    (found,) = [check for check in answer.get_json()["checks"] if check["detail"]]
    assert (answer.status_code, answer.get_json()["status"], found["name"]) == (200, "degraded", "plugins")
    assert "[carrier]" in found["detail"]
    assert "+33612345678" not in found["detail"]


def test_a_campaign_that_waits_for_review_degrades_the_hub(caller: Caller) -> None:
    """It works, and somebody should look; how many there are is not for everybody."""
    object.__setattr__(caller.hub.core.guard, "figures", Figures(day_credits=1))
    caller.send("+33612345678", "+33622345678")
    answer = caller.client.get("/health/ready")
    (found,) = [check for check in answer.get_json()["checks"] if check["status"] != "ready"]
    assert (answer.status_code, found["name"]) == (200, "held")
    assert found["detail"] == "Campaigns wait for review; `hub held` lists them."


def test_a_carrier_that_cannot_be_reached_is_seen(caller: Caller) -> None:
    """By the name of its route; what it said is for the operator (F19)."""
    caller.client.get("/health/ready")
    caller.hub.core.route_health.note("main", Failure("bad password for hub@carrier.example", is_final=True))
    answer = caller.client.get("/health/ready").get_json()
    (found,) = [check for check in answer["checks"] if check["name"] == "routes"]
    assert (answer["status"], found["status"]) == ("degraded", "degraded")
    assert ("main" in found["detail"], "password" in found["detail"]) == (True, False)
