"""Processes forked from one that has imported everything already: they start at once and share its memory.

The parent must have no thread that holds a lock and no database open: neither survives a fork.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hub.processes.lifeline import PARENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.process import BaseProcess

_WANTED = (
    "hub.cli.running",
    "hub.processes.scheduler",
    "hub.processes.service",
    "hub.processes.web",
    "hub.processes.worker",
    "hub.web.app",
    "rq.worker",
)


_STOPS = (signal.SIGTERM, signal.SIGINT)


def prepare() -> None:
    """Import what the children need, once for all of them."""
    for name in _WANTED:
        import_module(name)
    gc.freeze()  # what stands now is shared: the collector must not touch, and so copy, every page of it


def fork(call: Callable[[Sequence[str]], None], words: Sequence[str]) -> BaseProcess:
    """Start `call(words)` in a process of its own, which ends by itself once this one is gone."""
    process = multiprocessing.get_context("fork").Process(target=_run, args=(call, words, os.getpid()))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # one that came now would reach our handler, not its own
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return process


def _run(call: Callable[[Sequence[str]], None], words: Sequence[str], parent: int) -> None:
    os.setsid()  # Ctrl-C reaches the supervisor alone, which stops its children in order
    for number in _STOPS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    os.environ[PARENT] = str(parent)
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    call(words)
