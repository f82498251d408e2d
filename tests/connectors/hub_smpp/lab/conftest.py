"""Carriers that misbehave as told, and connectors to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import pytest

from hub import ConnectorContext
from hub.plugin_kit import SystemClock
from hub.testing.contract import OpenLine, RecordingSink
from hub_smpp.connector import SmppConnector
from hub_smpp.settings import SmppSettings
from hub_smpp.testing import Behaviour, SmscProcess, SmscThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WITHIN_S = 30.0


class CarrierMaker(Protocol):
    """Makes carriers that behave as told; each keeps its book in a folder of its own."""

    def __call__(self, name: str = "carrier", *, tls: tuple[Path, Path] | None = None, **values: object) -> SmscThread:
        """Make the one of that name; it runs until the test ends."""
        ...


class LineMaker(Protocol):
    """Opens connectors."""

    def __call__(self, port: int, **settings: object) -> OpenLine:
        """Open one to the carrier on that port; closed after the test."""
        ...


@pytest.fixture
def make_carrier(tmp_path: Path) -> Iterator[CarrierMaker]:
    """Make carriers."""
    made: dict[str, SmscThread] = {}

    def maker(name: str = "carrier", *, tls: tuple[Path, Path] | None = None, **values: object) -> SmscThread:
        if name not in made:
            made[name] = SmscThread(tmp_path / name, values, tls=tls)
            made[name].__enter__()
        return made[name]

    yield maker
    for carrier in made.values():
        carrier.__exit__()


@pytest.fixture
def carrier_process(tmp_path: Path) -> Iterator[SmscProcess]:
    """A carrier in a process of its own, which can be frozen and killed."""
    with SmscProcess(tmp_path / "carrier") as carrier:
        yield carrier


@pytest.fixture
def open_line(tmp_path: Path) -> Iterator[LineMaker]:
    """Open connectors."""
    lines: list[OpenLine] = []

    def maker(port: int, **settings: object) -> OpenLine:
        known = Behaviour()
        values = {"host": "127.0.0.1", "port": port, "system_id": known.system_id, "password": known.password}
        context = ConnectorContext("carrier", tmp_path / f"line-{len(lines)}", SystemClock())
        context.folder.mkdir()
        line = OpenLine(
            SmppConnector(context, SmppSettings.model_validate({"reconnect_max_s": 0.2, **values, **settings})),
            RecordingSink(),
        )
        lines.append(line)
        line.connector.open(line.sink)
        return line

    yield maker
    for line in lines:
        line.connector.close()


def until(true: Callable[[], object]) -> None:
    """Wait for something to become true; AssertionError when it does not in any sane time."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
