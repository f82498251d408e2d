"""Threads that wait for slow bodies: how many may, and for how long."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

import pytest
from werkzeug.exceptions import RequestTimeout

from hub.web.places import Places, Waiting


@dataclass
class Watch:
    """A clock that stands still until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_half_the_threads_at_most_wait_for_slow_bodies() -> None:
    """And half of those for one owner."""
    places = Places(8)
    assert [places.take(owner) for owner in "aaabbc"] == [True, True, False, True, True, False]


def test_a_place_that_is_left_is_free_again() -> None:
    """For whoever comes next."""
    places = Places(2)
    assert (places.take("a"), places.take("b")) == (True, False)
    places.leave("a")
    assert places.take("b")


def test_what_has_come_needs_no_place() -> None:
    """Though none is free."""
    places = Places(2, quick_s=0.0)
    come: Future[bytes] = Future()
    come.set_result(b"abc")
    assert places.take("a")
    assert Waiting(places, lambda: "b").wait(come) == b"abc"


def test_who_finds_no_place_is_told_so_and_waited_for_no_more() -> None:
    """What was to come is called off."""
    places = Places(2, quick_s=0.0)
    coming: Future[bytes] = Future()
    assert places.take("a")
    with pytest.raises(RequestTimeout):
        Waiting(places, lambda: "b").wait(coming)
    assert coming.cancelled()


def test_a_waiting_that_ends_twice_leaves_one_place() -> None:
    """Not that of another request too."""
    places = Places(8, quick_s=0.0)
    come: Future[bytes] = Future()
    come.set_result(b"abc")
    waiting = Waiting(places, lambda: "a")
    waiting._has_place = places.take("a")
    assert places.take("a")
    waiting.wait(come)
    waiting.end()
    waiting.end()
    assert [places.take("a") for _ in range(2)] == [True, False]


def test_one_owner_is_lent_what_all_threads_need_once() -> None:
    """Then nothing; another owner is lent its own."""
    places = Places(4, quick_s=0.5, clock=Watch())
    assert [places.lend(owner) for owner in "aaaaab"] == [0.5, 0.5, 0.5, 0.5, 0.0, 0.5]


def test_what_was_not_used_may_be_lent_again() -> None:
    """Whose bodies are quick never finds the purse empty."""
    places = Places(2, quick_s=0.5, clock=Watch())
    for _ in range(10):
        assert places.lend("a") == 0.5
        places.give_back("a", 0.5)


def test_a_purse_fills_by_an_eighth_of_the_time_of_all_threads() -> None:
    """So that who stalls time and again holds no more in the long run."""
    watch = Watch()
    places = Places(4, quick_s=0.5, clock=watch)
    for _ in range(4):
        places.lend("a")
    watch.now = 0.5
    assert (places.lend("a"), places.lend("a")) == (0.25, 0.0)


def test_full_purses_are_forgotten() -> None:
    """Strangers' addresses do not pile up."""
    watch = Watch()
    places = Places(4, quick_s=0.5, clock=watch)
    for number in range(100):
        places.lend(f"address {number}")
        watch.now += 1.0
    assert len(places._spent) == 1
