"""The whole hub from outside: an e-mail in, texts at the carrier - also when processes die on the way."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import ServedHub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PROCESSES = ("web", "service-mail_to_sms", "worker-dispatch", "worker-background", "scheduler")


def numbers(count: int, first: int = 1) -> list[str]:
    """French mobiles that the sandbox has no special answer for."""
    return [f"+3361200{index:04d}" for index in range(first, first + count)]


def test_an_email_becomes_texts(served: ServedHub) -> None:
    """Two mobiles get it, a landline is named, and the reply says so."""
    code, answer = served.mail("06 12 34 56 78, 0749123456 / 01 23 45 67 89", "Bonjour, à mardi.")
    assert code == 250
    assert "2 accepted" in answer
    campaign = served.hub("messages")["items"][0]["id"]
    ends = served.wait_for_ends([campaign])
    assert [(one["to"], one["state"]) for one in ends] == [
        ("+33612345678", "delivered"),
        ("+33749123456", "delivered"),
        ("01 23 45 67 89", "blocked"),
    ]


def test_the_same_email_twice_is_texted_once(served: ServedHub) -> None:
    """A mail server that did not hear the 250 sends again."""
    served.mail("0612345678", "Bonjour", "m1")
    _, again = served.mail("0612345678", "Bonjour", "m1")
    assert "duplicate" in again
    assert len(served.hub("messages")["items"]) == 1


def test_sigterm_drains_and_exits_well(served: ServedHub) -> None:
    """What was accepted is still there when it starts again, and is sent."""
    campaign = served.post(numbers(100), "k1")["id"]
    assert served.stop() == 0
    served.start()
    ends = served.wait_for_ends([campaign])
    assert {one["state"] for one in ends} == {"delivered"}
    assert set(served.taken().values()) == {1}


@pytest.mark.parametrize("victim", ["worker-dispatch", "web", "scheduler", "service-mail_to_sms"])
def test_a_killed_process_loses_nothing_and_doubles_nothing(served: ServedHub, victim: str) -> None:
    """SIGKILL in the middle of the traffic: it is started again, and the carrier's own count is right."""
    campaigns = [served.post(numbers(100, 100 * turn + 1), f"k{turn}")["id"] for turn in range(3)]
    assert served.kill(victim) >= 1
    campaigns += [served.post(numbers(50, 1000 + 50 * turn), f"l{turn}")["id"] for turn in range(2)]
    ends = served.wait_for_ends(campaigns)
    taken = served.taken()
    assert len(ends) == 400
    assert all(taken[one["id"]] == 1 for one in ends if one["state"] == "delivered")
    assert all(taken[one["id"]] <= 1 for one in ends)
    assert {one["state"] for one in ends} <= {"delivered", "unknown"}


@pytest.mark.prove
def test_a_killed_redis_loses_nothing_and_doubles_nothing(served: ServedHub) -> None:
    """The doorbell is gone for a moment; the record is not (F10)."""
    first = served.post(numbers(100), "k1")["id"]
    for pid in _redis_of(served):
        os.kill(pid, signal.SIGKILL)
    second = served.post(numbers(100, 200), "k2")["id"]
    ends = served.wait_for_ends([first, second])
    assert {one["state"] for one in ends} == {"delivered"}
    assert set(served.taken().values()) == {1}


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.prove)])
def test_a_redis_that_hangs_for_a_while_is_told_and_costs_nothing(served: ServedHub, seconds: int) -> None:
    """The API says yes and texts leave, readiness is `degraded`, and no process ends because of it (F12)."""
    (redis,) = _redis_of(served)
    before = {name: served.pids(name) for name in PROCESSES}
    os.kill(redis, signal.SIGSTOP)
    try:
        campaigns = []
        for turn in range(3):
            campaigns.append(served.post(numbers(20, 20 * turn + 1), f"k{turn}")["id"])
            assert served.get("/health/ready")["status"] == "degraded"
            time.sleep(seconds / 3)
        ends = served.wait_for_ends(campaigns)
    finally:
        os.kill(redis, signal.SIGCONT)
    assert {one["state"] for one in ends} == {"delivered"}
    served.wait_until(lambda: served.get("/health/ready")["status"] == "ready", what="Redis to be heard again")
    served.wait_for_ends([served.post(numbers(20, 100), "k9")["id"]])
    assert {name: served.pids(name) for name in PROCESSES} == before
    assert set(served.taken().values()) == {1}


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail listener that has no limits of its own, so that those of the system are met."""
    monkeypatch.setenv("HUB_MAIL_TO_SMS_CONNECTIONS", "1000")
    monkeypatch.setenv("HUB_MAIL_TO_SMS_CONNECTIONS_PER_CLIENT", "1000")


DESCRIPTORS = 64


@contextmanager
def crowded(pid: int, port: int) -> Iterator[None]:
    """A process that may open 64 files, and 100 silent clients at its door."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    with ExitStack() as guests:
        for _ in range(100):
            guests.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        yield


def is_full(pid: int) -> bool:
    """Whether it has as many files open as it may, or nearly so: one is opened and closed now and then."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir())) >= DESCRIPTORS - 4


@pytest.mark.prove
@pytest.mark.usefixtures("roomy")
def test_a_listener_without_descriptors_pauses_and_recovers(served: ServedHub) -> None:
    """It takes no more mail, does not end, and takes mail again once clients leave (F30)."""
    (listener,) = served.pids("service-mail_to_sms")
    with crowded(listener, served.mail_port):
        served.wait_until(lambda: is_full(listener), what="the listener to be full")
    served.wait_until(lambda: served.mail("0612345678", "Bonjour", "m1")[0] == 250, what="mail to be taken again")
    assert served.pids("service-mail_to_sms") == [listener]


@pytest.mark.prove
def test_a_web_process_without_descriptors_pauses_and_recovers(served: ServedHub) -> None:
    """It answers nobody new or with 503, does not end, and goes on once clients leave (F30)."""
    (web,) = served.pids("web")
    with crowded(web, served.web_port):
        served.wait_until(lambda: is_full(web), what="the web process to be full")
    campaign = served.post(numbers(5), "k1")["id"]
    assert {one["state"] for one in served.wait_for_ends([campaign])} == {"delivered"}
    assert served.pids("web") == [web]


def test_a_killed_supervisor_leaves_no_process_and_loses_nothing(served: ServedHub) -> None:
    """Its children end with it; started again, the hub goes on."""
    campaign = served.post(numbers(200), "k1")["id"]
    assert served.process is not None
    served.process.kill()
    served.process.wait()
    served.wait_until(lambda: not _processes_of(served), what="the children to end")
    served.start()
    ends = served.wait_for_ends([campaign])
    taken = served.taken()
    assert {one["state"] for one in ends} <= {"delivered", "unknown"}
    assert all(taken[one["id"]] <= 1 for one in ends)


def _redis_of(served: ServedHub) -> list[int]:
    servers = [int(pid) for pid in _processes_of(served) if _name_of(pid).startswith(("valkey", "redis"))]
    assert servers
    return servers


def _name_of(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def _processes_of(served: ServedHub) -> list[str]:
    found = subprocess.run(["pgrep", "-f", str(served.folder)], capture_output=True, text=True, check=False)
    return found.stdout.split()
