"""A service process: ready once its service is, and gone once that has finished what was in hand."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from hub import Address, hookimpl
from hub.errors import ConfigError, NotFound
from hub.plugin_manager import Plugins
from hub.processes.heartbeat import beats
from hub.processes.service import ServiceProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Hub, Registry, Service
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker


@dataclass
class Fax:
    """A plugin with a service that writes down what it is told, and how alive its process looked then."""

    fails: str = ""
    forks: str = ""
    taken: int = 0
    children: list[int] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)
    hub_api: int = 1
    hub: Hub | None = None

    @hookimpl
    def hub_register_services(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_service("fax", self._build, listens=lambda _: (Address("127.0.0.1", self.taken, "[fax] port"),))

    def start(self) -> None:
        """Be told to start."""
        self._hear("start")

    def stop(self) -> None:
        """Be told to stop."""
        self._hear("stop")

    def _build(self, hub: Hub) -> Service:
        self.hub = hub
        return self

    def _hear(self, word: str) -> None:
        assert self.hub is not None
        self.told.append((word, len(list(beats(self.hub.data_dir, self.hub.clock)))))
        if word == "start" and self.taken:
            socket.create_server(("127.0.0.1", self.taken)).close()
        if word == self.fails:
            raise RuntimeError("no line")
        if word == self.forks and (pid := os.fork()):
            self.children.append(pid)


@pytest.fixture
def fax() -> Fax:
    """The plugin."""
    return Fax()


@pytest.fixture
def process(make: HubMaker, fax: Fax) -> ServiceProcess:
    """Its process."""
    plugins = Plugins()
    plugins.add(fax, "fax")
    return ServiceProcess(make(plugins=plugins).core, "fax")


def alive(process: ServiceProcess) -> list[str]:
    """Which processes show signs of life."""
    return [beat.name for beat in beats(process.core.data_dir, process.core.clock)]


@pytest.fixture
def running(process: ServiceProcess) -> Iterator[ServiceProcess]:
    """The process, until it is told to stop."""
    thread = threading.Thread(target=process.run)
    thread.start()
    end = time.monotonic() + 5
    while not alive(process) and time.monotonic() < end:
        time.sleep(0.01)
    yield process
    process.stopping.set()
    thread.join(timeout=20)


def test_it_is_alive_from_when_it_serves_until_it_has_finished(running: ServiceProcess, fax: Fax) -> None:
    """Whoever starts what depends on it waits for its first sign of life."""
    serving = alive(running)
    running.stopping.set()
    end = time.monotonic() + 5
    while alive(running) and time.monotonic() < end:
        time.sleep(0.01)
    assert (serving, alive(running)) == (["service-fax"], [])
    assert fax.told == [("start", 0), ("stop", 1)]


@pytest.mark.parametrize("word", ["start", "stop"])
def test_a_service_that_fails_leaves_no_sign_of_life(process: ServiceProcess, fax: Fax, word: str) -> None:
    """Its failure is that of the process, whose supervisor hears of it."""
    fax.fails = word
    process.stopping.set()
    with pytest.raises(RuntimeError, match="no line"):
        process.run()
    assert alive(process) == []


def test_a_port_that_is_taken_is_said_in_a_sentence(process: ServiceProcess, fax: Fax) -> None:
    """The key of hub.ini, and what to do; no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        fax.taken = other.getsockname()[1]
        with pytest.raises(ConfigError) as refused:
            process.run()
    (fault,) = refused.value.faults
    assert (fault.field, fault.code, "cannot be listened on" in fault.message) == ("[fax] port", "port_not_free", True)


def test_an_unknown_service_is_not_found(hub: TestHub) -> None:
    """It is said which there are."""
    with pytest.raises(NotFound, match=r"There is no service 'fax'; there are: none\."):
        ServiceProcess(hub.core, "fax").run()


def test_a_service_that_forks_is_served_once(process: ServiceProcess, fax: Fax) -> None:
    """The copy ends where the service comes back (F31)."""
    fax.forks = "start"
    process.stopping.set()
    process.run()
    assert os.waitstatus_to_exitcode(os.waitpid(fax.children[0], 0)[1]) == 1
    assert [word for word, _ in fax.told] == ["start", "stop"]
