"""A text from a phone, as those see it who decide what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A text that a person sent. `number` is theirs (E.164), `to` the sender that they wrote to.

    `campaign_id` and `message_id` (`CAMPAIGN-position`) name what it answers, where that is known.
    """

    id: int
    account_id: int | None
    campaign_id: str | None
    message_id: str | None
    number: str
    to: str
    text: str
    received_at: datetime
