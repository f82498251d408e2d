"""The commands that run for long: how they are told to stop, and what they say when they are ready."""

from __future__ import annotations

import os
import re
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from hub.bootstrap import build
from hub.cli.running import _welcome
from hub.processes.lifeline import stop_on_signals

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_a_process(number: signal.Signals) -> None:
    """As containers and people send it."""
    stopping = threading.Event()
    stop_on_signals(stopping)
    os.kill(os.getpid(), number)
    assert stopping.wait(timeout=20)


def test_a_signal_that_comes_at_the_worst_moment_stops_a_process_too() -> None:
    """The main thread may hold the event's own lock just then, about to wait for it."""
    stopping = threading.Event()
    stop_on_signals(stopping)
    with stopping._cond:  # type: ignore[attr-defined]  # what Event.wait holds
        os.kill(os.getpid(), signal.SIGTERM)
        assert not stopping.is_set()
    assert stopping.wait(timeout=20)


def test_a_signal_that_comes_while_a_thread_starts_stops_a_process_too() -> None:
    """The main thread may hold the lock of all threads just then."""
    stopping = threading.Event()
    stop_on_signals(stopping)
    with threading._active_limbo_lock:  # type: ignore[attr-defined]  # what Thread.start holds
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.wait(timeout=20)


def test_a_hub_that_is_ready_says_where(cli: CommandLine) -> None:
    """The web address, each service's, and that nobody is reached."""
    core = build(None, environ=cli.environ | {"HUB_PLUGINS_DISABLED": "", "HUB_WEB_PORT": "8123"})
    said, missing = _welcome(core, ()), _welcome(core, ("service-mail_to_sms",))
    core.close()
    assert said.splitlines()[0] == "The hub is ready: http://127.0.0.1:8123"
    assert ("mail_to_sms listens on 127.0.0.1:" in said, "mail_to_sms DID NOT START" in missing) == (True, True)
    assert said.splitlines()[-1].endswith("a simulated one takes the texts, and they reach nobody.")


def test_an_unknown_service_is_named_beside_those_there_are(cli: CommandLine) -> None:
    """Exit code 1."""
    cli("db", "upgrade", HUB_PLUGINS_DISABLED="")
    result = cli("service", "fax", HUB_PLUGINS_DISABLED="")
    assert (result.exit_code, result.stderr) == (1, "There is no service 'fax'; there are: mail_to_sms.\n")


@pytest.mark.parametrize("command", ["web", "worker", "scheduler", "service"])
def test_a_single_process_does_not_upgrade_the_database(cli: CommandLine, command: str) -> None:
    """Of many that start at once, none may; it says who does."""
    words = (command, "mail_to_sms") if command == "service" else (command,)
    result = cli(*words)
    said = re.sub(r"\d+", "N", result.stderr)
    assert (result.exit_code, said) == (1, "The database lacks N revision(s); run `hub db upgrade`.\n")


def test_a_worker_works_on_a_queue_there_is(cli: CommandLine) -> None:
    """Any other is a mistake in the call."""
    assert cli("worker", "--queue", "everything").exit_code == 2
