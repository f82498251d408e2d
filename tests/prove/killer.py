"""Whoever kills: one process of the hub, its Redis or the carrier, at random, again and again."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from tests.prove.house import House

KINDS = ("worker", "web", "mail", "scheduler", "redis", "carrier", "background")
PAUSE_S = (0.3, 1.0)
CARRIER_IS_AWAY_S = (0.0, 0.6)


@dataclass
class Killer:
    """Kills for a while; what it killed is started again by the hub's supervisor, and the carrier by itself."""

    house: House
    dice: Random
    kinds: tuple[str, ...] = KINDS
    pause_s: tuple[float, float] = PAUSE_S
    kills: Counter[str] = field(default_factory=Counter)
    _starting: threading.Thread | None = None

    def run(self, seconds: float) -> None:
        """Kill for so many seconds; the carrier is there again when this returns."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(self.dice.uniform(*self.pause_s))
            killed = next((kind for kind in self.dice.sample(self.kinds, len(self.kinds)) if self._kill(kind)), None)
            if killed is not None:
                self.kills[killed] += 1
        self._wait_for_the_carrier()

    def _kill(self, kind: str) -> bool:
        if kind == "carrier":
            return self._kill_the_carrier()
        pids = self.house.pids_of(kind)
        if not pids:
            return False  # it is just being started again
        with suppress(ProcessLookupError):
            os.kill(self.dice.choice(pids), signal.SIGKILL)
            return True
        return False

    def _kill_the_carrier(self) -> bool:
        if self._starting is not None and self._starting.is_alive():
            return False
        self.house.carrier.kill()
        self._starting = threading.Thread(target=self._start_the_carrier, args=(self.dice.uniform(*CARRIER_IS_AWAY_S),))
        self._starting.start()
        return True

    def _start_the_carrier(self, after_s: float) -> None:
        time.sleep(after_s)
        self.house.carrier.start()

    def _wait_for_the_carrier(self) -> None:
        if self._starting is not None:
            self._starting.join()
