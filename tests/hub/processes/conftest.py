"""Whole processes of the hub, on a data folder and a database of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import select

from hub.bootstrap import build
from hub.compliance.model import Purpose
from hub.messages.model import CampaignRequest, Recipient
from hub.messages.tables import messages
from hub.processes.heartbeat import beats
from hub_sandbox.ledger import Ledger

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hub.bootstrap import Core

_INHERITED = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}

NOT_LEFT = frozenset({"pending", "claimed", "submitting"})


@dataclass
class Site:
    """A machine that the hub runs on: its folder, its environment, and the processes started there."""

    folder: Path
    environ: dict[str, str]
    core: Core
    account: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(
        self, *words: str, ready: str | None = None, program: Sequence[str] = ("-m", "hub"), **environ: str
    ) -> subprocess.Popen[bytes]:
        """Start a command of the hub, or another `program`; wait for its first sign of life under the name `ready`."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *program, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**_INHERITED, **self.environ, **environ},
                start_new_session=True,
            )
        self.processes.append(process)
        if ready is not None:
            assert self.until(lambda: process.poll() is not None or process.pid in self.alive(ready)), self.log
            assert process.poll() is None, self.log
        return process

    def worker(self, queue: str = "dispatch", **environ: str) -> subprocess.Popen[bytes]:
        """A worker that is ready."""
        return self.start("worker", "--queue", queue, ready=f"worker-{queue}", **environ)

    def scheduler(self) -> subprocess.Popen[bytes]:
        """A scheduler that is ready."""
        return self.start("scheduler", ready="scheduler")

    def alive(self, name: str) -> set[int]:
        """The processes of that name which show signs of life."""
        return {beat.pid for beat in beats(self.core.data_dir, self.core.clock) if beat.name == name and beat.is_alive}

    def send(self, count: int) -> str:
        """Accept that many alerts; the campaign's id."""
        recipients = tuple(Recipient(f"+3361234{number}") for number in range(1000, 1000 + count))
        request = CampaignRequest(self.account, "Bonjour", recipients, purpose=Purpose.ALERT)
        return self.core.accept(request).campaign_id

    def states(self) -> list[str]:
        """The state of every message there is."""
        with self.core.read() as connection:
            return list(connection.execute(select(messages.c.state)).scalars())

    def have_left(self, count: int) -> bool:
        """Whether that many messages are there, and none of them waits any more."""
        states = self.states()
        return len(states) == count and not NOT_LEFT.intersection(states)

    def times_taken(self) -> Counter[str]:
        """How often the carrier took each message."""
        ledger = Ledger.in_folder(self.core.data_dir / "connectors" / "sandbox")
        try:
            return ledger.times_taken()
        finally:
            ledger.close()

    def until(self, true: Callable[[], object], within_s: float = 60.0) -> bool:
        """Whether something comes true in time."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if true():
                return True
            time.sleep(0.02)
        return False

    @staticmethod
    def stop(process: subprocess.Popen[bytes], within_s: float = 30.0) -> int:
        """Ask a process to stop; its exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=within_s)

    @staticmethod
    def kill(process: subprocess.Popen[bytes]) -> None:
        """End a process without asking."""
        process.kill()
        process.wait()

    @property
    def log(self) -> str:
        """What the processes said."""
        return (self.folder / "log").read_text(errors="replace")


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    """What is logged goes to standard output, on one line."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A hub without Redis whose simulated carrier takes ten messages at a time, and its time over them."""
    return {
        "HUB_HUB_DATA_DIR": str(tmp_path / "data"),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_LOG_FORMAT": "json",
        "HUB_PLUGINS_DISABLED": "mail_to_sms",
        "HUB_GUARD_ENABLED": "no",  # numbers side by side are what fraud looks like
        "HUB_MESSAGES_BATCH": "20",
        "HUB_MESSAGES_LEASE_S": "5",
        "HUB_CONNECTOR_SANDBOX_TYPE": "sandbox",
        "HUB_CONNECTOR_SANDBOX_BATCH_SIZE": "10",
        "HUB_CONNECTOR_SANDBOX_LATENCY_MS": "20",
        "HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "0.1",
        "HUB_ROUTE_DEFAULT_CONNECTOR": "sandbox",
    }


@pytest.fixture
def make_site(tmp_path: Path, environ: dict[str, str]) -> Iterator[Callable[..., Site]]:
    """Make a site with an account, of that environment and more; whatever runs there at the end is killed."""
    made: list[Site] = []

    def make(**more: str) -> Site:
        core = build(None, environ=environ | more)
        core.upgrade()
        account, _ = core.accounts.create("Salon Exemple", "FR", credits_=100_000)
        made.append(Site(tmp_path, environ | more, core, account.id))
        return made[-1]

    yield make
    for one in made:
        for process in one.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                one.kill(process)
        one.core.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site on an embedded database."""
    return make_site()
