"""The machine's own clock, and the one that tests turn."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.clock import SystemClock
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.clock import Clock


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
def test_a_clock_tells_aware_utc(clock: Clock) -> None:
    """No time without a zone enters the hub by it."""
    assert clock.now().utcoffset() == timedelta(0)


def test_durations_never_go_back() -> None:
    """Whatever is done to the machine's time."""
    clock = SystemClock()
    times = [clock.monotonic() for _ in range(100)]
    assert times == sorted(times)


def test_a_jump_of_the_clock_is_no_duration() -> None:
    """As on a machine whose time is set."""
    clock = FakeClock()
    clock.set(clock.now() + timedelta(hours=1))
    jumped = clock.monotonic()
    clock.advance(seconds=5)
    assert (jumped, clock.monotonic()) == (0.0, 5.0)
