"""The doorbell: heard at once, worth nothing, and in nobody's way. Holds for RQ 2.12 and for 3."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pytest
from rq import Queue
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from hub.clock import SystemClock
from hub.embedded import PrivateServer, socket_url
from hub.listener import Listener, make_worker
from hub.queue import NoDoorbell, QueueName, Ring, RqDoorbell, clean_up, connect, rq_queue
from hub.testing.clock import FakeClock
from tests.hub.forgetful import Forgetful

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from redis import Redis

    from hub.clock import Clock

SUBMIT = "hub.messages.jobs.submit_due"
EXPAND = "hub.messages.jobs.expand"
AT_ONCE_S = 0.05
SOON_S = 20.0


@dataclass
class Ear:
    """Writes down what jobs ask for."""

    heard: list[str] = field(default_factory=list)
    does: Callable[[], None] = lambda: None

    def submit_due(self, route: str) -> None:
        """Hear that a route may have something due."""
        self.heard.append(f"submit {route}")
        self.does()

    def expand(self) -> None:
        """Hear that a campaign waits."""
        self.heard.append("expand")

    def run_periodic(self, name: str) -> None:
        """Hear that a job is due."""
        self.heard.append(f"run {name}")


class Listens(Protocol):
    """Starts listeners."""

    def __call__(self, queue: QueueName = ..., *, ear: Ear | None = ...) -> Ear:
        """Start one."""
        ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PrivateServer]:
    """A running Redis."""
    made = PrivateServer(tmp_path)
    made.start()
    yield made
    if made.is_alive():
        send(made, signal.SIGCONT)
    made.stop()


@pytest.fixture
def url(server: PrivateServer) -> str:
    """Where it is."""
    return socket_url(server.data_dir)


@pytest.fixture
def redis(url: str) -> Iterator[Redis]:
    """A look into it."""
    with connect(url) as connection:
        yield connection


@pytest.fixture
def listen(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listens]:
    """Start listeners, and stop them afterwards without waiting until they have."""
    listeners: list[Listener] = []

    def start(queue: QueueName = QueueName.DISPATCH, *, ear: Ear | None = None) -> Ear:
        ear = ear or Ear()
        listeners.append(Listener(url, queue, ear))
        listeners[-1].start()
        return ear

    yield start
    monkeypatch.setattr("hub.listener.GOODBYE_S", 0.0)
    for listener in listeners:
        listener.stop()


def ring(url: str, *rings: Ring, clock: Clock | None = None) -> None:
    """Ring, and see to it that it was sent."""
    bell = RqDoorbell(url, clock or SystemClock())
    for one in rings or (Ring(QueueName.DISPATCH, SUBMIT, ("main",)),):
        bell.ring(one)
    bell.close()


def send(server: PrivateServer, number: signal.Signals) -> None:
    """Send the server a signal."""
    assert server.process is not None
    os.kill(server.process.pid, number)
    if number == signal.SIGKILL:
        server.process.wait()


def until(true: Callable[[], object], within_s: float = SOON_S) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return False


def rings_until(url: str, ear: Ear, word: str) -> bool:
    """Whether a ring is heard once it is rung again and again, as a scheduler does."""

    def heard() -> bool:
        ring(url, Ring(QueueName.DISPATCH, SUBMIT, (word,)))
        return f"submit {word}" in ear.heard

    return until(heard, within_s=10)


def waiting(redis: Redis, queue: QueueName = QueueName.DISPATCH) -> list[str]:
    """The ids of the jobs that wait."""
    return rq_queue(queue, redis).get_job_ids()


def test_a_ring_reaches_a_worker_with_its_words(url: str, listen: Listens) -> None:
    """The function is called with what was rung."""
    ear = listen()
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
    assert until(lambda: ear.heard == ["submit main"])


def test_each_queue_has_its_own_ear(url: str, listen: Listens) -> None:
    """A dispatch worker hears nothing of the rest."""
    dispatch, background = listen(QueueName.DISPATCH), listen(QueueName.BACKGROUND)
    ring(url, Ring(QueueName.BACKGROUND, EXPAND), Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
    assert until(lambda: dispatch.heard and background.heard)
    assert (dispatch.heard, background.heard) == (["submit main"], ["expand"])


def test_rings_for_one_thing_within_a_slot_are_one(url: str, redis: Redis) -> None:
    """However many campaigns come in at once."""
    ring(url, *[Ring(QueueName.DISPATCH, SUBMIT, ("main",))] * 20, clock=FakeClock())
    assert len(waiting(redis)) == 1


def test_rings_for_other_things_or_of_another_slot_are_others(url: str, redis: Redis) -> None:
    """By what they are about, and by the quarter of a second."""
    clock = FakeClock()
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("main",)), Ring(QueueName.DISPATCH, SUBMIT, ("spare",)), clock=clock)
    clock.advance(milliseconds=250)
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("main",)), clock=clock)
    assert len(waiting(redis)) == 3


def test_the_same_ring_is_heard_again_once_it_was_answered(url: str, redis: Redis, listen: Listens) -> None:
    """Its id is free as soon as its job is done, even within the slot."""
    ear, clock = listen(), FakeClock()
    for times in (1, 2):
        ring(url, clock=clock)
        assert until(lambda times=times: len(ear.heard) == times)  # type: ignore[misc]  # mypy has no type for it
        assert until(lambda: not redis.exists("rq:wip:dispatch"))


@pytest.mark.parametrize("word", ["main", "Größe:1", "a b", "../../etc", "日本", "", "x" * 300])
def test_a_job_id_is_one_that_rq_takes(url: str, listen: Listens, word: str) -> None:
    """Whatever a route or a job is called: letters, digits, `_` and `-` only."""
    ear = listen()
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, (word,)))
    assert until(lambda: ear.heard == [f"submit {word}"])


def test_a_ring_is_written_as_json(url: str, redis: Redis) -> None:
    """Pickle would run what somebody else wrote."""
    ring(url)
    (job_id,) = waiting(redis)
    job = Job.fetch(job_id, connection=redis, serializer=JSONSerializer)
    assert json.loads(job.data) == [SUBMIT, None, ["main"], {}]


def test_a_ring_nobody_hears_is_gone_after_a_while(url: str, redis: Redis) -> None:
    """A worker that comes back after an hour does not find an hour's rings."""
    ring(url)
    (job_id,) = waiting(redis)
    assert 0 < int(redis.ttl(f"rq:job:{job_id}")) <= 30


