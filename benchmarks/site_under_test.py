"""A hub to measure: a folder, a database, settings, and `hub serve` as its users run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.bootstrap import build
from hub.plugin_manager import Plugins
from hub.testing.databases import Databases
from hub.testing.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.accounts.model import Account
    from hub.bootstrap import Core

TEXT = "Bonjour, votre rendez-vous est confirmé mardi à 14h30. Merci, le salon"
READY_WITHIN_S = 60.0
ROLES = ("web", "service-mail_to_sms", "scheduler", "worker-dispatch", "worker-background")


@dataclass
class Site:
    """One hub on one database. `core` is a hub in this process on the same database."""

    kind: str
    folder: Path
    url: str
    environ: dict[str, str]
    core: Core = field(init=False)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.core = build(None, environ=self.environ, plugins=Plugins.load(quiet=True))
        self.account, self.token = self.core.accounts.create("bench", "FR", credits_=10_000_000)

    @contextmanager
    def serving(self) -> Iterator[float]:
        """Run `hub serve`; gives the seconds from its start until it was ready."""
        began = time.perf_counter()
        hub = subprocess.Popen(
            [sys.executable, "-m", "hub", "serve"],
            env={**os.environ, **self.environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            while {beat["name"] for beat in self.processes()} < set(ROLES):
                if time.perf_counter() - began > READY_WITHIN_S or hub.poll() is not None:
                    raise SystemExit(f"hub serve was not ready within {READY_WITHIN_S:.0f} s")
                time.sleep(0.01)
            yield time.perf_counter() - began
        finally:
            hub.terminate()
            hub.wait()

    def processes(self) -> list[dict[str, str | int]]:
        """The processes that show signs of life: their names and ids."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "run").glob("*.json"))]

    def peaks(self) -> dict[str, int]:
        """The most memory that each process held so far, in MB."""
        return {str(one["name"]): peak_of(int(one["pid"])) for one in self.processes()}


@contextmanager
def fresh_database(kind: str) -> Iterator[tuple[str, Path]]:
    """A migrated database that syncs to disk, and a folder for a hub's files; both are cleared away afterwards."""
    home = Path(tempfile.mkdtemp(prefix="textohub-bench-"))
    databases = Databases(home, Plugins.load(quiet=True).migrations(), datetime.now(UTC), durable=True)
    try:
        yield databases.fresh(kind), home / "data"
    finally:
        databases.close()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def sites(kind: str, beyond: Mapping[str, str] = MappingProxyType({})) -> Iterator[Site]:
    """A fresh hub on that kind of database; `beyond` is set beside the usual settings."""
    with fresh_database(kind) as (url, folder):
        site = Site(kind, folder, url, {**settings(folder, url), **beyond})
        try:
            yield site
        finally:
            site.core.close()


def settings(folder: Path, url: str) -> dict[str, str]:
    """The defaults of hub.ini, but for the folder, the database, free ports, a quiet log, and no daily ceiling."""
    return {
        "HUB_GUARD_DAY_CREDITS": "0",
        "HUB_GUARD_HOUR_CREDITS": "0",
        "HUB_HUB_DATA_DIR": str(folder),
        "HUB_HUB_DATABASE_URL": url,
        "HUB_HUB_LOG_LEVEL": "error",
        "HUB_WEB_PORT": str(free_port()),
        "HUB_MAIL_TO_SMS_PORT": str(free_port()),
    }


def peak_of(pid: int) -> int:
    """The most memory that a process held so far, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def forget_peak() -> None:
    """Let `peak_of` this process count from now on (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def number(index: int) -> str:
    """A number whose last digits mean nothing to the sandbox."""
    return f"+336{index // 9000:04d}{index % 9000 + 1:04d}"
