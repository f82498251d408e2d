"""The connectors a process holds open: each is built when first needed, and lives as long as the process."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.errors import TemporaryFailure
from hub.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.connector import Connector
    from hub.messages.model import DeliveryReceipt


@dataclass(frozen=True, slots=True)
class ReceiptSink:
    """Where one connector's receipts go."""

    connector: str
    take: Callable[[str, Sequence[DeliveryReceipt]], None]

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Record delivery receipts; returns once the store has them."""
        failpoint("sink.before_receipts")
        self.take(self.connector, receipts)
        failpoint("sink.after_receipts")


@dataclass
class Lines:
    """Open connectors by their name in hub.ini. `build` makes one, `take` records its receipts."""

    build: Callable[[str], Connector]
    take: Callable[[str, Sequence[DeliveryReceipt]], None]
    _open: dict[str, Connector] = field(default_factory=dict)

    def get(self, name: str) -> Connector:
        """The open connector of that name. Raises TemporaryFailure when it cannot be opened now."""
        if name not in self._open:
            self._open[name] = self._opened(name)
        return self._open[name]

    def _opened(self, name: str) -> Connector:
        connector = None
        try:
            connector = self.build(name)
            connector.open(ReceiptSink(name, self.take))
        except Exception as error:
            if connector is not None:
                with suppress(Exception):  # what it had begun must not stay behind; why it failed is said below
                    connector.close()
            raise TemporaryFailure(f"Connector {name} does not open: {error}") from error
        return connector

    def close(self) -> None:
        """Close them all; one that fails does not keep the others open."""
        while self._open:
            _, connector = self._open.popitem()
            try:
                connector.close()
            finally:
                self.close()
