"""What RQ runs for texts from phones: one ring of the doorbell."""

from __future__ import annotations

from typing import Protocol

from hub.queue import current_worker


class Work(Protocol):
    """What a background worker can be asked to do."""

    def handle_inbound(self) -> None:
        """Work off what texts wait."""
        ...


def handle_inbound() -> None:
    """Work off what texts wait."""
    work: Work = current_worker.get()
    work.handle_inbound()
