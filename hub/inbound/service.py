"""Where texts from phones come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.errors import TemporaryFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.clock import Clock
    from hub.messages.connector import InboundText
    from hub.store.engine import Store


@dataclass(frozen=True, slots=True)
class Inbox:
    """Keeps texts from phones."""

    store: Store
    clock: Clock

    def take(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Keep texts of one connector; returns after the commit."""
        raise TemporaryFailure(f"{connector} brought {len(texts)} texts, and nothing keeps them yet.")

    def acknowledged(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Note that the carrier was told."""
