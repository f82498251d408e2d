"""A listener as a process of its own, as operators run it: what it logs, and what it holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.testing.ports import free_port

from .conftest import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Listener

START_WITHIN_S = 60.0
_LISTENS = "0A"


@dataclass
class ListenerProcess:
    """One that runs, on the database of a test's own listener."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def clients(self) -> int:
        """How many connections it holds, of those too that the other side has closed (proc(5), `/proc/net/tcp`)."""
        table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = (line.split() for line in table)
        return sum(row[1].endswith(f":{self.port:04X}") and row[3] != _LISTENS and row[9] != "0" for row in rows)

    def peak_mb(self) -> float:
        """The most memory that it ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024

    def logged(self) -> list[dict[str, Any]]:
        """What it has logged; a line that is no JSON, such as one of a traceback, comes as an error."""
        return [_as_event(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@contextmanager
def listener_process(listener: Listener, folder: Path, **settings: object) -> Iterator[ListenerProcess]:
    """Start one with these `[mail_to_sms]` settings, and stop it at the end."""
    port, log = free_port(), folder / "listener.log"
    environ = {**os.environ, **_environment_of(listener, port)}
    environ |= {f"HUB_MAIL_TO_SMS_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "hub", "service", "mail_to_sms"]
    with log.open("wb") as stream, subprocess.Popen(command, env=environ, stderr=stream) as process:
        try:
            _wait_until_it_greets(port, process)
            yield ListenerProcess(process, port, log)
        finally:
            process.terminate()


def _environment_of(listener: Listener, port: int) -> dict[str, str]:
    """The settings of another process on the same database."""
    core = listener.hub.core
    return {
        "HUB_HUB_DATA_DIR": str(core.data_dir / "other"),
        "HUB_HUB_DATABASE_URL": core.store.url.render_as_string(hide_password=False),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_LOG_FORMAT": "json",
        "HUB_GUARD_ENABLED": "no",
        "HUB_HUB_SECRET_KEY": ",".join(core.vault.keys),
        "HUB_MAIL_TO_SMS_PORT": str(port),
    }


def _wait_until_it_greets(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with Wire(port) as wire:
                if wire.reply().startswith("220"):
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the listener did not start")


def _as_event(line: str) -> dict[str, Any]:
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"level": "error", "event": line}
    return event
