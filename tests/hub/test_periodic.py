"""Periodic jobs of plugins: each once per period."""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from structlog.testing import capture_logs

from hub.periodic import Periodic
from hub.registry import JobEntry
from hub.store.engine import Store
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.running import Hub

HUB = cast("Hub", object())


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def ran() -> Counter[str]:
    """How often each job ran."""
    return Counter()


@pytest.fixture
def periodic(store: Store, clock: FakeClock, ran: Counter[str]) -> Periodic:
    """A job for every minute and one for every hour."""
    return Periodic(store, clock, jobs(ran))


def jobs(ran: Counter[str]) -> dict[str, JobEntry]:
    """Jobs that count."""

    def counting(name: str) -> Callable[[Any], None]:
        return lambda _: ran.update([name])

    return {name: JobEntry(name, counting(name), period) for name, period in (("minute", 60.0), ("hour", 3600.0))}


def run_due(periodic: Periodic) -> list[str]:
    """Run what is due, as a worker does; what was run."""
    return [name for name in periodic.due() if periodic.run(HUB, name)]


def test_a_job_never_seen_before_is_due_at_once(periodic: Periodic) -> None:
    """A fresh install does not wait an hour."""
    assert run_due(periodic) == ["minute", "hour"]


def test_a_job_runs_once_per_period(periodic: Periodic, clock: FakeClock, ran: Counter[str]) -> None:
    """Two hours, looked at every second minute."""
    for _ in range(60):
        run_due(periodic)
        clock.advance(minutes=2)
    assert ran == {"minute": 60, "hour": 2}


def test_a_turn_is_taken_once_however_many_are_asked(store: Store, clock: FakeClock, ran: Counter[str]) -> None:
    """Two workers hear the same ring (F28)."""
    workers = [Periodic(store, clock, jobs(ran)) for _ in range(2)]
    assert [worker.run(HUB, "minute") for worker in workers] == [True, False]


def test_of_many_at_once_one_takes_the_turn(store: Store, clock: FakeClock, ran: Counter[str]) -> None:
    """Each with connections of its own."""
    stores = [Store(store.url.render_as_string(hide_password=False)) for _ in range(4)]
    ready = threading.Barrier(4)

    def ask(one: Store) -> bool:
        worker = Periodic(one, clock, jobs(ran))
        ready.wait()
        return worker.run(HUB, "minute")

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(ask, stores))
    for one in stores:
        one.close()
    assert (sorted(taken), ran) == ([False, False, False, True], {"minute": 1})


def test_a_job_that_raises_is_logged_and_waits_for_its_next_turn(
    store: Store, clock: FakeClock, ran: Counter[str]
) -> None:
    """The others run, and so does it, a period later."""

    def fail(_: Hub) -> None:
        ran["failing"] += 1
        raise RuntimeError("no")

    periodic = Periodic(store, clock, {"failing": JobEntry("failing", fail, 60.0), **jobs(ran)})
    with capture_logs() as logs:
        run_due(periodic)
        run_due(periodic)
        clock.advance(seconds=60)
        run_due(periodic)
    assert (ran["failing"], ran["minute"], {line["event"] for line in logs}) == (2, 2, {"periodic_job_failed"})


def test_a_job_that_wants_to_end_the_process_is_logged_and_waits_for_its_next_turn(
    store: Store, clock: FakeClock
) -> None:
    """As one that raises (F31)."""

    def leave(_: Any) -> None:
        sys.exit("bye")

    periodic = Periodic(store, clock, {"odd": JobEntry("odd", leave, 60.0)})
    with capture_logs() as lines:
        assert periodic.run(HUB, "odd")
    assert [(line["event"], line["job"]) for line in lines] == [("periodic_job_failed", "odd")]


def test_a_job_that_forks_makes_no_second_worker(store: Store, clock: FakeClock) -> None:
    """The copy ends where the job comes back (F31)."""
    children: list[int] = []

    def fork(_: Any) -> None:
        if pid := os.fork():
            children.append(pid)

    assert Periodic(store, clock, {"odd": JobEntry("odd", fork, 60.0)}).run(HUB, "odd")
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 1


def test_a_job_that_is_not_registered_is_not_run(periodic: Periodic) -> None:
    """A ring from before a plugin was removed."""
    assert not periodic.run(HUB, "gone")


def test_without_jobs_nothing_is_due(store: Store, clock: FakeClock) -> None:
    """And the database is not asked."""
    assert Periodic(store, clock, {}).due() == ()


def test_a_clock_set_back_does_not_stop_a_job(periodic: Periodic, clock: FakeClock) -> None:
    """The next turn seems to be hours away; once taken, it is where it belongs again (F27)."""
    run_due(periodic)
    clock.set(clock.now() - timedelta(hours=1, minutes=1))
    again = run_due(periodic)
    assert (again, run_due(periodic)) == (["minute", "hour"], [])


def test_clocks_that_differ_do_not_run_a_job_twice(store: Store, ran: Counter[str]) -> None:
    """One worker's second is another's last second."""
    ahead = FakeClock()
    behind = FakeClock(ahead.now() - timedelta(seconds=30))
    assert [Periodic(store, clock, jobs(ran)).run(HUB, "minute") for clock in (ahead, behind)] == [True, False]
