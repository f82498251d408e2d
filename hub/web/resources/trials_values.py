"""What calls about test texts take and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.compliance.model import Purpose  # noqa: TC001 - pydantic reads the hints
from hub.web import document
from hub.web.examples import MESSAGE, shown_as
from hub.web.schemas import LONGEST_SENDER, Input

_like = partial(shown_as, from_attributes=True)

_NUMBER: dict[str, Any] = {
    "number": "+33612345678",
    "verified_at": "2027-01-04T08:31:00Z",
    "asked": None,
    "until": None,
}


class TestNumberBody(Input):
    """Which number is to become the account's own."""

    model_config = shown_as({"number": "+33 6 12 34 56 78"}, extra="forbid")

    number: str = Field(description="A mobile number; without a calling code it is of the account's country.")


class CodeBody(Input):
    """The code that was sent."""

    model_config = shown_as({"code": "042042"}, extra="forbid")

    code: str = Field(pattern="^[0-9]{6}$", description="Its six digits.")


class TestTextBody(Input):
    """A text to look at on one's own phone."""

    model_config = shown_as({"text": "Bonjour #prenom#, à demain !"}, extra="forbid")

    text: str | None = Field(default=None, description="What to say, as it stands: fields are not filled in.")
    template: str | None = Field(default=None, description="The id of a template that says it.")
    purpose: Purpose | None = Field(
        default=None, description="With `marketing` it gets the opt-out mention that is due, as others would see it."
    )
    sender: str | None = Field(default=None, max_length=LONGEST_SENDER, description="What the phone shows.")


class TestNumber(BaseModel):
    """The number that the account's test texts go to."""

    model_config = _like(_NUMBER)

    number: str | None = Field(description="Null until one is confirmed.")
    verified_at: datetime | None
    asked: str | None = Field(description="A number that was sent a code, and waits for it.")
    until: datetime | None = Field(description="How long that code holds.")


_SENT = {
    "description": "It leaves at once.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}, "example": MESSAGE}},
}
_ASKED = {
    "description": "A code is on its way.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TestNumber"}, "example": _NUMBER}},
}
GET = document.call("getTestNumber", "Test texts go there and nowhere else.", {"200": TestNumber}, "")
ASK = document.call(
    "setTestNumber",
    "Sends it a code of six digits, free of charge, which holds for ten minutes. Five codes a day.",
    {"202": _ASKED},
    "400 403 408 413 415",
)
CONFIRM = document.call(
    "confirmTestNumber",
    "From now on test texts go there. A code may be tried five times.",
    {"200": TestNumber},
    "400 408 413 415",
)
SEND = document.call(
    "sendTest",
    "The text leaves at once for the account's own number, at any hour and free of charge, ten times a day.",
    {"201": _SENT},
    "400 403 408 409 413 415",
)
