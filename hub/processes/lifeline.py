"""How a process hears that it is to end: by a signal, or because its parent is gone."""

from __future__ import annotations

import os
import signal
import threading

EVERY_S = 0.5
PARENT = "TEXTOHUB_PARENT"
"""The environment variable in which a supervisor tells its children who it is."""


def follow_parent() -> None:
    """End this process as SIGTERM would, once the supervisor that started it is gone; without one, do nothing."""
    expected = os.environ.pop(PARENT, "")  # what this process starts has another parent
    if expected.isdecimal():
        follow(int(expected))


def follow(parent: int) -> None:
    """End this process as SIGTERM would, once that parent is gone."""
    threading.Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()


def wait_for(stopping: threading.Event) -> None:
    """Wait until a signal handler sets `stopping`.

    Again and again for a while: the kernel may give a signal to any thread, and one that waits without end
    does not notice what another thread was given, and so never runs the handler.
    """
    while not stopping.wait(EVERY_S):
        pass


def _watch(parent: int) -> None:
    wait = threading.Event()
    while os.getppid() == parent:
        wait.wait(EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
