"""Sandboxes for tests: all of one test share a folder, as the workers of one hub do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext
from hub.testing.contract import OpenLine, RecordingSink
from hub_sandbox import postman
from hub_sandbox.connector import Sandbox
from hub_sandbox.ledger import Ledger
from hub_sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub import Sink


class TurnedClock:
    """The machine's clock, as far ahead as a test turns it; `stand` stops it."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._stands_at: datetime | None = None

    def now(self) -> datetime:
        """The machine's time, or where the clock stands, and as much as it was turned."""
        return (self._stands_at or datetime.now(UTC)) + self._ahead

    def monotonic(self) -> float:
        """Seconds that were turned as well."""
        return self.now().timestamp()

    def stand(self) -> None:
        """Stop."""
        self._stands_at = datetime.now(UTC)

    def turn(self, seconds: float) -> None:
        """Go ahead by some seconds."""
        self._ahead += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again, and try again, twenty times sooner than outside tests."""
    monkeypatch.setattr(postman, "RETRY_S", 0.05)
    monkeypatch.setattr(postman, "_LONGEST_REST_S", 0.05)


@pytest.fixture
def clock() -> TurnedClock:
    """The clock of all sandboxes of the test."""
    return TurnedClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of all sandboxes of the test."""
    return tmp_path / "carrier"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """The carrier's own word about what it took."""
    ledger = Ledger.in_folder(folder)
    yield ledger
    ledger.close()


@pytest.fixture
def open_sandbox(folder: Path, clock: TurnedClock) -> Iterator[Callable[..., OpenLine]]:
    """Opens a sandbox with the given settings, receipts at once unless told; closes it after the test."""
    opened: list[Sandbox] = []

    def opening(sink: Sink | None = None, **settings: object) -> OpenLine:
        recording = RecordingSink()
        sandbox = Sandbox(
            ConnectorContext(name="sandbox", folder=folder, clock=clock),
            SandboxSettings.model_validate({"receipt_delay_s": 0, "seed": 1, **settings}),
        )
        sandbox.open(sink or recording)
        opened.append(sandbox)
        return OpenLine(sandbox, recording)

    yield opening
    for sandbox in opened:
        sandbox.close()
