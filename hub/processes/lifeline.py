"""A child process ends when its parent does, however that came about."""

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


def _watch(parent: int) -> None:
    wait = threading.Event()
    while os.getppid() == parent:
        wait.wait(EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
