"""A carrier on this machine, and connectors to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext
from hub.plugin_kit import SystemClock
from hub.testing.contract import OpenLine, RecordingSink
from hub_smpp.connector import SmppConnector
from hub_smpp.settings import SmppSettings
from tests.connectors.hub_smpp.carrier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    Connect: TypeAlias = "Callable[..., OpenLine]"


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    """A carrier that listens."""
    carrier = Carrier()
    yield carrier
    carrier.close()


@pytest.fixture
def connect(carrier: Carrier, tmp_path: Path) -> Iterator[Connect]:
    """Open a connector to the carrier, with these settings; closed after the test."""
    lines: list[OpenLine] = []

    def _connect(**settings: object) -> OpenLine:
        line = OpenLine(
            SmppConnector(
                ConnectorContext("carrier", tmp_path / "carrier", SystemClock()),
                SmppSettings.model_validate({"host": "127.0.0.1", "port": carrier.port, **settings}),
            ),
            RecordingSink(),
        )
        lines.append(line)
        line.connector.open(line.sink)
        return line

    yield _connect
    for line in lines:
        line.connector.close()
