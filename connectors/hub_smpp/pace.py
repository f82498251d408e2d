"""How fast a bind may go: as its window allows, and slower for a while where the carrier says that it is too fast.

Like TCP: a carrier that throttles halves what it was seen to take, and every second without a complaint adds to it
again. Pure; times are seconds of a monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 8.0
SLOWEST_RATE = 1.0
"""Texts per second that are always tried."""
FIRST_GUESS = 10.0
"""What a carrier is thought to take per second that throttles before much was written."""
_SLOWER = 0.7
_FASTER = 1.25
_BURST_S = 0.1
_FREE_AFTER = 20
"""Seconds without a complaint after which there is no limit any more."""


@dataclass(slots=True)
class Pace:
    """What one bind may write now."""

    rate: float | None = None
    pause_s: float = SHORTEST_PAUSE_S
    paused_until: float = 0.0
    _accepted: int = 0
    _second_began: float = 0.0
    _last_rate: float = 0.0
    _allowance: float = 0.0
    _allowed_at: float = 0.0
    _quiet_since: float = 0.0

    def allowed(self, now: float) -> int | None:
        """How many texts may be written now; None for as many as the window takes."""
        if now < self.paused_until:
            return 0
        if self.rate is None:
            return None
        self._refill(now)
        return int(self._allowance)

    def wait_s(self, now: float) -> float:
        """How long until the next one may be written; 0 for now."""
        if now < self.paused_until:
            return self.paused_until - now
        if self.rate is None or self._allowance >= 1:
            return 0.0
        return (1 - self._allowance) / self.rate

    def wrote(self, number: int) -> None:
        """Count what was written."""
        if self.rate is not None:
            self._allowance -= number

    def accepted(self, number: int, now: float) -> None:
        """Count what the carrier took, and go faster when it has not complained for a second."""
        if now - self._second_began >= 1:
            self._last_rate = self._accepted / (now - self._second_began) if self._second_began else 0.0
            self._accepted, self._second_began = 0, now
            self._recover(now)
        self._accepted += number

    def throttled(self, now: float) -> float:
        """Go slower; how many seconds nothing is written."""
        if now < self.paused_until:
            return self.paused_until - now  # answers to what was written before the first complaint was read
        self.pause_s = (
            min(LONGEST_PAUSE_S, self.pause_s * 2) if now - self._quiet_since < self.pause_s * 4 else (SHORTEST_PAUSE_S)
        )
        seen = self.rate or max(self._last_rate, float(self._accepted), FIRST_GUESS)
        self.rate = max(SLOWEST_RATE, seen * _SLOWER)
        self.paused_until = now + self.pause_s
        self._allowance, self._allowed_at = 0.0, self.paused_until
        self._quiet_since = self.paused_until
        return self.pause_s

    def rest(self, now: float) -> None:
        """Write nothing for a moment: what was put off is written again after it."""
        self.paused_until = max(self.paused_until, now + SHORTEST_PAUSE_S)

    def _recover(self, now: float) -> None:
        if self.rate is None or now < self._quiet_since + 1:
            return
        self.rate *= _FASTER
        if now - self._quiet_since > _FREE_AFTER:
            self.rate = None

    def _refill(self, now: float) -> None:
        if self.rate is not None and now > self._allowed_at:
            most = max(1.0, self.rate * _BURST_S)
            self._allowance = min(most, self._allowance + (now - self._allowed_at) * self.rate)
            self._allowed_at = now