@pytest.mark.parametrize("function", ["os.getpid", "hub.messages.jobs_of_others.run", "hub.cli.main"])
def test_no_function_but_the_hubs_own_is_called(
    url: str, redis: Redis, listen: Listens, function: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever can write to Redis cannot make a worker run something else; the next ring is heard."""
    Queue("dispatch", connection=redis, serializer=JSONSerializer).enqueue(function)
    ear = listen()
    ring(url)
    assert until(lambda: ear.heard == ["submit main"])
    assert "ring_refused" in capsys.readouterr().out


def test_a_pickled_job_is_not_opened(url: str, redis: Redis, listen: Listens) -> None:
    """It cannot be read, and the next ring is heard."""
    Queue("dispatch", connection=redis).enqueue(SUBMIT, "pickled")
    ear = listen()
    ring(url)
    assert until(lambda: ear.heard == ["submit main"], within_s=10)


def test_a_job_that_raises_leaves_the_listener_well(url: str, listen: Listens) -> None:
    """The next ring is heard."""

    def stumble() -> None:
        raise RuntimeError("I stumble")

    ear = listen(ear=Ear(does=stumble))
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("a",)))
    assert until(lambda: ear.heard == ["submit a"])
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("b",)))
    assert until(lambda: ear.heard == ["submit a", "submit b"])


def freeze(server: PrivateServer) -> None:
    """Redis that takes connections, and answers nothing."""
    send(server, signal.SIGSTOP)


def kill(server: PrivateServer) -> None:
    """Redis whose socket is there, and nobody behind it."""
    send(server, signal.SIGKILL)


def stop(server: PrivateServer) -> None:
    """No Redis at all."""
    server.stop()


@pytest.mark.parametrize("away", [freeze, kill, stop])
def test_ringing_returns_at_once_whatever_became_of_redis(
    server: PrivateServer, url: str, away: Callable[[PrivateServer], None]
) -> None:
    """A caller has said yes to somebody already; nothing is raised either."""
    bell = RqDoorbell(url, SystemClock())
    bell.ring(Ring(QueueName.BACKGROUND, EXPAND))
    away(server)
    began = time.monotonic()
    for _ in range(20):
        bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
    took = time.monotonic() - began
    bell.close()
    assert took < AT_ONCE_S
    assert time.monotonic() - began < 1.5


def test_too_many_rings_are_dropped(server: PrivateServer, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Memory has an end; the poll comes anyway."""
    freeze(server)
    bell = RqDoorbell(url, SystemClock())
    for _ in range(3000):  # the first thousand may be gathered before the thread finds that Redis hangs
        bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
    bell.close()
    assert "doorbell_full" in capsys.readouterr().out


def test_a_doorbell_rings_again_once_redis_is_back(server: PrivateServer, url: str, redis: Redis) -> None:
    """The same one, without anybody's doing."""
    bell = RqDoorbell(url, SystemClock())
    kill(server)
    bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("lost",)))
    server.start()
    for _ in range(10):
        bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
        time.sleep(0.05)
    bell.close()
    assert waiting(redis)


