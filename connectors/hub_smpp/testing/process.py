"""A carrier in a process of its own: started, frozen, killed, and started again on the same book and port."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from hub_smpp.testing.behaviour import words
from hub_smpp.testing.book import Count, read_count
from hub_smpp.testing.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping

_STOPS_WITHIN_S = 15.0


@dataclass
class SmscProcess(Control):
    """Its book and its log are in `folder`; `values` say how it behaves."""

    folder: Path
    values: Mapping[str, object] = field(default_factory=dict)
    tls: tuple[Path, Path] | None = None
    port: int = 0
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it listens. Raises RuntimeError with what it said instead."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or _free_port()
        command = [sys.executable, "-m", "hub_smpp.testing", "--folder", str(self.folder), "--port", str(self.port)]
        command += [word for pair in words(self.values) for word in ("--set", pair)]
        if self.tls is not None:
            command += ["--cert", str(self.tls[0]), "--key", str(self.tls[1])]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        said = self.process.stdout.readline() if self.process.stdout else ""
        if "ready" not in said:
            raise RuntimeError(f"the carrier did not start: {said} {(self.folder / 'log').read_text()}")

    def order(self, name: str, value: Any = None) -> Any:
        """Have an order carried out, and wait for what comes of it. Raises RuntimeError where it is not running."""
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            raise RuntimeError("the carrier is not running")
        process.stdin.write(f"{json.dumps([name, value])}\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def stop(self) -> int:
        """Ask it to stop; its exit code. One that has ended already is left as it is."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        return self._wait()

    def kill(self) -> None:
        """End it without asking."""
        if self.process is not None:
            self.process.kill()
            self._wait()

    def freeze(self) -> None:
        """Let it stand still; it does when this returns (Linux)."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)
            while not all(_stands_still(task) for task in Path(f"/proc/{self.process.pid}/task").iterdir()):
                time.sleep(0.005)

    def thaw(self) -> None:
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def count(self) -> Count:
        """What the carrier took, by its own book."""
        return read_count(self.folder)

    def _wait(self) -> int:
        if self.process is None:
            return 0
        code = self.process.wait(timeout=_STOPS_WITHIN_S)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return code


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _stands_still(task: Path) -> bool:
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"
