"""What the calls of webhooks take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from hub.events.model import SUBSCRIBABLE, EventType, WebhookState
from hub.events.rules import LONGEST_URL
from hub.web.examples import shown_as
from hub.web.schemas import AN_ID, MOST_ITEMS, Input

LARGEST_ID = 2**53
_like = partial(shown_as, from_attributes=True)

WEBHOOK: dict[str, Any] = {
    "id": 3,
    "url": "https://salon.example/hooks/texts",
    "types": ["message.settled", "message.inbound"],
    "state": "active",
    "fault": None,
    "created_at": "2027-01-04T08:30:00Z",
    "changed_at": "2027-01-04T08:30:00Z",
}
ATTEMPT: dict[str, Any] = {
    "id": 12,
    "event_id": "01KE3V5Q6R3Z8Y4T2N7M9P0XAB",
    "type": "message.settled",
    "at": "2027-01-04T08:31:00Z",
    "status": 503,
    "fault": "503 Service Unavailable",
    "took_ms": 87,
}
_URL = "Where to call: http or https, an address of the internet, without name and password."
_TYPES = f"What to tell: some of {', '.join(f'`{one}`' for one in SUBSCRIBABLE)}."


Subscribed = Annotated[EventType, WithJsonSchema({"type": "string", "enum": list(SUBSCRIBABLE)})]
"""A type that can be asked for."""


class WebhookBody(Input):
    """A webhook to make."""

    model_config = shown_as({"url": WEBHOOK["url"], "types": WEBHOOK["types"]}, extra="forbid")

    url: str = Field(max_length=LONGEST_URL, description=_URL)
    types: list[Subscribed] = Field(min_length=1, max_length=len(SUBSCRIBABLE), description=_TYPES)


class EditWebhookBody(Input):
    """What to change of a webhook."""

    model_config = shown_as({"state": "active"}, extra="forbid")

    url: str | None = Field(default=None, max_length=LONGEST_URL, description=_URL)
    types: list[Subscribed] | None = Field(default=None, min_length=1, max_length=len(SUBSCRIBABLE), description=_TYPES)
    state: Literal["active", "disabled"] | None = Field(
        default=None, description="`active` calls it again, at once, and begins with what waits; `disabled` does not."
    )


class WebhookPath(BaseModel):
    """Which webhook."""

    webhook_id: int = Field(ge=1, le=LARGEST_ID, description="Its id.", json_schema_extra={"example": WEBHOOK["id"]})


class EventPath(WebhookPath):
    """Which event of which webhook."""

    event_id: str = Field(
        pattern=AN_ID, description="The event's `webhook-id`.", json_schema_extra={"example": ATTEMPT["event_id"]}
    )


class AttemptsQuery(Input):
    """Which page of the attempts."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most attempts of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class Webhook(BaseModel):
    """Where an account is told what happens."""

    model_config = _like(WEBHOOK)

    id: int
    url: str
    types: list[EventType]
    state: WebhookState = Field(
        description="`disabled`: by hand, or because it took nothing for days; `gone`: it answered 410. Neither is "
        "told what happens meanwhile."
    )
    fault: str | None = Field(description="What went wrong at the last call, if anything did.")
    created_at: datetime
    changed_at: datetime


class SecretWebhook(Webhook):
    """A webhook with its secret, which is shown this once."""

    model_config = _like({**WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="})

    secret: str = Field(description="What signs the calls (Standard Webhooks); keep it where the receiver finds it.")


class WebhookList(BaseModel):
    """Every webhook of the account, the oldest first; there are never so many that a second page is needed."""

    model_config = _like({"items": [WEBHOOK], "next": None})

    items: list[Webhook]
    next: None = None


class WaitingEvent(BaseModel):
    """An event that waits to be told."""

    model_config = _like({"event_id": ATTEMPT["event_id"]})

    event_id: str = Field(description="The `webhook-id` under which it comes.")


class Attempt(BaseModel):
    """One call of a receiver."""

    model_config = _like(ATTEMPT)

    id: int
    event_id: str
    type: EventType
    at: datetime
    status: int | None = Field(description="What the receiver answered; null: nothing was heard.")
    fault: str | None = Field(description="Why it counts as a no; null for a yes.")
    took_ms: int


class AttemptPage(BaseModel):
    """One page of attempts, the latest first."""

    model_config = _like({"items": [ATTEMPT], "next": None})

    items: list[Attempt]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")
