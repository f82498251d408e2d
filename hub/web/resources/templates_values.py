"""What calls about templates take and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.compliance.model import Purpose
from hub.templates.model import LONGEST_NAME
from hub.web import document
from hub.web.examples import shown_as
from hub.web.schemas import AN_ID, LONGEST_SENDER, MOST_ITEMS, Input

_like = partial(shown_as, from_attributes=True)

A_TEMPLATE = "01JZ5Y3X6R8W9T2Q4V7N0KMDBH"
TEMPLATE: dict[str, Any] = {
    "id": A_TEMPLATE,
    "name": "Rendez-vous",
    "text": "Bonjour #prenom#, à demain #heure# au salon.",
    "purpose": "alert",
    "sender": None,
    "fields": ["prenom", "heure"],
    "created_at": "2027-01-04T08:30:00Z",
    "changed_at": "2027-01-04T08:30:00Z",
}
PREVIEW: dict[str, Any] = {
    "text": "Bonjour Nina, à demain 9 h au salon.",
    "characters": 36,
    "encoding": "GSM-7",
    "segments": 1,
    "missing": [],
    "offending": [],
}


class TemplateBody(Input):
    """A text to keep under a name."""

    model_config = shown_as(
        {"name": "Rendez-vous", "text": "Bonjour #prenom#, à demain #heure# au salon.", "purpose": "alert"},
        extra="forbid",
    )

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="Its name; each name once in an account.")
    text: str = Field(min_length=1, description="What to say, perhaps with fields such as `#name#`.")
    purpose: Purpose | None = Field(default=None, description="What a campaign of it is, unless it says otherwise.")
    sender: str | None = Field(default=None, max_length=LONGEST_SENDER, description="What the phone shows.")


class TemplateChanges(Input):
    """What is to change in a template; what is not named stays as it is."""

    model_config = shown_as({"text": "Bonjour #prenom#, à demain #heure#."}, extra="forbid")

    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME, description="Another name.")
    text: str | None = Field(default=None, min_length=1, description="Another text.")
    purpose: Purpose | None = Field(default=None, description="Another purpose; null forgets it.")
    sender: str | None = Field(default=None, max_length=LONGEST_SENDER, description="Another one; null forgets it.")


class PreviewBody(Input):
    """With which values to fill a template's fields."""

    model_config = shown_as({"fields": {"prenom": "Nina", "heure": "9 h"}}, extra="forbid")

    fields: dict[str, str] = Field(default_factory=dict, description="Values by the names of fields.")


class TemplatePath(BaseModel):
    """Which template."""

    template_id: str = Field(description="The template's id.", json_schema_extra={"example": A_TEMPLATE})


class TemplatesQuery(Input):
    """Which page of the templates."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most templates of a page.")
    cursor: str | None = Field(
        default=None, pattern=AN_ID, description="Where the page begins: `next` of the page before."
    )


class Template(BaseModel):
    """A text under a name."""

    model_config = _like(TEMPLATE)

    id: str
    name: str
    text: str
    purpose: Purpose | None
    sender: str | None
    fields: list[str] = Field(description="The fields that its recipients are to bring.")
    created_at: datetime
    changed_at: datetime


class TemplatePage(BaseModel):
    """One page of templates, in the order in which they were made."""

    model_config = _like({"items": [TEMPLATE], "next": None})

    items: list[Template]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class TemplatePreview(BaseModel):
    """A template as it would leave to a person of the account's own country."""

    model_config = _like(PREVIEW)

    text: str = Field(description="With its fields filled, and the opt-out mention where one is due.")
    characters: int
    encoding: str = Field(description="`GSM-7` or `UCS-2`.")
    segments: int
    missing: list[str] = Field(description="Fields that were left empty.")
    offending: list[str] = Field(description="Characters for which it goes as UCS-2.")


_EDITS = {"openapi_extensions": {"parameters": [document.IF_MATCH]}}
_LOCATION = {"description": "Where the template can be looked at.", "schema": {"type": "string"}}
_MADE = {
    "description": "Kept.",
    "headers": {"Location": _LOCATION},
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Template"}, "example": TEMPLATE}},
}
LIST = document.call("listTemplates", "In the order in which they were made.", {"200": TemplatePage}, "")
CREATE = document.call("createTemplate", "Keeps a text under a name.", {"201": _MADE}, "400 408 409 413 415")
GET = document.call("getTemplate", "With its ETag, for who edits it.", {"200": Template}, "404")
PATCH = document.call(
    "patchTemplate",
    "What the body names is changed. Campaigns that were made of it stay as they were.",
    {"200": Template},
    "400 404 408 409 412 413 415",
    **_EDITS,
)
DELETE = document.call(
    "deleteTemplate",
    "Campaigns that were made of it stay.",
    {"204": {"description": "It is gone."}},
    "404 412",
    **_EDITS,
)
PREVIEW_CALL = document.call(
    "previewTemplate",
    "The text with these values, its alphabet and segments. Nothing is sent.",
    {"200": TemplatePreview},
    "400 404 408 413 415",
)
