"""A disk that can be filled and emptied: a tmpfs where one may be mounted, else files that may not be written."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.store.engine import Store, sqlite_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SIZE = "4m"


@dataclass
class SmallDisk:
    """Where a database lies."""

    folder: Path
    is_mounted: bool = False
    _held: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The database's."""
        return sqlite_url(self.folder)

    def make(self, *, mounted: bool) -> None:
        """Make it; a mount of its own only if the machine lets us."""
        self.folder.mkdir()
        if mounted:
            order = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(self.folder)]
            self.is_mounted = subprocess.run(order, check=False, capture_output=True).returncode == 0

    def unmount(self) -> None:
        """Take it away."""
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def fill(self, pids: Sequence[int]) -> None:
        """Leave no room; without a mount, let the kernel refuse what these processes write (RLIMIT_FSIZE)."""
        if not self.is_mounted:
            self._held = list(pids)
            self._limit(0)
            return
        self._empty_log()
        with (self.folder / "filler").open("ab", buffering=0) as filler:
            for size in (4096, 1):
                while _fits(filler, size):
                    pass

    def _empty_log(self) -> None:
        """Give the disk SQLite's log back: what it once took can be written over, and keeps nobody out."""
        with closing(sqlite3.connect(self.folder / "hub.db", timeout=10)) as connection:
            for _ in range(100):
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                    return
        raise AssertionError("somebody always reads the log")

    def free(self) -> None:
        """Make room again."""
        if self.is_mounted:
            (self.folder / "filler").unlink()
        else:
            self._limit(resource.RLIM_INFINITY)

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong with the file."""
        store = Store(self.url)
        with store.read() as connection:
            found = connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
        store.close()
        return bool(found == "ok")

    def _limit(self, size: int) -> None:
        for pid in self._held:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _fits(file: Any, size: int) -> bool:
    try:
        return bool(file.write(b"\0" * size))
    except OSError:
        return False
