"""How many messages to take at once: as many as a carrier takes in half a second, so that an alert need not wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

TARGET_S = 0.5
FIRST = 4
"""Nothing is known of the line yet, and the slowest take a second for a few."""
_LEAST_DIFFERENCE = 0.1
_LEAST_S = 1e-6
_QUICKER_AT_MOST = 4.0


@dataclass
class Stride:
    """The size of the next round, from how long rounds of different sizes took; for several threads.

    A round takes some time whatever its size (the way there and back), and some for each message. Only the latter
    makes a round smaller: a carrier that answers any batch after a second is best given large ones. It is seen by
    comparing two rounds of different sizes.
    """

    most: int
    size: int = FIRST
    _per_message_s: float | None = None
    _last: tuple[int, float] | None = None
    _other: tuple[int, float] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.size = min(self.size, self.most)

    def took(self, count: int, seconds: float) -> None:
        """Learn from a round of `count` messages that took so long."""
        if count <= 0:
            return
        with self._lock:
            self._per_message_s = self._learn(count, max(0.0, seconds))
            fits = int(min(TARGET_S / self._per_message_s + 0.01, self.most))
            growth = (4 if seconds < TARGET_S / 8 else 2) if count >= self.size else 1
            self.size = max(1, min(fits, self.size * growth, self.most))

    def _learn(self, count: int, seconds: float) -> float:
        """Seconds per message: soon longer when they seem so, shorter step by step."""
        if self._last is not None and abs(self._last[0] - count) > _LEAST_DIFFERENCE * count:
            self._other = self._last
        self._last = (count, seconds)
        known = self._per_message_s
        if known is None or self._other is None or self._other[0] == count:
            return max(_LEAST_S, seconds / count)
        slope = (seconds - self._other[1]) / (count - self._other[0])
        return max(_LEAST_S, min(slope, seconds / count), known / _QUICKER_AT_MOST)
