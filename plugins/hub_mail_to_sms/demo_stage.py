"""What the demonstration stands on: a folder, two ports, a hub in a process of its own, and ways to talk to it."""

from __future__ import annotations

import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage
    from types import TracebackType

READY_WITHIN_S = 40.0
STOPPED_WITHIN_S = 40.0
LOOK_EVERY_S = 0.05
LOG_SHOWN = 4000

_INI = """\
[hub]
data_dir = {folder}/data
log_format = json
[web]
port = {web_port}
[mail_to_sms]
port = {mail_port}
[connector.sandbox]
type = sandbox
latency_ms = 500
receipt_delay_s = 0.8
receipt_order = random
[route.default]
connector = sandbox
[senders]
FR = 36180
"""


class DemoFailed(Exception):
    """The demonstration did not come to its end; the text says where it stopped."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stage:
    """The folder, ports and process of one demonstration; leaving it stops the hub and removes the folder."""

    keep: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="textohub-demo-")))
    web_port: int = field(default_factory=_free_port)
    mail_port: int = field(default_factory=_free_port)
    exit_code: int | None = None
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> float:
        """Start a hub, and wait until it says that it is ready; how many seconds that took."""
        self._ini.write_text(_INI.format(folder=self.folder, web_port=self.web_port, mail_port=self.mail_port))
        began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command("serve"), stdout=log, stderr=log, env=_environment())  # noqa: S603 - our own command
        while b"The hub is ready" not in self._log.read_bytes():
            if self._process.poll() is not None or time.monotonic() - began > READY_WITHIN_S:
                raise DemoFailed("the hub did not start.")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began

    def stop(self) -> None:
        """Stop the hub, if it runs; `exit_code` tells how it ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self.exit_code = self._process.wait(timeout=STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.exit_code = self._process.wait()
        self._process = None

    def hub(self, *words: str) -> dict[str, Any]:
        """Call `hub`, and read its answer in JSON."""
        command = self._command(*words, "--json")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=_environment())  # noqa: S603 - as above
        if done.returncode:
            raise DemoFailed(f"`hub {' '.join(words)}` failed:\n{done.stdout}{done.stderr}")
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def get(self, path: str, token: str) -> dict[str, Any]:
        """Ask the REST API."""
        headers = {"Authorization": f"Bearer {token}"}
        response = requests.get(f"http://127.0.0.1:{self.web_port}{path}", headers=headers, timeout=10)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def send(self, mail: EmailMessage) -> str:
        """Send a mail as any mail program does; the hub's words behind 250."""
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=30) as client:
            client.ehlo("salon.example")
            client.mail(re.sub(r".*<|>", "", str(mail["From"])))
            client.rcpt(str(mail["To"]))
            code, words = client.data(mail.as_bytes(policy=SMTP))
        if code != 250:  # noqa: PLR2004 - SMTP's own yes
            raise DemoFailed(f"the hub answered {code} {words.decode()}")
        return words.decode()

    def last_of_the_log(self) -> str:
        """The end of the hub's log, for when something went wrong."""
        return self._log.read_text(errors="replace")[-LOG_SHOWN:] if self._log.exists() else ""

    @property
    def _ini(self) -> Path:
        return self.folder / "hub.ini"

    @property
    def _log(self) -> Path:
        return self.folder / "hub.log"

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hub", "--config", str(self._ini), *words]


def _environment() -> Mapping[str, str]:
    """Without the caller's HUB_ settings: they would lead the demonstration to another hub's database."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith("HUB_")}
