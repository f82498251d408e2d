"""Counting in Redis, and what becomes of it when Redis goes away."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from limits import RateLimitItemPerMinute
from redis import Redis

from hub.embedded import PrivateServer, socket_url
from hub.web.windows import AWAY_S, REDIS_WITHIN_S, Counts, Room, Windows, room_of

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from typing import Any

TWO = RateLimitItemPerMinute(2)


@dataclass
class Stopwatch:
    """A monotonic clock that a test moves."""

    at: float = 1000.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.at


@pytest.fixture
def redis() -> Iterator[PrivateServer]:
    """A Redis of its own; its folder's path must be short."""
    with tempfile.TemporaryDirectory() as folder:
        server = PrivateServer(Path(folder))
        server.start()
        yield server
        server.stop()


def freeze(server: PrivateServer, how: signal.Signals) -> None:
    """Stop a server's process where it stands, or let it go on."""
    assert server.process is not None
    os.kill(server.process.pid, how)


def test_what_is_over_the_limit_is_not_counted() -> None:
    """And how long to wait is told, a second at least."""
    windows = Windows()
    assert [windows.take(TWO, "a").counted for _ in range(3)] == [True, True, False]
    assert (windows.look(TWO, "a").counted, windows.look(TWO, "b").counted) == (False, True)
    assert 1 <= windows.look(TWO, "a").reset_s <= 60


def test_processes_count_together_in_redis(redis: PrivateServer) -> None:
    """(B32) A second web machine is no second allowance."""
    url = socket_url(redis.data_dir)
    one, other = Windows(url), Windows(url)
    assert [
        one.take(TWO, "a").counted,
        other.take(TWO, "a").counted,
        one.take(TWO, "a").counted,
        other.look(TWO, "a").counted,
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_without_redis_each_process_counts_for_itself(logs: list[MutableMapping[str, Any]]) -> None:
    """(B32) The limit stays a limit, and the log says so once."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        windows = Windows(f"redis://127.0.0.1:{probe.getsockname()[1]}/0", Stopwatch())
        assert [windows.take(TWO, "a").counted for _ in range(3)] == [True, True, False]
    assert [line["event"] for line in logs] == ["redis_away"]


def test_a_redis_that_hangs_costs_one_request_a_moment(redis: PrivateServer) -> None:
    """It is asked once, and then left alone: a hundred requests do not wait a hundred times."""
    windows = Windows(socket_url(redis.data_dir), Stopwatch())
    freeze(redis, signal.SIGSTOP)
    began = time.monotonic()
    answers = [windows.take(TWO, "a").counted for _ in range(100)]
    took_s = time.monotonic() - began
    freeze(redis, signal.SIGCONT)
    assert answers == [True, True, *[False] * 98]
    assert took_s < 100 * REDIS_WITHIN_S / 2


def test_a_redis_that_is_back_is_asked_again(redis: PrivateServer) -> None:
    """After a while, and by one request first."""
    clock = Stopwatch()
    windows = Windows(socket_url(redis.data_dir), clock)
    freeze(redis, signal.SIGSTOP)
    assert [windows.take(TWO, "a").counted for _ in range(3)] == [True, True, False]
    freeze(redis, signal.SIGCONT)
    assert not windows.take(TWO, "a").counted
    clock.at += AWAY_S
    one = RateLimitItemPerMinute(1)
    assert windows.take(one, "b").counted
    assert not Windows(socket_url(redis.data_dir)).look(one, "b").counted


@pytest.mark.parametrize(
    ("counts", "counted", "room"),
    [
        (Counts(0, 0.0, 1, 120.0), True, Room(counted=True, limit=10, remaining=9, reset_s=60)),
        (Counts(0, 0.0, 4, 75.5), True, Room(counted=True, limit=10, remaining=6, reset_s=16)),
        (Counts(10, 30.0, 2, 90.0), True, Room(counted=True, limit=10, remaining=3, reset_s=30)),
        (Counts(0, 0.0, 10, 80.0), False, Room(counted=False, limit=10, remaining=0, reset_s=20)),
        (Counts(10, 60.0, 0, 120.0), False, Room(counted=False, limit=10, remaining=0, reset_s=1)),
        (Counts(10, 48.0, 4, 108.0), False, Room(counted=False, limit=10, remaining=0, reset_s=12)),
    ],
)
def test_what_is_left_follows_from_two_windows(counts: Counts, counted: bool, room: Room) -> None:  # noqa: FBT001 - a column
    """The earlier one counts by the part that still reaches in; a wait ends when enough of it has slid out."""
    assert room_of(counts, 10, 60, counted=counted) == room


def test_counting_asks_redis_once(redis: PrivateServer) -> None:
    """What is left comes with the count: `take` is one command."""
    url = socket_url(redis.data_dir)
    windows, eye = Windows(url), Redis.from_url(url)
    windows.take(TWO, "a")
    before = eye.info("commandstats")["cmdstat_evalsha"]["calls"]
    assert windows.take(TWO, "a") == Room(counted=True, limit=2, remaining=0, reset_s=60)
    assert eye.info("commandstats")["cmdstat_evalsha"]["calls"] == before + 1
