from __future__ import annotations

import threading
from dataclasses import dataclass

from hub_mail_to_sms.windows import Windows


@dataclass
class Watch:
    """Seconds, under control."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.seconds


def test_what_happened_lately_is_counted() -> None:
    """Name by name."""
    windows = Windows(60, Watch())
    for name in ("a", "a", "b"):
        windows.hit(name)
    assert [windows.count(name) for name in ("a", "b", "c")] == [2, 1, 0]


def test_what_is_over_is_not_counted() -> None:
    """The window moves: half of it later, the first half is still in it; a whole one later it is not."""
    watch = Watch()
    windows = Windows(60, watch)
    counts = []
    for _ in range(4):
        windows.hit("a")
        watch.seconds += 30
        counts.append(windows.count("a"))
    assert counts == [1, 1, 1, 1]


def test_past_the_most_nothing_is_counted() -> None:
    """What was refused does not prolong the wait."""
    windows = Windows(60, Watch())
    assert [windows.hit("a", 2) for _ in range(4)] == [True, True, False, False]
    assert windows.count("a") == 2


def test_names_that_nothing_happened_to_lately_are_forgotten() -> None:
    """Strangers choose them: memory must return to where it was."""
    watch = Watch()
    windows = Windows(60, watch)
    for number in range(1000):
        windows.hit(number)
    watch.seconds += 61
    windows.hit("a")
    assert len(windows) == 1


def test_a_name_that_is_only_looked_up_is_not_kept() -> None:
    """Asking leaves no trace."""
    windows = Windows(60, Watch())
    windows.count("a")
    assert len(windows) == 0


def test_threads_share_the_limit() -> None:
    """Of many at once, as many get through as may."""
    windows = Windows(60)
    results: list[bool] = []

    def hit() -> None:
        results.extend([windows.hit("a", 100) for _ in range(50)])

    threads = [threading.Thread(target=hit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(results) == 100
