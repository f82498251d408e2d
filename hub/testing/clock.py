"""A clock that tests turn by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

A_TUESDAY_MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Ten o'clock in Paris on a working day: marketing may leave."""


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self, now: datetime = A_TUESDAY_MORNING) -> None:
        self._now = now
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds by which it was moved on."""
        return self._elapsed

    def advance(self, delta: timedelta | None = None, **units: float) -> None:
        """Go on by a timedelta, or by `hours=2` and the like."""
        step = (delta or timedelta(0)) + timedelta(**units)
        self._now += step
        self._elapsed += step.total_seconds()

    def set(self, now: datetime) -> None:
        """Jump to a time; durations do not notice."""
        self._now = now
