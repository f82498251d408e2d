"""Whole workers and schedulers, killed, frozen and stopped: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub.bootstrap import build
from hub.embedded import PrivateServer, socket_url
from hub.messages.tables import messages
from hub.queue import connect
from hub.store.tables import leases

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from hub.testing.databases import Databases
    from tests.hub.processes.conftest import Site

pytestmark = pytest.mark.slow

COUNT = 60


@pytest.fixture
def redis(site: Site) -> Iterator[PrivateServer]:
    """A running Redis, on which the site rings and processes started from now on listen."""
    site.environ["HUB_HUB_REDIS_URL"] = ""
    server = PrivateServer(site.core.data_dir)
    server.start()
    site.core.close()
    site.core = build(None, environ=site.environ)
    yield server
    server.stop()


def wipe(server: PrivateServer, _: ExitStack) -> None:
    """Take everything away that Redis knows."""
    with connect(socket_url(server.data_dir)) as connection:
        connection.flushall()


def freeze(server: PrivateServer, stack: ExitStack) -> None:
    """Let Redis stand still until the test is over."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    stack.callback(server.process.send_signal, signal.SIGCONT)


def kill_it(server: PrivateServer, _: ExitStack) -> None:
    """End Redis for good."""
    assert server.process is not None
    server.process.kill()
    server.process.wait()


def fill(server: PrivateServer, _: ExitStack) -> None:
    """Let Redis have no room for anything."""
    with connect(socket_url(server.data_dir)) as connection:
        connection.config_set("maxmemory", "1")


def restart(server: PrivateServer, stack: ExitStack) -> None:
    """End Redis, and start it again."""
    kill_it(server, stack)
    server.start()


def test_without_redis_every_message_leaves_once(site: Site) -> None:
    """The worker looks for itself; and it ends well when it is asked to."""
    worker = site.worker()
    site.send(COUNT)
    assert site.until(lambda: site.have_left(COUNT)), site.log
    assert site.stop(worker) == 0
    assert sorted(site.times_taken().values()) == [1] * COUNT


@pytest.mark.parametrize("happens", [wipe, fill, freeze, kill_it, restart])
def test_whatever_becomes_of_redis_every_message_leaves_once(
    site: Site, redis: PrivateServer, happens: Callable[[PrivateServer, ExitStack], None]
) -> None:
    """In the middle of it; and the worker ends soon when it is asked to, whether or not Redis answers."""
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "50"
    worker = site.worker()
    with ExitStack() as stack:
        site.send(COUNT // 2)
        assert site.until(lambda: len(site.times_taken()) > 0), site.log
        happens(redis, stack)
        site.send(COUNT // 2)
        assert site.until(lambda: site.have_left(COUNT)), site.log
        began = time.monotonic()
        assert site.stop(worker) == 0, site.log
        assert time.monotonic() - began < 5
    assert sorted(site.times_taken().values()) == [1] * COUNT


@pytest.fixture(params=["sqlite", "postgresql"])
def killed(request: pytest.FixtureRequest, databases: Databases, make_site: Callable[..., Site]) -> Site:
    """A site on either database, where a worker was killed in the middle of a submit."""
    url = databases.fresh(request.param)
    site = make_site(HUB_HUB_DATABASE_URL=url, HUB_CONNECTOR_SANDBOX_LATENCY_MS="150")
    worker = site.worker()
    site.send(COUNT)
    assert site.until(lambda: 10 < len(site.times_taken()) < COUNT), site.log
    assert site.until(lambda: "submitting" in site.states())
    site.kill(worker)
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "0"
    return site


def test_a_worker_that_is_killed_loses_nothing_and_doubles_nothing(killed: Site) -> None:
    """What it was just submitting is in doubt, and said to be; the rest is submitted by the next one."""
    site = killed
    held = site.states().count("submitting")
    site.worker()
    site.scheduler()
    assert site.until(lambda: site.have_left(COUNT)), site.log
    with site.core.read() as connection:
        query = select(messages.c.campaign_id, messages.c.position, messages.c.detail).where(
            messages.c.state == "unknown"
        )
        doubtful = {f"{row.campaign_id}-{row.position}": row.detail for row in connection.execute(query)}
    taken = site.times_taken()
    assert max(taken.values()) == 1
    assert COUNT - len(taken) <= len(doubtful) <= held <= 10
    assert all(doubtful.values())


def stands_still_without_the_database(site: Site, worker: subprocess.Popen[bytes]) -> bool:
    """Freeze a worker, but not while it writes: a frozen writer freezes every other one with it."""
    worker.send_signal(signal.SIGSTOP)
    with closing(sqlite3.connect(site.core.data_dir / "hub.db", timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            worker.send_signal(signal.SIGCONT)
            return False
    return True


def test_a_worker_that_stood_still_too_long_has_no_say_any_more(site: Site) -> None:
    """Its lease ran out and others went on; when it wakes up, it sends nothing that is theirs now."""
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "150"
    stalled = site.worker()
    site.send(COUNT)
    assert site.until(lambda: len(site.times_taken()) > 0 and "claimed" in site.states()), site.log
    assert site.until(lambda: stands_still_without_the_database(site, stalled)), site.log
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "0"
    site.worker()
    site.scheduler()
    assert site.until(lambda: site.have_left(COUNT)), site.log
    stalled.send_signal(signal.SIGCONT)
    assert site.stop(stalled) == 0, site.log
    assert sorted(site.times_taken().values()) == [1] * COUNT
    assert site.until(lambda: set(site.states()) == {"delivered"}), site.states()


def test_a_worker_that_is_asked_to_stop_finishes_what_it_submits(site: Site) -> None:
    """It claims nothing more, records the answers, and ends with 0; the next one sends the rest."""
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "300"
    worker = site.worker()
    site.send(COUNT)
    assert site.until(lambda: "submitting" in site.states()), site.log
    assert site.stop(worker) == 0
    states = site.states()
    assert ("submitting" in states, "unknown" in states, states.count("pending") > COUNT // 2) == (False, False, True)
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "0"
    site.worker()
    assert site.until(lambda: site.have_left(COUNT)), site.log
    assert sorted(site.times_taken().values()) == [1] * COUNT


def test_asking_twice_to_stop_is_asking_once(site: Site) -> None:
    """A container and a supervisor may both do so; the answer in hand is not thrown away."""
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "500"
    worker = site.worker()
    site.send(20)
    assert site.until(lambda: "submitting" in site.states()), site.log
    for _ in range(3):
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert worker.wait(timeout=10) == 0
    assert not {"submitting", "unknown"}.intersection(site.states())


def test_a_worker_shows_that_it_is_alive_and_that_it_has_ended(site: Site) -> None:
    """To whoever looks into the folder."""
    worker = site.worker("background")
    alive = site.alive("worker-background")
    assert site.stop(worker) == 0
    assert (alive, site.alive("worker-background")) == ({worker.pid}, set())


def leader(site: Site) -> str | None:
    """Who holds the lease."""
    with site.core.read() as connection:
        return connection.execute(select(leases.c.owner).where(leases.c.name == "tick")).scalar()


def test_of_two_schedulers_the_other_takes_over_from_the_one_that_was_killed(site: Site) -> None:
    """Within ten seconds and a tick; then it stops when it is asked to, and leaves the lease to the next."""
    first = site.scheduler()
    assert site.until(lambda: leader(site)), site.log
    led = leader(site)
    second = site.scheduler()
    assert leader(site) == led
    site.kill(first)
    assert site.until(lambda: leader(site) != led, within_s=14), site.log
    assert site.stop(second) == 0
    assert leader(site) is None
