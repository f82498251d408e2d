"""What one process sees of a route, added up until it is written down: about once a second, not with every call."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.messages.breaker import Failure, Success
from hub.messages.connector import NotSent, Rejected, Submitted, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hub.messages.breaker import Signal
    from hub.messages.connector import Outcome

KINDS: Mapping[type, str] = {Submitted: "taken", Rejected: "refused", NotSent: "put_off", Unknown: "unknown"}
"""The column in which each kind of outcome is counted."""
COUNTS = (*KINDS.values(), "failed")

SMOOTHING = 0.3
"""How much the last call counts for the latency."""
_MOST_SIGNALS = 50
_RATE_OVER_S = 1.0


@dataclass
class Pulse:
    """Counts and signals of one route that are not written down yet; for several threads."""

    counts: Counter[str] = field(default_factory=Counter)
    signals: list[Signal] = field(default_factory=list)
    latency_s: float | None = None
    flushed_at: float = float("-inf")
    _segments: int = 0
    _since: float | None = None
    _last_rate: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, signal: Signal, outcomes: Iterable[Outcome] = (), seconds: float | None = None) -> None:
        """Add a call that lasted so long."""
        with self._lock:
            self.counts.update(KINDS[type(one)] for one in outcomes)
            self.counts["failed"] += isinstance(signal, Failure)
            if not (isinstance(signal, Success) and self.signals and isinstance(self.signals[-1], Success)):
                self.signals = [*self.signals, signal][-_MOST_SIGNALS:]
            if seconds is not None:
                known = seconds if self.latency_s is None else self.latency_s
                self.latency_s = known + SMOOTHING * (seconds - known)

    def carried(self, segments: int, at: float) -> None:
        """Count segments that the carrier took; `at` is in monotonic seconds."""
        with self._lock:
            self._renew(at)
            self._segments += segments

    def rate(self, at: float) -> float:
        """Segments per second that the carrier took lately."""
        with self._lock:
            self._renew(at)
            return max(self._last_rate, self._segments / _RATE_OVER_S)

    def take(self, at: float) -> tuple[Counter[str], list[Signal], float | None]:
        """Everything that is not written down; it is the caller's from now on."""
        with self._lock:
            taken = self.counts, self.signals, self.latency_s
            self.counts, self.signals, self.flushed_at = Counter(), [], at
            return taken

    def give_back(self, counts: Counter[str], signals: list[Signal]) -> None:
        """Take back what could not be written down."""
        with self._lock:
            self.counts.update(counts)
            self.signals = [*signals, *self.signals][-_MOST_SIGNALS:]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write down."""
        return not (self.signals or any(self.counts.values()))

    def _renew(self, at: float) -> None:
        if self._since is None or at - self._since >= _RATE_OVER_S:
            elapsed = at - self._since if self._since is not None else _RATE_OVER_S
            self._last_rate = self._segments / elapsed if elapsed < 2 * _RATE_OVER_S else 0.0
            self._segments, self._since = 0, at
