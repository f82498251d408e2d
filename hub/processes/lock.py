"""One `hub serve` per data folder: a lock that its children hold too, so that the next one waits for the last."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from hub.errors import HubError
from hub.processes.heartbeat import folder, runs

if TYPE_CHECKING:
    from pathlib import Path

ORPHANS_MAY_TAKE_S = 15.0
"""How long to wait for processes whose supervisor was killed: they finish what is in hand and end by themselves."""
_LOOK_EVERY_S = 0.1
_NAME = "serve.lock"


@dataclass
class ServeLock:
    """Held as long as this process lives, or one that it forked meanwhile."""

    data_dir: Path
    _file: TextIO | None = None

    def take(self) -> None:
        """Take it. Raises HubError while another `hub serve` runs on the folder."""
        path = folder(self.data_dir) / _NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+")
        end = time.monotonic() + ORPHANS_MAY_TAKE_S
        while not _locked(self._file):
            if self._owner_runs() or time.monotonic() > end:
                self.release()
                raise HubError(f"Another `hub serve` runs on {self.data_dir}; stop it first.")
            time.sleep(_LOOK_EVERY_S)
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _owner_runs(self) -> bool:
        said = (folder(self.data_dir) / _NAME).read_text()
        return said.isdecimal() and runs(int(said))


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
