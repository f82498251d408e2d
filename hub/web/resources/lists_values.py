"""What the calls of contact lists take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hub.contacts.lists import LONGEST_NAME
from hub.web.examples import shown_as
from hub.web.schemas import MOST_ITEMS, Input

LARGEST_ID = 2**53
_like = partial(shown_as, from_attributes=True)

LIST: dict[str, Any] = {
    "id": 12,
    "name": "Clients fidèles",
    "size": 2,
    "created_at": "2027-01-04T08:30:00Z",
    "changed_at": "2027-01-04T08:31:00Z",
}
_KNOWN: dict[str, Any] = {
    "info1": "Nina",
    "info2": None,
    "info3": None,
    "info4": None,
    "fields": {"ville": "Lyon"},
}
CONTACT: dict[str, Any] = {
    "number": "+33612345678",
    **_KNOWN,
    "added_at": "2027-01-04T08:31:00Z",
    "changed_at": "2027-01-04T08:31:00Z",
}


class ListBody(Input):
    """A list to make."""

    model_config = shown_as({"name": LIST["name"]}, extra="forbid")

    name: str = Field(max_length=LONGEST_NAME, description="What the account calls it; no two are called alike.")


class ListPath(BaseModel):
    """Which list."""

    list_id: int = Field(ge=1, le=LARGEST_ID, description="The list's id.", json_schema_extra={"example": LIST["id"]})


class ContactPath(ListPath):
    """Which contact of which list."""

    number: str = Field(
        description="Its number; without a calling code it is of the account's country.",
        json_schema_extra={"example": "+33612345678"},
    )


class ListsQuery(Input):
    """Which page of the lists."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most lists of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class ContactsQuery(Input):
    """Which contacts of a list, and which page of them."""

    number: str | None = Field(
        default=None,
        pattern=r"^\+[0-9]{1,15}$",
        description="Only numbers that begin so, in E.164.",
        json_schema_extra={"example": "+336"},
    )
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most contacts of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^\+[0-9]{1,15}$", description="Where the page begins: `next` of the page before."
    )


class KnownBody(Input):
    """What is known of a person."""

    info1: str | None = Field(default=None, description="The first field that every contact has: `#info1#` in texts.")
    info2: str | None = None
    info3: str | None = None
    info4: str | None = None
    fields: dict[str, str] | None = Field(default=None, description="Fields with names of the account's own.")


class ContactBody(KnownBody):
    """A person to bring to a list."""

    number: str = Field(
        description="A mobile number, as in +33 6 12 34 56 78; without a calling code it is of the account's country."
    )


class ContactsBody(Input):
    """People to bring to a list."""

    model_config = shown_as(
        {"contacts": [{"number": "06 12 34 56 78", "info1": "Nina", "fields": {"ville": "Lyon"}}]}, extra="forbid"
    )

    contacts: list[ContactBody] = Field(min_length=1, max_length=MOST_ITEMS, description="Who to bring.")


class EditContactBody(KnownBody):
    """What is to change in what is known of a person."""

    model_config = shown_as({"info1": "Nina M."}, extra="forbid")


class RemovalBody(Input):
    """Which numbers to take off a list."""

    model_config = shown_as({"numbers": ["+33 6 12 34 56 78"]}, extra="forbid")

    numbers: list[str] = Field(min_length=1, max_length=MOST_ITEMS, description="Numbers as people write them.")


class AgainstBody(Input):
    """Which lists to compare with."""

    model_config = shown_as({"against": [13]}, extra="forbid")

    against: list[Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]] = Field(
        max_length=100, description="The ids of other lists of the account."
    )
    cursor: str | None = Field(
        default=None,
        pattern=r"^\+[0-9]{1,15}$",
        description="Where to go on in a long list: `next` of the answer before.",
    )


class ContactList(BaseModel):
    """A list of contacts."""

    model_config = _like(LIST)

    id: int
    name: str
    size: int = Field(description="How many contacts it has.")
    created_at: datetime
    changed_at: datetime = Field(description="When it, or a contact of it, was last changed.")


class ListPage(BaseModel):
    """Lists, the oldest first."""

    model_config = shown_as({"items": [LIST], "next": None})

    items: list[ContactList]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class Contact(BaseModel):
    """A person on a list."""

    model_config = _like(CONTACT)

    number: str = Field(description="E.164; a list has each number once.")
    info1: str | None
    info2: str | None
    info3: str | None
    info4: str | None
    fields: dict[str, str]
    added_at: datetime
    changed_at: datetime


class ContactPage(BaseModel):
    """Contacts in the order of their numbers."""

    model_config = shown_as({"items": [CONTACT], "next": None})

    items: list[Contact]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class RefusedContact(BaseModel):
    """A contact that was left out, and why."""

    place: int = Field(description="Its place in the request, counted from 0.")
    number: str = Field(description="The number as it was given.")
    reason: str = Field(description="Which rule: a stable code.")
    message: str = Field(description="A sentence that says how to mend it.")


class BroughtContacts(BaseModel):
    """What became of the people that were brought."""

    model_config = shown_as({"added": 1, "updated": 0, "refused": []})

    added: int = Field(description="New on the list.")
    updated: int = Field(description="On it already; what was given replaced what was known.")
    refused: list[RefusedContact] = Field(description="Left out: their numbers cannot be texted.")


class DeduplicatedList(BaseModel):
    """How many contacts this call took off a list."""

    model_config = _like({"removed": 1, "next": None})

    removed: int
    next: str | None = Field(description="Call again with it as `cursor`: the list is long. Null when it is done.")


class RemovedContacts(BaseModel):
    """How many contacts were taken off a list."""

    model_config = shown_as({"removed": 1})

    removed: int
