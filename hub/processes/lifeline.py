"""How a process hears that it is to end: by a signal, or because its parent is gone."""

from __future__ import annotations

import os
import signal
import threading
from _thread import start_new_thread

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


def stop_on_signals(stopping: threading.Event) -> None:
    """Have SIGTERM and SIGINT set an event."""

    def stop(_: int, __: object) -> None:
        # From a bare thread: this one may hold the event's lock just now, about to wait for it, or that of `threading`.
        start_new_thread(stopping.set, ())

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


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
