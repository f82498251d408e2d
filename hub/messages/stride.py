"""How many messages to take at once: as many as a carrier takes in half a second, so that an alert need not wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

TARGET_S = 0.5
FIRST = 4
"""Nothing is known of the line yet, and the slowest take a second for a few."""
_MEMORY = 0.7
"""How much the rounds before count beside the last one."""
_LEAST_SPREAD = 0.1
_LEAST_S = 1e-6
_SLACK_S = 0.01


@dataclass
class Stride:
    """The size of the next round, from how long rounds of different sizes took; for several threads.

    A round takes some time whatever its size (the way there and back), and some for each message. Only the latter
    makes a round smaller: a carrier that answers any batch after a second is best given large ones.
    """

    most: int
    size: int = FIRST
    _per_message_s: float | None = None
    _fixed_s: float = 0.0
    _sums: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.size = min(self.size, self.most)

    def took(self, count: int, seconds: float) -> None:
        """Learn from a round of `count` messages that took so long."""
        if count <= 0:
            return
        with self._lock:
            self._learn(count, max(0.0, seconds))
            per_message = max(_LEAST_S, self._per_message_s or 0.0)
            fits = int(min(TARGET_S / per_message, self.most))
            grown = self.size * 2 if count >= self.size else self.size
            self.size = max(1, min(fits, grown, self.most))

    def _learn(self, count: int, seconds: float) -> None:
        expected = self._fixed_s + (self._per_message_s or 0.0) * count
        if self._per_message_s is not None and not _alike(seconds, expected):
            self._sums = (0.0,) * 5  # another line than before: what was says nothing of what is
        news = (1.0, float(count), seconds, float(count) ** 2, count * seconds)
        self._sums = tuple(_MEMORY * old + new for old, new in zip(self._sums, news, strict=True))  # type: ignore[assignment]  # five, as before
        weight, counts, times, squares, products = self._sums
        mean, spread = counts / weight, squares / weight - (counts / weight) ** 2
        if spread > (_LEAST_SPREAD * mean) ** 2:
            slope = (products / weight - mean * times / weight) / spread
            self._per_message_s = max(0.0, slope)
            self._fixed_s = max(0.0, times / weight - self._per_message_s * mean)
        elif self._per_message_s is None:
            self._per_message_s = seconds / count
        else:  # rounds of one size: what changed, changed for all of it
            changed = seconds / expected if expected > 0 else 1.0
            self._per_message_s *= changed
            self._fixed_s *= changed


def _alike(seconds: float, expected: float) -> bool:
    return abs(seconds - expected) < _SLACK_S or expected / 2 < seconds < expected * 2
