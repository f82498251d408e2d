"""What the calls of persons answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hub.people.model import ErasureState, Wait
from hub.web import answers
from hub.web.examples import INBOUND, MESSAGE, SUPPRESSION, shown_as
from hub.web.resources.consents_values import CONSENT, RegisteredConsent

_like = partial(shown_as, from_attributes=True)

CONTACT: dict[str, Any] = {
    "list_id": 3,
    "list_name": "Clients",
    "info1": "Nina",
    "info2": None,
    "info3": None,
    "info4": None,
    "fields": {"ville": "Lyon"},
    "added_at": "2027-01-04T08:00:00Z",
    "changed_at": "2027-01-04T08:00:00Z",
}
MAIL: dict[str, Any] = {
    "to": "contact@salon.example",
    "kind": "inbound",
    "subject": "SMS de +33612345678",
    "body": "Merci, à demain",
    "state": "sent",
    "created_at": "2027-01-04T08:45:00Z",
    "sent_at": "2027-01-04T08:45:02Z",
}
TRACK: dict[str, Any] = {
    "kind": "last_text",
    "at": "2027-01-04T08:30:00Z",
    "campaign_id": MESSAGE["id"][:26],
    "data": {"sender": "36180"},
}
ERASED: dict[str, Any] = {
    "contacts": 1,
    "consents": 1,
    "unallocated": 0,
    "texts": 12,
    "cancelled": 1,
    "answers": 2,
    "mails": 2,
    "events": 0,
    "clicks": 0,
    "import_lines": 0,
    "plugin_rows": 0,
}


class HeldSuppression(answers.Suppression):
    """Why the number must not be texted, with what was noted beside it."""

    model_config = ConfigDict(from_attributes=True)

    note: str | None


class HeldContact(BaseModel):
    """What a list knows of the person."""

    model_config = ConfigDict(from_attributes=True)

    list_id: int
    list_name: str | None
    info1: str | None
    info2: str | None
    info3: str | None
    info4: str | None
    fields: dict[str, str]
    added_at: datetime
    changed_at: datetime


class HeldMail(BaseModel):
    """A mail of the hub's own that speaks of the person, and to whom it goes."""

    model_config = ConfigDict(from_attributes=True)

    to: str
    kind: str
    subject: str
    body: str
    state: str
    created_at: datetime
    sent_at: datetime | None


class HeldTrack(BaseModel):
    """Something else that was noted of the number."""

    model_config = ConfigDict(from_attributes=True)

    kind: str = Field(
        description="`unallocated`, `last_text`, `answered`, `import_line`, `event` and its type, or a plugin's table."
    )
    at: datetime | None = Field(description="null where it was not noted.")
    campaign_id: str | None
    data: dict[str, Any]


class Person(BaseModel):
    """Everything that the account holds about a number; empty lists where it holds nothing."""

    model_config = shown_as(
        {
            "number": "+33612345678",
            "suppressions": [{**SUPPRESSION, "note": None}],
            "contacts": [CONTACT],
            "consents": [CONSENT],
            "messages": [MESSAGE],
            "answers": [INBOUND],
            "mails": [MAIL],
            "tracks": [TRACK],
        }
    )

    number: str
    suppressions: list[HeldSuppression]
    contacts: list[HeldContact]
    consents: list[RegisteredConsent]
    messages: list[answers.Message]
    answers: list[answers.InboundMessage]
    mails: list[HeldMail]
    tracks: list[HeldTrack]


class ErasedCounts(BaseModel):
    """What was erased so far."""

    model_config = ConfigDict(from_attributes=True)

    contacts: int = Field(description="Lists that the number was taken off.")
    consents: int
    unallocated: int = Field(description="Notes that the number is nobody's.")
    texts: int = Field(description="Texts whose number and words were emptied; amounts, dates and states stay.")
    cancelled: int = Field(description="Of these, the ones that had not left: they were cancelled, and cost nothing.")
    answers: int
    mails: int
    events: int = Field(description="Calls of webhooks whose number and words were emptied.")
    clicks: int = Field(description="Visits of links that are nobody's now.")
    import_lines: int
    plugin_rows: int = Field(description="What plugins kept of the person, such as names of recipients.")


class ErasedPerson(BaseModel):
    """What became of an erasure."""

    model_config = shown_as(
        {
            "number": "+33612345678",
            "state": "done",
            "asked_at": "2027-01-04T08:50:00Z",
            "done_at": "2027-01-04T08:50:01Z",
            "erased": ERASED,
            "waits_for": [],
            "opted_out": True,
        },
        from_attributes=True,
    )

    number: str
    state: ErasureState = Field(description="With `running` the hub goes on by itself.")
    asked_at: datetime
    done_at: datetime | None
    erased: ErasedCounts
    waits_for: list[Wait] = Field(
        description="What cannot be erased yet: `texts` with a carrier whose answer is awaited (48 hours at most), "
        "`campaigns` being expanded, `answers` not worked off, `mails` being sent, `imports` neither stored nor "
        "cancelled."
    )
    opted_out: bool = Field(
        description="Whether the person had said stop. Then the number itself is kept for that one purpose: nobody "
        "may text it, and the law asks for it."
    )
