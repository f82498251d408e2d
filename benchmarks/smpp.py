"""What goes over a bind: submit_sm alone, and a campaign from its acceptance to the last receipt.

The carrier is a process of its own on this machine and shares its cores; its book is written, receipts come at once.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pipeline
from site_under_test import TEXT, number, sites

from hub import ConnectorContext
from hub.observe import configure_logging
from hub.plugin_kit import SystemClock
from hub.testing.contract import RecordingSink, outgoing
from hub_smpp.connector import SmppConnector
from hub_smpp.settings import SmppSettings
from hub_smpp.testing import Behaviour, SmscProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hub import OutgoingMessage

WINDOWS = (1, 10, 100)
BIND_S = 3.0
"""How long each bind is measured; a batch before that warms it up."""
BATCH = 500
LANES = 2


@dataclass(frozen=True, slots=True)
class BindRates:
    """submit_sm per second over one bind, answers read, without receipts and with them acknowledged."""

    window: int
    without: float
    with_receipts: float


class _Counting(RecordingSink):
    """Counts receipts, and keeps none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def receipts(self, receipts: Sequence[object]) -> None:
        """Count them."""
        self.count += len(receipts)


def measure_binds() -> list[BindRates]:
    """Every window, on a fresh carrier each."""
    configure_logging("error", "auto")
    return [BindRates(window, _bind(window, receipts=False), _bind(window, receipts=True)) for window in WINDOWS]


def measure_campaign(kind: str, count: int) -> float:
    """Messages per second from the call that accepts a campaign to its last receipt, in a running hub."""
    with _carrier() as carrier, sites(kind, _environ(carrier)) as site, site.serving():
        return pipeline.whole(site, count)


@contextmanager
def _carrier(**values: object) -> Iterator[SmscProcess]:
    with tempfile.TemporaryDirectory(prefix="textohub-bench-smpp-") as folder, SmscProcess(Path(folder), values) as one:
        yield one


def _environ(carrier: SmscProcess) -> dict[str, str]:
    """One bind with a window as large carriers grant it; everything else is the default."""
    known = Behaviour()
    return {
        "HUB_CONNECTOR_CARRIER_TYPE": "smpp",
        "HUB_CONNECTOR_CARRIER_HOST": "127.0.0.1",
        "HUB_CONNECTOR_CARRIER_PORT": str(carrier.port),
        "HUB_CONNECTOR_CARRIER_SYSTEM_ID": known.system_id,
        "HUB_CONNECTOR_CARRIER_PASSWORD": known.password,
        "HUB_CONNECTOR_CARRIER_WINDOW": "100",
        "HUB_ROUTE_DEFAULT_CONNECTOR": "carrier",
    }


def _bind(window: int, *, receipts: bool) -> float:
    known = Behaviour()
    with _carrier() as carrier:
        sink = _Counting()
        values = {
            "host": "127.0.0.1",
            "port": carrier.port,
            "system_id": known.system_id,
            "password": known.password,
            "window": window,
            "registered_delivery": receipts,
        }
        context = ConnectorContext("carrier", carrier.folder / "line", SystemClock())
        connector = SmppConnector(context, SmppSettings.model_validate(values))
        connector.open(sink)
        try:
            connector.submit(_messages(BATCH))
            return _rate(connector, _messages(BATCH))
        finally:
            connector.close()


def _rate(connector: SmppConnector, batch: Sequence[OutgoingMessage]) -> float:
    """By as many lanes as the connector has, as a worker does."""
    began = time.perf_counter()
    counts = [0] * LANES

    def lane(which: int) -> None:
        while time.perf_counter() - began < BIND_S:
            counts[which] += len(connector.submit(batch))

    threads = [Thread(target=lane, args=(which,)) for which in range(LANES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def _messages(count: int) -> list[OutgoingMessage]:
    return [outgoing(to=number(index), parts=(TEXT,)) for index in range(count)]
