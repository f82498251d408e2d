"""How fast a file of contacts is looked through and brought to a list, and in how much memory.

Every other number is written in pairs of digits; each line has a name and a town. A process of its own does the work,
as a background worker would, so that its peak memory is the import's.
"""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_under_test import peak_of, sites

from hub.bootstrap import build
from hub.plugin_manager import Plugins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from site_under_test import Site

_LINES = 5000
_MOST = 1024**3
_RANGES = ("60", "61", "62", "64", "65", "66", "67", "68")


@dataclass(frozen=True, slots=True)
class ImportRates:
    """Lines per second of the preview, of the storing that follows, and of both; the worker's peak memory in MB.

    `computed` is how many lines a second of the worker's own computing is enough for, whoever else uses the machine.
    """

    read: float
    store: float
    whole: float
    computed: float
    peak_mb: int


def measure(kind: str, count: int) -> ImportRates:
    """Bring a file of so many lines to a list of a fresh hub. Raises RuntimeError when somebody is lost."""
    with sites(kind, {"HUB_CONTACTS_MAX_IMPORT_LINES": str(count)}) as site:
        core, account = site.core, site.account
        wanted = core.lists.create(account.id, "bench")
        one = core.imports.upload(account.id, wanted.id, "bench.csv", _file(count), _MOST)
        read_s, read_cpu_s, first_mb = _work(site)
        core.imports.start(account.id, one.id)
        store_s, store_cpu_s, second_mb = _work(site)
        size = core.lists.get(account.id, wanted.id).size
        if size != count:
            raise RuntimeError(f"{size} of {count} contacts are on the list")
    whole_s, computed_s = read_s + store_s, read_cpu_s + store_cpu_s
    return ImportRates(count / read_s, count / store_s, count / whole_s, count / computed_s, max(first_mb, second_mb))


def _file(count: int) -> Iterator[bytes]:
    random.seed(count)
    yield "numéro;info1;ville\r\n".encode()
    numbers = random.sample(range(len(_RANGES) * 10_000_000), count)
    for first in range(0, count, _LINES):
        lines = [_line(number, first + place) for place, number in enumerate(numbers[first : first + _LINES])]
        yield "".join(lines).encode()


def _line(number: int, place: int) -> str:
    digits = f"0{_RANGES[number // 10_000_000]}{number % 10_000_000:07d}"
    shown = digits if place % 2 else " ".join(digits[at : at + 2] for at in range(0, 10, 2))
    return f"{shown};Nom {place};Ville {place % 100}\r\n"


def _work(site: Site) -> tuple[float, float, int]:
    """Let a process do what waits: its seconds, those in which it computed, and its peak memory in MB."""
    program = [sys.executable, __file__]
    said = subprocess.run(program, env={**os.environ, **site.environ}, check=True, stdout=subprocess.PIPE, text=True)
    seconds, computed_s, peak_mb = json.loads(said.stdout)
    return seconds, computed_s, peak_mb


def _main() -> None:
    core = build(None, plugins=Plugins.load(quiet=True))
    gc.freeze()  # as before a hub forks its workers
    began, idle = time.perf_counter(), time.process_time()
    while core.import_work.work_next():
        pass
    print(json.dumps([time.perf_counter() - began, time.process_time() - idle, peak_of(os.getpid())]))
    core.close()


if __name__ == "__main__":
    _main()
