"""A file per process that says it is alive: what container health checks and `hub health` look at."""

from __future__ import annotations

import json
import os
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub.clock import Clock

EVERY_S = 5.0
DEAD_AFTER_S = 30.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Beat:
    """A process's last sign of life; `gone` when it ran on this machine and does no more."""

    name: str
    pid: int
    age_s: float
    gone: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it was heard of lately."""
        return not self.gone and self.age_s < DEAD_AFTER_S


@dataclass
class Heart:
    """Writes a process's sign of life every few seconds, as long as `is_well` says so."""

    data_dir: Path
    name: str
    clock: Clock
    is_well: Callable[[], bool] = lambda: True
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to beat. Raises OSError when the folder cannot be written."""
        folder(self.data_dir).mkdir(parents=True, exist_ok=True)
        self._beat()
        self._thread = threading.Thread(target=self._work, name="heart", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and take the file away: this process ends on purpose."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1)
        self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        return folder(self.data_dir) / f"{self.name}.{os.getpid()}.json"

    def _work(self) -> None:
        while not self._stop.wait(EVERY_S):
            try:
                if self.is_well():
                    self._beat()
            except OSError as error:  # a full disk: the next beat may find room
                log.warning("no_heartbeat", error=str(error))

    def _beat(self) -> None:
        content = {
            "name": self.name,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "at": self.clock.now().timestamp(),
        }
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(content))
        fresh.replace(self._path)


def folder(data_dir: Path) -> Path:
    """Where the signs of life are."""
    return data_dir / "run"


def beats(data_dir: Path, clock: Clock) -> Iterator[Beat]:
    """Every sign of life there is, also of processes that were killed."""
    for _, beat in _files(data_dir, clock):
        yield beat


def forget_dead(data_dir: Path, clock: Clock) -> None:
    """Take away what processes left that were killed."""
    for path, beat in _files(data_dir, clock):
        if not beat.is_alive:
            path.unlink(missing_ok=True)


def runs(pid: int) -> bool:
    """Whether a process of that id runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _files(data_dir: Path, clock: Clock) -> Iterator[tuple[Path, Beat]]:
    now = clock.now().timestamp()
    for path in sorted(folder(data_dir).glob("*.json")):
        try:
            content = json.loads(path.read_text())
            name, pid, age_s = content["name"], content["pid"], now - content["at"]
            here = content["host"] == socket.gethostname()
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it went away, or is of another make
        yield path, Beat(name, pid, age_s, gone=here and not runs(pid))
