"""How often something happened lately: moving windows, counted in memory.

Not those of the `limits` library: its memory storage keeps every name that it ever met, which strangers choose,
and looks through all of them in a new thread a hundred times a second.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_TIDY_PER_WINDOW = 4


@dataclass
class Windows:
    """Counts per name over the last `seconds`. Thread-safe; names that nothing happened to lately are forgotten."""

    seconds: float
    now: Callable[[], float] = time.monotonic
    _moments: dict[Hashable, deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tidied_at: float = 0.0

    def __len__(self) -> int:
        """How many names are remembered."""
        return len(self._moments)

    def count(self, name: Hashable) -> int:
        """How often it happened."""
        with self._lock:
            return len(self._recent(name, self.now()))

    def hit(self, name: Hashable, most: int | None = None) -> bool:
        """Count it once more; not when it happened `most` times already: then it is False."""
        now = self.now()
        with self._lock:
            self._tidy(now)
            moments = self._recent(name, now)
            if most is not None and len(moments) >= most:
                return False
            moments.append(now)
            self._moments[name] = moments
            return True

    def _recent(self, name: Hashable, now: float) -> deque[float]:
        moments = self._moments.get(name) or deque[float]()
        while moments and moments[0] <= now - self.seconds:
            moments.popleft()
        return moments

    def _tidy(self, now: float) -> None:
        if now - self._tidied_at < self.seconds / _TIDY_PER_WINDOW:
            return
        self._tidied_at = now
        begin = now - self.seconds
        self._moments = {name: moments for name, moments in self._moments.items() if moments and moments[-1] > begin}
