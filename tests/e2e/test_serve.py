"""The whole hub from outside: an e-mail in, texts at the carrier - also when processes die on the way."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import ServedHub

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


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


def test_a_killed_redis_loses_nothing_and_doubles_nothing(served: ServedHub) -> None:
    """The doorbell is gone for a moment; the record is not."""
    first = served.post(numbers(100), "k1")["id"]
    redis = subprocess.run(
        ["pgrep", "-f", str(served.folder / "data")], capture_output=True, text=True, check=True
    ).stdout.split()
    servers = [pid for pid in redis if "valkey" in _name_of(pid) or "redis" in _name_of(pid)]
    assert servers
    for pid in servers:
        os.kill(int(pid), signal.SIGKILL)
    second = served.post(numbers(100, 200), "k2")["id"]
    ends = served.wait_for_ends([first, second])
    assert {one["state"] for one in ends} == {"delivered"}
    assert set(served.taken().values()) == {1}


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


def _name_of(pid: str) -> str:
    return subprocess.run(["ps", "-o", "comm=", "-p", pid], capture_output=True, text=True, check=False).stdout


def _processes_of(served: ServedHub) -> list[str]:
    found = subprocess.run(["pgrep", "-f", str(served.folder)], capture_output=True, text=True, check=False)
    return found.stdout.split()
