"""One `hub serve` per data folder, and the next one waits for what the last one left."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from hub.errors import HubError
from hub.processes import lock
from hub.processes.lock import ServeLock

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

FORK = multiprocessing.get_context("fork")


def supervisor(data_dir: Path, told: Connection, *, child_lives_s: float) -> None:
    """Take the lock, start a child that holds it too, tell its id, and wait to be killed."""
    held = ServeLock(data_dir)
    held.take()
    child = FORK.Process(target=time.sleep, args=(child_lives_s,))
    child.start()
    told.send(child.pid)
    time.sleep(30)
    held.release()


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    """The second is refused at once."""
    first, second = ServeLock(tmp_path), ServeLock(tmp_path)
    first.take()
    began = time.monotonic()
    with pytest.raises(HubError, match=r"Another `hub serve` runs on .*; stop it first\."):
        second.take()
    assert time.monotonic() - began < 0.5


def test_a_folder_that_is_let_go_of_is_free(tmp_path: Path) -> None:
    """Letting go twice is harmless."""
    first, second = ServeLock(tmp_path), ServeLock(tmp_path)
    first.take()
    first.release()
    first.release()
    second.take()
    assert (tmp_path / "run" / "serve.lock").read_text() == str(os.getpid())


def test_two_folders_are_two(tmp_path: Path) -> None:
    """Each has its own."""
    one, other = ServeLock(tmp_path / "a"), ServeLock(tmp_path / "b")
    one.take()
    other.take()
    assert one.data_dir != other.data_dir


def orphaned(data_dir: Path, *, child_lives_s: float) -> int:
    """A supervisor that was killed while its child lives on; the child's id."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=supervisor, args=(data_dir, theirs), kwargs={"child_lives_s": child_lives_s})
    process.start()
    child: int = ours.recv()
    process.kill()
    process.join()
    return child


def test_the_next_one_waits_for_what_a_killed_one_left(tmp_path: Path) -> None:
    """Its children finish what is in hand; two hubs at once would fight over ports."""
    orphaned(tmp_path, child_lives_s=1)
    began = time.monotonic()
    ServeLock(tmp_path).take()
    assert 0.2 < time.monotonic() - began < 3


def test_it_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that hangs is for a person to end."""
    monkeypatch.setattr(lock, "ORPHANS_MAY_TAKE_S", 0.3)
    child = orphaned(tmp_path, child_lives_s=30)
    with pytest.raises(HubError):
        ServeLock(tmp_path).take()
    os.kill(child, signal.SIGKILL)
