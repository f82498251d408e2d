"""The lease that makes periodic work happen in one process at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.leader import TERM, Lease
from hub.store.engine import Store
from hub.store.tables import leases
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from datetime import datetime

    import pytest


def test_one_leads_and_the_others_wait(store: Store) -> None:
    """Whoever came first (F28)."""
    clock = FakeClock()
    first, second = Lease(store, clock), Lease(store, clock)
    assert [lease.acquire() for lease in (first, second, first, second)] == [True, False, True, False]


def test_asking_again_renews(store: Store) -> None:
    """A leader that is alive leads on."""
    clock = FakeClock()
    first, second = Lease(store, clock), Lease(store, clock)
    for _ in range(5):
        assert (first.acquire(), second.acquire()) == (True, False)
        clock.advance(TERM)


def test_a_dead_leader_is_followed_after_its_term(store: Store) -> None:
    """And when it comes back, it waits."""
    clock = FakeClock()
    dead, next_ = Lease(store, clock), Lease(store, clock)
    dead.acquire()
    clock.advance(TERM)
    too_early = next_.acquire()
    clock.advance(milliseconds=1)
    assert (too_early, next_.acquire(), dead.acquire()) == (False, True, False)


def test_letting_go_lets_the_next_one_begin_at_once(store: Store) -> None:
    """An orderly end."""
    clock = FakeClock()
    first, second = Lease(store, clock), Lease(store, clock)
    first.acquire()
    first.release()
    assert second.acquire()


def test_only_ones_own_lease_is_let_go(store: Store) -> None:
    """Not that of the leader."""
    clock = FakeClock()
    first, second = Lease(store, clock), Lease(store, clock)
    first.acquire()
    second.release()
    assert not second.acquire()


def test_leases_of_different_names_do_not_meet(store: Store) -> None:
    """Two kinds of work."""
    clock = FakeClock()
    assert Lease(store, clock, "a").acquire()
    assert Lease(store, clock, "b").acquire()


def test_a_clock_set_back_does_not_leave_the_hub_without_a_leader(store: Store) -> None:
    """The dead leader's lease seems to last an hour (F27)."""
    clock = FakeClock()
    Lease(store, clock).acquire()
    clock.set(clock.now() - timedelta(hours=1))
    assert Lease(store, clock).acquire()


def test_clocks_that_differ_by_seconds_do_not_make_two_leaders(store: Store) -> None:
    """Machines never agree to the second."""
    ahead = FakeClock()
    behind = FakeClock(ahead.now() - TERM / 2)
    Lease(store, ahead).acquire()
    assert not Lease(store, behind).acquire()


def test_of_many_that_ask_at_once_one_leads(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with connections of its own."""
    monkeypatch.setattr("hub.store.engine.BUSY_TIMEOUT_S", 20.0)
    clock, ready = FakeClock(), threading.Barrier(6)
    stores = [Store(store.url.render_as_string(hide_password=False)) for _ in range(6)]

    def ask(one: Store) -> bool:
        lease = Lease(one, clock)
        ready.wait()
        return lease.acquire()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, stores)) == [False] * 5 + [True]
    for one in stores:
        one.close()


def test_a_lease_that_was_just_renewed_is_not_written_again(store: Store) -> None:
    """An idle hub leaves its disk alone; after a third of the term it renews."""
    clock = FakeClock()
    lease = Lease(store, clock)
    lease.acquire()
    began = _until(store)
    clock.advance(TERM / 4)
    early = (lease.acquire(), _until(store))
    clock.advance(TERM / 4)
    assert (early, lease.acquire(), _until(store)) == ((True, began), True, began + TERM / 2)


def test_a_leader_that_slept_through_its_term_asks_again(store: Store) -> None:
    """Somebody else leads by now."""
    clock = FakeClock()
    asleep, next_ = Lease(store, clock), Lease(store, clock)
    asleep.acquire()
    clock.advance(TERM * 2)
    assert (next_.acquire(), asleep.acquire()) == (True, False)


def _until(store: Store) -> datetime:
    with store.read() as connection:
        until: datetime = connection.execute(select(leases.c.until)).scalar_one()
    return until
