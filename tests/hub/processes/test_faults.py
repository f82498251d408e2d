"""Whole workers and schedulers, killed, frozen and stopped: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub.bootstrap import build
from hub.embedded import PrivateServer, socket_url
from hub.messages.tables import messages, parked_receipts
from hub.queue import connect
from hub.store.tables import leases
from hub_sandbox.testing import CarrierProcess
from tests.hub.forgetful import Forgetful

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from hub.testing.databases import Databases
    from tests.hub.processes.conftest import Site

    WithCarrier = Callable[..., tuple[Site, CarrierProcess]]

pytestmark = pytest.mark.slow

COUNT = 60
HERE = Path(__file__).parent


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


def lose_its_file(server: PrivateServer, stack: ExitStack) -> None:
    """End Redis, and start it again without anything it had written down."""
    kill_it(server, stack)
    shutil.rmtree(server.data_dir / "valkey" / "appendonlydir")
    server.start()


def test_without_redis_every_message_leaves_once(site: Site) -> None:
    """The worker looks for itself; and it ends well when it is asked to."""
    worker = site.worker()
    site.send(COUNT)
    assert site.until(lambda: site.have_left(COUNT)), site.log
    assert site.stop(worker) == 0
    assert sorted(site.times_taken().values()) == [1] * COUNT


@pytest.mark.parametrize("happens", [wipe, fill, freeze, kill_it, restart, lose_its_file])
def test_whatever_becomes_of_redis_every_message_leaves_once(
    site: Site, redis: PrivateServer, happens: Callable[[PrivateServer, ExitStack], None]
) -> None:
    """In the middle of it (F10, F11, F12, F14); and the worker ends soon when it is asked to, also without Redis."""
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
    """What it was just submitting is in doubt, and said to be; the rest is submitted by the next one (F4, F5)."""
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


@pytest.mark.prove
def test_a_worker_that_stood_still_too_long_has_no_say_any_more(site: Site) -> None:
    """Its lease ran out and others went on; when it wakes up, it sends nothing that is theirs now (F9)."""
    site.environ |= {"HUB_CONNECTOR_SANDBOX_LATENCY_MS": "150", "HUB_CONNECTOR_SANDBOX_BATCH_SIZE": "1"}
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
    """It claims nothing more, records the answers, and ends with 0; the next one sends the rest (F25)."""
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
    """A container and a supervisor may both do so; the answer in hand is not thrown away (F25)."""
    site.environ["HUB_CONNECTOR_SANDBOX_LATENCY_MS"] = "500"
    worker = site.worker()
    site.send(20)
    assert site.until(lambda: "submitting" in site.states()), site.log
    for _ in range(3):
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.1)
    assert worker.wait(timeout=10) == 0
    assert not {"submitting", "unknown"}.intersection(site.states())


@pytest.mark.parametrize("loses", [b"EVALSHA", b"BLMOVE"])
def test_a_lost_answer_of_redis_costs_a_ring_and_no_message(site: Site, redis: PrivateServer, loses: bytes) -> None:
    """RQ's enqueue (a script that pushes) and its wait for a job: every message leaves once (F13)."""
    way = Forgetful(redis, loses)
    site.environ["HUB_HUB_REDIS_URL"] = way.url
    site.core.close()
    site.core = build(None, environ=site.environ)
    site.worker()
    site.send(COUNT // 2)
    assert site.until(way.lost.is_set), site.log
    site.send(COUNT // 2)
    assert site.until(lambda: site.have_left(COUNT)), site.log
    assert sorted(site.times_taken().values()) == [1] * COUNT


def test_a_ring_that_a_dead_worker_still_hears_costs_a_tick(site: Site, redis: PrivateServer) -> None:
    """Its child holds the socket that waits for a job, so Redis hands one to nobody; others are rung for (F8a)."""
    program = [str(HERE / "with_a_child.py")]
    worker = site.start("worker", ready="worker-dispatch", program=program)
    url = socket_url(redis.data_dir)
    with connect(url) as connection:
        assert site.until(lambda: any(one["cmd"] == "blmove" for one in connection.client_list())), site.log
        worker.send_signal(signal.SIGUSR1)
        assert site.until(lambda: "child " in site.log), site.log
        child = int(site.log.rpartition("child ")[2].split()[0])
        site.kill(worker)
        assert any(one["cmd"] == "blmove" for one in connection.client_list())  # a dead worker still listens
        try:
            site.send(COUNT)
            assert site.until(lambda: connection.llen("rq:queue:dispatch") == 0), "the ring was not taken"
            site.worker()
            site.scheduler()
            assert site.until(lambda: site.have_left(COUNT)), site.log
        finally:
            os.kill(child, signal.SIGKILL)
    assert sorted(site.times_taken().values()) == [1] * COUNT


def stands_still(pid: int) -> bool:
    """Whether a process was stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.prove
def test_an_orphan_has_no_say_over_what_others_took_since(site: Site) -> None:
    """The parent of a forked worker is killed, the child lives on; its lease ran out, and it sends nothing (F8)."""
    program = [str(HERE / "forking_parent.py")]
    site.send(COUNT)
    parent = site.start("worker", program=program, TEXTOHUB_FAILPOINT="claim.after_commit=stop")
    assert site.until(lambda: site.alive("worker-dispatch")), site.log
    (orphan,) = site.alive("worker-dispatch") - {parent.pid}
    try:
        assert site.until(lambda: stands_still(orphan)), site.log
        site.kill(parent)
        site.worker()
        site.scheduler()
        assert site.until(lambda: site.have_left(COUNT)), site.log
        os.kill(orphan, signal.SIGCONT)
        os.kill(orphan, signal.SIGTERM)
        assert site.until(lambda: not Path(f"/proc/{orphan}/exe").exists()), site.log
    finally:
        with suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)
    assert sorted(site.times_taken().values()) == [1] * COUNT
    assert site.until(lambda: set(site.states()) == {"delivered"}), site.states()


@pytest.mark.prove
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("edge", ["claim.after_commit", "announce.after_commit", "submit.after_call"])
def test_a_worker_that_slept_through_its_lease_doubles_nothing(
    databases: Databases, make_site: Callable[..., Site], kind: str, edge: str
) -> None:
    """Stopped between two steps until others went on, then woken: the carrier has nothing twice (F9)."""
    site = make_site(HUB_HUB_DATABASE_URL=databases.fresh(kind))
    site.send(COUNT)
    # Receipts come later: on SQLite, one that is frozen while it writes them would freeze every other writer.
    stalled = site.worker(TEXTOHUB_FAILPOINT=f"{edge}=stop", HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S="2")
    assert site.until(lambda: stands_still(stalled.pid)), site.log
    site.worker()
    site.scheduler()
    assert site.until(lambda: site.have_left(COUNT)), site.log
    stalled.send_signal(signal.SIGCONT)
    assert site.stop(stalled) == 0, site.log
    assert max(site.times_taken().values()) == 1
    assert site.until(lambda: set(site.states()) == {"delivered"}), site.states()


@pytest.fixture
def with_carrier(make_site: Callable[..., Site]) -> Iterator[WithCarrier]:
    """Make a site whose carrier is a process of its own, with the given keys."""
    started: list[CarrierProcess] = []

    def make(**keys: object) -> tuple[Site, CarrierProcess]:
        site = make_site()
        carrier = CarrierProcess(site.core.data_dir / "connectors" / "sandbox", {"seed": 1, **keys})
        carrier.start()
        started.append(carrier)
        site.environ["HUB_CONNECTOR_SANDBOX_ADDRESS"] = carrier.address
        site.environ["HUB_CONNECTOR_SANDBOX_ANSWER_TIMEOUT_S"] = "0.5"
        site.environ["HUB_CONNECTOR_SANDBOX_CONNECT_TIMEOUT_S"] = "0.5"
        return site, carrier

    yield make
    for carrier in started:
        carrier.thaw()
        carrier.kill()


def test_a_carrier_that_falls_silent_leaves_doubts_and_holds_nobody_up(with_carrier: WithCarrier) -> None:
    """What it did not answer for is in doubt, everything else goes on over a new line, and nothing twice (F20)."""
    site, _ = with_carrier(silent=0.3, receipts=False)
    site.worker()
    site.send(COUNT)
    assert site.until(lambda: site.have_left(COUNT)), site.log
    assert set(site.states()) == {"submitted", "unknown"}
    assert sorted(site.times_taken().values()) == [1] * COUNT


@pytest.mark.prove
def test_a_carrier_that_throttles_costs_time_and_no_try(with_carrier: WithCarrier) -> None:
    """What was put off leaves later, once, as if it had never been tried (F22)."""
    site, _ = with_carrier(throttle=0.5)
    site.worker()
    site.send(COUNT // 3)
    assert site.until(lambda: site.states() == ["delivered"] * (COUNT // 3), within_s=60), site.states()
    with site.core.read() as connection:
        assert set(connection.execute(select(messages.c.tries)).scalars()) == {1}
    assert sorted(site.times_taken().values()) == [1] * (COUNT // 3)


def test_unruly_receipts_end_every_message_once(with_carrier: WithCarrier) -> None:
    """Before the answer, late, twice, in any order and for nobody: only strangers' are kept waiting (F23)."""
    odds = {"early_receipts": 0.3, "late_receipts": 0.3, "duplicate_receipts": 0.3, "foreign_receipts": 0.3}
    site, _ = with_carrier(**odds, late_by_s=1, receipt_order="random", receipt_delay_s=0.2, echo_client_ref=False)
    site.worker()
    site.scheduler()
    site.send(COUNT)
    assert site.until(lambda: site.states() == ["delivered"] * COUNT, within_s=40), site.states()
    assert site.until(lambda: parked(site) and all(one.startswith("X") for one in parked(site))), parked(site)
    assert sorted(site.times_taken().values()) == [1] * COUNT


def parked(site: Site) -> list[str]:
    """The carrier ids of receipts that fit no message."""
    with site.core.read() as connection:
        return list(connection.execute(select(parked_receipts.c.carrier_id)).scalars())


def comes_back_killed(carrier: CarrierProcess) -> None:
    """End it, and start it again a moment later."""
    carrier.kill()
    time.sleep(0.5)
    carrier.start()


def comes_back_frozen(carrier: CarrierProcess) -> None:
    """Let it stand still for longer than anybody waits for it."""
    carrier.freeze()
    time.sleep(2)
    carrier.thaw()


@pytest.mark.prove
@pytest.mark.parametrize("comes_back", [comes_back_killed, comes_back_frozen])
def test_a_carrier_that_goes_and_comes_back_has_everything_once(
    with_carrier: WithCarrier, comes_back: Callable[[CarrierProcess], None]
) -> None:
    """What was in the air is in doubt, until a receipt tells; what was not handed over leaves later (F19, F21)."""
    site, carrier = with_carrier(latency_ms=100, receipt_delay_s=0.1)
    site.worker()
    site.scheduler()
    site.send(COUNT)
    assert site.until(lambda: 0 < len(site.times_taken()) < COUNT), site.log
    comes_back(carrier)
    assert site.until(lambda: site.have_left(COUNT) and not carrier.receipts_owed(), within_s=40), site.log
    taken = site.times_taken()
    assert (max(taken.values()), site.states().count("unknown")) == (1, COUNT - len(taken))
    assert site.until(lambda: site.states().count("delivered") == len(taken)), site.states()


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


@pytest.mark.prove
def test_of_two_schedulers_the_other_takes_over_from_the_one_that_was_killed(site: Site) -> None:
    """Within ten seconds and a tick; then it stops when it is asked to, and leaves the lease to the next (F28)."""
    first = site.scheduler()
    assert site.until(lambda: leader(site)), site.log
    led = leader(site)
    second = site.scheduler()
    assert leader(site) == led
    site.kill(first)
    assert site.until(lambda: leader(site) != led, within_s=14), site.log
    assert site.stop(second) == 0
    assert leader(site) is None