def test_without_redis_nobody_rings() -> None:
    """And nothing is in the way."""
    bell = NoDoorbell()
    bell.ring(Ring(QueueName.DISPATCH, SUBMIT))
    bell.close()
    assert not vars(bell)


@pytest.mark.parametrize("away", [kill, stop])
def test_a_listener_survives_redis(
    server: PrivateServer, url: str, listen: Listens, away: Callable[[PrivateServer], None]
) -> None:
    """Killed or stopped, and started again: rings are heard as before."""
    ear = listen()
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("before",)))
    assert until(lambda: ear.heard)
    away(server)
    time.sleep(0.3)
    server.start()
    assert rings_until(url, ear, "after")


def test_a_listener_survives_redis_going_while_it_works(
    server: PrivateServer, url: str, listen: Listens, caplog: pytest.LogCaptureFixture
) -> None:
    """The job is done to its end; RQ cannot say so, begins anew, and calls it no fault of the hub's."""
    ear = listen(ear=Ear(does=lambda: kill(server)))
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("before",)))
    assert until(lambda: not server.is_alive())
    ear.does = lambda: None
    server.start()
    assert rings_until(url, ear, "after")
    assert "unhandled" not in caplog.text


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("check_for_suspension", (False,)),
        ("run_maintenance_tasks", ()),
        ("dequeue_job_and_maintain_ttl", (1,)),
        ("heartbeat", ()),
    ],
)
def test_redis_going_at_any_step_of_rq_ends_its_work_well(
    server: PrivateServer, url: str, step: str, words: tuple[object, ...]
) -> None:
    """RQ itself would call it unhandled and log a traceback."""
    worker = make_worker(url, QueueName.DISPATCH, threading.Event())
    kill(server)
    with pytest.raises(StopRequested):
        getattr(worker, step)(*words)


def test_a_listener_survives_redis_being_wiped(url: str, redis: Redis, listen: Listens) -> None:
    """Rings that waited are gone, and new ones are heard."""
    ear = listen()
    ring(url)
    assert until(lambda: ear.heard)
    redis.flushall()
    ring(url, Ring(QueueName.DISPATCH, SUBMIT, ("after",)))
    assert until(lambda: "submit after" in ear.heard)


def test_a_listener_waits_for_a_redis_that_comes_later(tmp_path: Path) -> None:
    """It may start before Redis does."""
    ear = Ear()
    listener = Listener(socket_url(tmp_path), QueueName.DISPATCH, ear)
    listener.start()
    server = PrivateServer(tmp_path)
    server.start()
    heard = rings_until(listener.url, ear, "main")
    listener.stop()
    server.stop()
    assert heard


