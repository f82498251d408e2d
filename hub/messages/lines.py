"""The connectors a process holds open: each is built when first needed, and lives as long as the process."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from hub.errors import TemporaryFailure
from hub.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.connector import Connector, InboundText
    from hub.messages.model import DeliveryReceipt


class Inbox(Protocol):
    """Where texts from phones are kept, by the connector that brought them."""

    def take(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Keep texts; returns after the commit."""
        ...

    def acknowledged(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Note that the carrier was told."""
        ...


@dataclass(frozen=True, slots=True)
class LineSink:
    """Where the receipts of one connector go, and the texts that come in by it."""

    connector: str
    take: Callable[[str, Sequence[DeliveryReceipt]], None]
    inbox: Inbox

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Record delivery receipts; returns once the store has them."""
        failpoint("sink.before_receipts")
        self.take(self.connector, receipts)
        failpoint("sink.after_receipts")

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Keep texts from phones; returns once the store has them."""
        self.inbox.take(self.connector, texts)

    def acknowledged(self, texts: Sequence[InboundText]) -> None:
        """Note that the carrier was told."""
        self.inbox.acknowledged(self.connector, texts)


@dataclass
class Lines:
    """Open connectors by their name in hub.ini. `build` makes one, `take` records its receipts, `inbox` its texts."""

    build: Callable[[str], Connector]
    take: Callable[[str, Sequence[DeliveryReceipt]], None]
    inbox: Inbox
    _open: dict[str, Connector] = field(default_factory=dict)

    def get(self, name: str) -> Connector:
        """The open connector of that name. Raises TemporaryFailure when it cannot be opened now."""
        if name not in self._open:
            self._open[name] = self._opened(name)
        return self._open[name]

    def is_open(self, name: str) -> bool:
        """Whether this process holds that connector open."""
        return name in self._open

    def sink(self, name: str) -> LineSink:
        """Where the connector of that name puts what its carrier says."""
        return LineSink(name, self.take, self.inbox)

    def _opened(self, name: str) -> Connector:
        connector = None
        try:
            connector = self.build(name)
            connector.open(self.sink(name))
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
