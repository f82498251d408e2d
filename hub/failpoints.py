"""Named places where a test can make a process die, stall or stumble; nothing happens at them unless one is armed.

`TEXTOHUB_FAILPOINT=claim.after_commit` kills the process (SIGKILL) the first time it comes by. In full a point is
`NAME[:N][=ACTION]`, several are separated by commas: the N-th time, and `kill`, `stop` (SIGSTOP, until somebody
sends SIGCONT) or `raise`. Every write transaction has two, `<its name>.before_commit` and `.after_commit`; the
edges towards carriers, mail clients and Redis have their own. docs/reliability-failpoints.md lists them all.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "TEXTOHUB_FAILPOINT"

_SPEC = re.compile(r"(?P<name>[a-z_]+\.[a-z_]+)(?::(?P<count>[1-9]\d*))?(?:=(?P<action>kill|stop|raise))?")


class FailpointReached(BaseException):
    """An armed point was passed; as a crash would, it gets past everything that handles errors."""


class Action(StrEnum):
    """What happens at an armed point."""

    KILL = "kill"
    STOP = "stop"
    RAISE = "raise"


@dataclass
class _Point:
    action: Action
    left: int


_armed: dict[str, _Point] = {}  # global as the process is that it kills; empty everywhere but under test


def failpoint(name: str) -> None:
    """Pass a point; return at once unless a test armed it."""
    if _armed and (point := _armed.get(name)):
        _reach(name, point)


def arm(spec: str) -> None:
    """Arm the points that `spec` names. Raises ValueError for one that is not written as a point is."""
    for one in filter(None, (part.strip() for part in spec.split(","))):
        found = _SPEC.fullmatch(one)
        if found is None:
            raise ValueError(f"{one!r} is no failpoint: write NAME[:N][=kill|stop|raise], as in claim.after_commit:2.")
        _armed[found["name"]] = _Point(Action(found["action"] or "kill"), int(found["count"] or 1))


def arm_from(environ: Mapping[str, str]) -> None:
    """Arm what the environment asks for; without the variable, nothing."""
    if spec := environ.get(VARIABLE):
        arm(spec)


@contextmanager
def armed(spec: str) -> Iterator[None]:
    """Arm points for a while, in this process."""
    before = dict(_armed)
    arm(spec)
    try:
        yield
    finally:
        _armed.clear()
        _armed.update(before)


def _reach(name: str, point: _Point) -> None:
    point.left -= 1
    if point.left != 0:
        return
    if point.action is Action.RAISE:
        raise FailpointReached(name)
    if point.action is Action.KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    # To this very thread: sent to the process another one might take it first, while this one goes on for a moment.
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
