"""A process hears that it is to end: by a signal, or because its parent is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from hub.processes import lifeline
from hub.processes.lifeline import PARENT, follow_parent, wait_for

CHILD = """
import os, signal, sys, time
from hub.processes.lifeline import follow_parent
signal.signal(signal.SIGTERM, lambda *_: (print("drained", flush=True), os._exit(0)))
follow_parent()
print(os.getpid(), flush=True)
time.sleep(30)
"""
PARENT_OF_IT = f"""
import os, subprocess, sys, time
environ = {{**os.environ, {PARENT!r}: str(os.getpid())}}
subprocess.Popen([sys.executable, "-c", {CHILD!r}], env=environ)
time.sleep(30)
"""


@pytest.mark.slow
def test_a_child_drains_when_its_parent_is_killed() -> None:
    """As if it had been asked to stop."""
    with subprocess.Popen([sys.executable, "-c", PARENT_OF_IT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        said = parent.stdout.readline()
    end = time.monotonic() + 3
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:  # noqa: PTH110 - asked until it is gone
        time.sleep(0.02)
    assert (said, os.path.exists(f"/proc/{pid}")) == ("drained\n", False)  # noqa: PTH110 - as above


@pytest.mark.timeout(20)
def test_a_signal_that_another_thread_is_given_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python runs handlers in the main thread, and wakes it only where it was itself given the signal."""
    monkeypatch.setattr(lifeline, "EVERY_S", 0.05)
    stopping, over = threading.Event(), threading.Event()
    handler = signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    other = threading.Thread(target=over.wait)
    other.start()
    assert other.ident is not None
    threading.Timer(0.2, signal.pthread_kill, (other.ident, signal.SIGTERM)).start()
    wait_for(stopping)
    over.set()
    other.join()
    signal.signal(signal.SIGTERM, handler)
    assert stopping.is_set()


def test_a_process_of_its_own_follows_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was not started by a supervisor."""
    monkeypatch.setenv(PARENT, "")
    follow_parent()
    assert PARENT not in os.environ


def test_who_is_started_by_a_child_does_not_follow_its_grandparent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is for one process."""
    monkeypatch.setenv(PARENT, str(os.getppid()))
    follow_parent()
    assert PARENT not in os.environ
