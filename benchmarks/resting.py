"""What a hub costs before it does anything: the time to start, to answer `--help`, and what it burns while idle."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from site_under_test import sites

HELP_RUNS = 7
IDLE_S = 20.0


@dataclass(frozen=True, slots=True)
class Resting:
    """Seconds to ready, milliseconds for `--help` (median), and the share of one core that an idle hub takes."""

    ready_s: float
    help_ms: float
    idle_percent: float


def measure() -> Resting:
    """Start a hub as it comes, on SQLite with its own Redis, and leave it alone."""
    with sites("sqlite") as site, site.serving() as ready_s:
        time.sleep(3)
        family = _family_of(os.getpid())
        before, began = sum(map(_cpu_s, family)), time.perf_counter()
        time.sleep(IDLE_S)
        used = sum(map(_cpu_s, family)) - before
        idle = 100 * used / (time.perf_counter() - began)
    return Resting(ready_s, statistics.median(_help_ms() for _ in range(HELP_RUNS)), idle)


def _help_ms() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "hub", "--help"], stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def _family_of(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        tasks = Path(f"/proc/{waiting.pop()}/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
        found += children
        waiting += children
    return found


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
