"""Events, who is told of them, and what became of the telling."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class EventType(StrEnum):
    """What can happen. Its fields may become more; a change of their meaning would get a name of its own."""

    MESSAGE_SETTLED = "message.settled"
    MESSAGE_INBOUND = "message.inbound"
    CONTACT_OPTED_OUT = "contact.opted_out"
    LINK_CLICKED = "link.clicked"
    BALANCE_LOW = "balance.low"
    CAMPAIGN_FINISHED = "campaign.finished"
    REMINDER_ANSWERED = "reminder.answered"
    SURVEY_ANSWERED = "survey.answered"
    WEBHOOK_TEST = "webhook.test"


SUBSCRIBABLE = tuple(one for one in EventType if one is not EventType.WEBHOOK_TEST)
"""What an account can ask for: a test is told without."""


class WebhookState(StrEnum):
    """Whether a receiver is called: it is, the hub or the operator gave up on it, or it said that it is gone (410)."""

    ACTIVE = "active"
    DISABLED = "disabled"
    GONE = "gone"


class EventState(StrEnum):
    """Where the telling of an event stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to an account at a time (aware UTC); `data` is what JSON can hold, without secrets."""

    account_id: int
    type: EventType
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it waits to be told; `data` is what its fact said."""

    id: str
    type: EventType
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """What a receiver is sent for an event."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An account's wish to be called at `url` when something of these `types` happens. `fault`: why it is not.

    `style` names the plugin's form that its calls have; None for Standard Webhooks.
    """

    id: int
    account_id: int
    url: str
    types: tuple[EventType, ...]
    state: WebhookState
    fault: str | None
    created_at: datetime
    changed_at: datetime
    style: str | None = None


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook as it was made or its secret changed: the secret (`whsec_...`) is shown this once."""

    webhook: Webhook
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call. `status` is the receiver's (None: it gave none), `fault` what went wrong, `took_ms` milliseconds."""

    id: int
    event_id: str
    type: EventType
    at: datetime
    status: int | None
    fault: str | None
    took_ms: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """A webhook as the operator sees it: what waits for it and since when, how often the first was tried in vain."""

    webhook: Webhook
    waiting: int
    oldest_at: datetime | None
    tries: int
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class EventFigures:
    """How many events wait and since when the oldest does (None: none), for how many receivers a call failed last."""

    waiting: int
    oldest: datetime | None
    failing: int
    disabled: int
