"""Rounds of work beside each other."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from hub.messages.lanes import FEW, GATHER_S, Lanes, Round, Trickle


@dataclass
class Heap:
    """Work for several threads: each round takes ten of what is left."""

    left: int
    threads: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> Round:
        """Take some."""
        with self.lock:
            self.threads.add(threading.current_thread().name)
            count = min(10, self.left)
            self.left -= count
            return Round(count, is_full=count == 10)


def test_all_of_it_is_done_and_counted() -> None:
    """Whoever does it."""
    heap = Heap(1234)
    assert (Lanes(heap.work, lambda: True, beside=3).run(), heap.left) == (1234, 0)


def test_little_work_is_done_by_one() -> None:
    """Threads cost time, too."""
    heap = Heap(7)
    Lanes(heap.work, lambda: True, beside=3).run()
    assert heap.threads == {threading.current_thread().name}


def test_several_rounds_are_under_way_at_once() -> None:
    """Each waits for the others, so it would never end if they came one after the other."""
    meeting, heap = threading.Barrier(3), Heap(1000)

    def work() -> Round:
        done = heap.work()
        if heap.left < 990 and done.count:
            meeting.wait(10)
        return done

    Lanes(work, lambda: not meeting.broken and heap.left > 960, beside=2).run()
    assert not meeting.broken


def test_who_says_stop_stops_all() -> None:
    """A carrier that wants us slower wants all lanes slower."""
    calls = []

    def work() -> Round:
        calls.append(1)
        return Round(1, is_full=True, go_on=False)

    assert (Lanes(work, lambda: True, beside=3).run(), calls) == (1, [1])


def test_when_its_time_is_over_no_lane_begins_a_round() -> None:
    """It is another route's turn."""
    assert Lanes(Heap(100).work, lambda: False, beside=3).run() == 0


def test_what_a_lane_raises_is_raised_once_all_have_ended() -> None:
    """A database that is away is away for the caller."""
    main = threading.current_thread()

    def work() -> Round:
        if threading.current_thread() is not main:
            raise ConnectionError("away")
        return Round(1, is_full=True)

    lanes = Lanes(work, lambda: True, beside=2)
    with pytest.raises(ConnectionError):
        lanes.run()
    assert [one for one in threading.enumerate() if one.name.startswith("lane ")] == []


@pytest.mark.parametrize(
    ("rounds", "pauses"),
    [
        ([Round(1), Round(0)], 0),
        ([Round(1), Round(1), Round(0)], 1),
        ([Round(1), Round(1), Round(2), Round(0)], 2),
        ([Round(1), Round(0), Round(1)], 0),
        ([Round(FEW), Round(FEW)], 0),
        ([Round(4, is_full=True), Round(4, is_full=True)], 0),
        ([Round(1), Round(1, go_on=False)], 0),
    ],
)
def test_what_comes_one_by_one_gathers(rounds: list[Round], pauses: int) -> None:
    """From the second small round in a row on; neither what comes alone nor a full claim waits."""
    paused: list[float] = []
    trickle = Trickle(paused.append)
    assert [trickle.after(one) for one in rounds] == rounds
    assert paused == [GATHER_S] * pauses