def test_a_listener_that_stops_signs_off(url: str, redis: Redis) -> None:
    """Soon, and without leaving a worker behind in RQ's books."""
    listener = Listener(url, QueueName.DISPATCH, Ear())
    listener.start()
    assert until(lambda: redis.scard("rq:workers"))
    began = time.monotonic()
    listener.stop()
    assert time.monotonic() - began < 2
    assert redis.scard("rq:workers") == 0


@pytest.mark.parametrize("away", [freeze, kill, stop])
def test_stopping_a_listener_does_not_wait_for_redis(
    server: PrivateServer, url: str, redis: Redis, away: Callable[[PrivateServer], None]
) -> None:
    """Two seconds at most, whatever became of it."""
    listener = Listener(url, QueueName.DISPATCH, Ear())
    listener.start()
    assert until(lambda: redis.scard("rq:workers"))
    away(server)
    time.sleep(0.1)
    began = time.monotonic()
    listener.stop()
    assert time.monotonic() - began < 2.5


def test_a_listener_leaves_signals_to_others(url: str, redis: Redis, listen: Listens) -> None:
    """RQ would install its own handlers, which outlive its worker and raise wherever they find themselves."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)
    ear = listen()
    ring(url)
    assert until(lambda: ear.heard and redis.scard("rq:workers"))
    after = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM)
    assert before == after


def test_a_listener_takes_no_commands(redis: Redis, listen: Listens) -> None:
    """RQ's own worker would end its process when somebody writes `shutdown` to Redis."""
    listen()
    assert until(lambda: redis.scard("rq:workers"))
    assert redis.pubsub_channels("rq:*") == []


def test_what_a_dead_worker_had_in_hand_is_forgotten(url: str, redis: Redis) -> None:
    """Its ring is worth nothing; the registry does not grow."""
    ring(url)
    (job_id,) = waiting(redis)
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).timestamp()
    redis.zadd("rq:wip:dispatch", {f"{job_id}:an-execution": long_ago})
    clean_up(url)
    assert redis.zcard("rq:wip:dispatch") == 0


@pytest.mark.parametrize("loses", [b"hub.messages.jobs", b"EVALSHA"])
def test_a_ring_whose_answer_is_lost_is_rung_once_at_least(
    server: PrivateServer, url: str, listen: Listens, loses: bytes
) -> None:
    """It is not tried again blindly; the next one gets through on the same doorbell (F13)."""
    ear = listen()
    way = Forgetful(server, loses)
    bell = RqDoorbell(way.url, SystemClock())
    bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("first",)))
    assert way.lost.wait(SOON_S)
    bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("second",)))
    assert until(lambda: "submit second" in ear.heard)
    bell.close()
    assert url != way.url
    assert ear.heard.count("submit first") <= 1


def test_a_job_whose_handing_over_is_lost_does_not_stop_the_next(server: PrivateServer, url: str) -> None:
    """The worker asks anew: one ring less, which the scheduler rings again (F13)."""
    way = Forgetful(server, b"BLMOVE")
    ear = Ear()
    listener = Listener(way.url, QueueName.DISPATCH, ear)
    listener.start()
    heard = rings_until(url, ear, "main")
    listener.stop()
    assert (heard, way.lost.is_set()) == (True, True)


@pytest.mark.parametrize("away", [kill, stop])
def test_cleaning_up_without_redis_is_put_off(
    server: PrivateServer, url: str, away: Callable[[PrivateServer], None]
) -> None:
    """It raises nothing."""
    away(server)
    clean_up(url)
    assert not server.is_alive()


@pytest.mark.parametrize("away", [freeze, kill, None])
def test_a_closed_doorbell_leaves_no_thread_behind(
    server: PrivateServer, url: str, away: Callable[[PrivateServer], None] | None
) -> None:
    """It ends with what was rung, or with the ring that cannot be sent."""
    if away:
        away(server)
    bell = RqDoorbell(url, SystemClock())
    for _ in range(1100):
        bell.ring(Ring(QueueName.DISPATCH, SUBMIT, ("main",)))
    bell.close()
    assert until(lambda: not (bell._thread and bell._thread.is_alive()))
