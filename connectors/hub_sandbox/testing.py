"""A carrier process for tests and proofs: started, killed, frozen, started again, and asked what it really took."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hub_sandbox.endpoint import LONGEST_PATH
from hub_sandbox.ledger import Ledger

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from hub_sandbox.page import Submission

_STOPS_WITHIN_S = 15.0


@dataclass
class CarrierProcess:
    """`hub sandbox serve` with its socket, its ledger and its log in `folder`; `keys` are those of hub.ini."""

    folder: Path
    keys: Mapping[str, object] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        """What `[connector.NAME] address` has to say; a path that is too long for the kernel moves elsewhere."""
        path = self.folder / "line"
        if len(os.fsencode(path)) > LONGEST_PATH:
            name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
            path = Path(tempfile.gettempdir()) / f"textohub-carrier-{name}.sock"
        return f"unix:{path}"

    def start(self) -> None:
        """Start it, and wait until it takes calls. Raises RuntimeError with what it said instead."""
        self.folder.mkdir(parents=True, exist_ok=True)
        keys = [word for key, value in self.keys.items() for word in ("--set", f"{key}={value}")]
        command = ["sandbox", "serve", "--listen", self.address, "--folder", str(self.folder), *keys]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "hub", *command], stdout=subprocess.PIPE, stderr=log, text=True
            )
        said = self.process.stdout.readline() if self.process.stdout else ""
        if "is ready" not in said:
            raise RuntimeError(f"the carrier did not start: {said} {(self.folder / 'log').read_text()}")

    def stop(self) -> int:
        """Ask it to stop; its exit code. One that has ended already is left as it is."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
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

    def times_taken(self) -> Counter[str]:
        """How often it took each message, by its own count."""
        with closing(Ledger.in_folder(self.folder)) as ledger:
            return ledger.times_taken()

    def submissions(self) -> list[Submission]:
        """Everything it ever took, in its order."""
        with closing(Ledger.in_folder(self.folder)) as ledger:
            return ledger.submissions()

    def receipts_owed(self) -> int:
        """How many receipts it still owes."""
        with closing(Ledger.in_folder(self.folder)) as ledger:
            return ledger.receipts_owed()

    def _wait(self) -> int:
        if self.process is None:
            return 0
        code = self.process.wait(timeout=_STOPS_WITHIN_S)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def _stands_still(task: Path) -> bool:
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"
