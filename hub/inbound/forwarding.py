"""Forward a text from a phone to the mailbox of its account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.inbound.model import InboundMessage


def forward(connection: Connection, message: InboundMessage, account: Account, *, at: datetime) -> bool:  # noqa: ARG001
    """Post a mail in the caller's transaction; False where there is nowhere to send it."""
    return False
