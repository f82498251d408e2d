"""Signs of life: written, looked at, and taken away."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from typing import TYPE_CHECKING

import pytest

from hub.processes import heartbeat
from hub.processes.heartbeat import Beat, Heart, beats, folder, forget_dead, runs
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOBODY = 4_194_304
"""A process id that Linux never gives (it is one more than the highest)."""


@pytest.fixture
def clock() -> FakeClock:
    """The time of all processes here."""
    return FakeClock()


@pytest.fixture
def heart(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heart]:
    """A heart that beats a hundred times a second."""
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.01)
    made = Heart(tmp_path, "web", clock)
    yield made
    made.stop()


def leave(data_dir: Path, **changes: object) -> Path:
    """A sign of life that somebody left behind."""
    content = {"name": "web", "pid": NOBODY, "host": socket.gethostname(), "at": FakeClock().now().timestamp()}
    folder(data_dir).mkdir(exist_ok=True)
    path = folder(data_dir) / f"web.{changes.get('pid', NOBODY)}.json"
    path.write_text(json.dumps({**content, **changes}))
    return path


def test_a_process_that_beats_is_alive(heart: Heart, tmp_path: Path, clock: FakeClock) -> None:
    """At once, and by its name and its id."""
    heart.start()
    assert list(beats(tmp_path, clock)) == [Beat("web", os.getpid(), 0.0)]
    assert next(beats(tmp_path, clock)).is_alive


def test_it_goes_on_beating(heart: Heart, tmp_path: Path, clock: FakeClock) -> None:
    """So that it never gets old."""
    heart.start()
    clock.advance(seconds=100)
    time.sleep(0.1)
    assert [beat.age_s for beat in beats(tmp_path, clock)] == [0.0]


def test_it_stops_beating_when_it_is_not_well(heart: Heart, tmp_path: Path, clock: FakeClock) -> None:
    """Alive for half a minute more, and then no longer."""
    heart.is_well = lambda: False
    heart.start()
    clock.advance(seconds=29)
    before = next(beats(tmp_path, clock)).is_alive
    clock.advance(seconds=2)
    time.sleep(0.05)
    assert (before, next(beats(tmp_path, clock)).is_alive) == (True, False)


def test_a_process_that_ends_on_purpose_leaves_nothing(heart: Heart, tmp_path: Path) -> None:
    """Not even when it is stopped twice."""
    heart.start()
    heart.stop()
    heart.stop()
    assert list(folder(tmp_path).iterdir()) == []


def test_a_beat_that_cannot_be_written_is_not_the_last(heart: Heart, tmp_path: Path, clock: FakeClock) -> None:
    """A full disk has room again some day; here the folder is gone for a while."""
    heart.start()
    shutil.rmtree(folder(tmp_path))
    time.sleep(0.05)
    folder(tmp_path).mkdir()
    time.sleep(0.1)
    assert [beat.pid for beat in beats(tmp_path, clock)] == [os.getpid()]


def test_a_process_that_was_killed_is_gone_at_once(tmp_path: Path, clock: FakeClock) -> None:
    """On this machine it can be seen that nobody has its id."""
    leave(tmp_path)
    assert [(beat.gone, beat.is_alive) for beat in beats(tmp_path, clock)] == [(True, False)]


def test_a_process_elsewhere_is_alive_until_it_gets_old(tmp_path: Path, clock: FakeClock) -> None:
    """Containers that share a folder do not see each other's processes."""
    leave(tmp_path, host="another")
    young = [beat.is_alive for beat in beats(tmp_path, clock)]
    clock.advance(seconds=31)
    assert (young, [beat.is_alive for beat in beats(tmp_path, clock)]) == ([True], [False])


def test_what_the_dead_left_is_taken_away(heart: Heart, tmp_path: Path, clock: FakeClock) -> None:
    """And nothing else."""
    heart.start()
    gone, elsewhere, old = leave(tmp_path), leave(tmp_path, pid=7, host="another"), leave(tmp_path, pid=8, at=0.0)
    forget_dead(tmp_path, clock)
    assert [path.exists() for path in (gone, elsewhere, old)] == [False, True, False]
    assert os.getpid() in {beat.pid for beat in beats(tmp_path, clock)}


@pytest.mark.parametrize("content", ["", "{", "[]", "7", '{"name": "web"}', '{"name": "web", "pid": 1, "at": "now"}'])
def test_what_is_no_sign_of_life_is_passed_over(tmp_path: Path, clock: FakeClock, content: str) -> None:
    """Also while it is being written."""
    leave(tmp_path).write_text(content)
    forget_dead(tmp_path, clock)
    assert list(beats(tmp_path, clock)) == []


def test_no_folder_is_no_process(tmp_path: Path, clock: FakeClock) -> None:
    """Before anything ever ran."""
    forget_dead(tmp_path, clock)
    assert list(beats(tmp_path, clock)) == []


def test_it_is_known_who_runs() -> None:
    """Somebody else's process runs too (1 is init)."""
    assert (runs(os.getpid()), runs(1), runs(NOBODY)) == (True, True, False)
