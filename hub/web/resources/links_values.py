"""What the calls of links take in and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from pydantic import BaseModel, Field

from hub.links.model import Visitor
from hub.web.examples import A_CAMPAIGN, shown_as
from hub.web.schemas import AN_ID, MOST_ITEMS, Input

_like = partial(shown_as, from_attributes=True)
A_CLICK = "01JZ5Y3X6R8W9T2Q4V7N0KMDBH"
LINK: dict[str, Any] = {
    "campaign_id": A_CAMPAIGN,
    "place": 1,
    "url": "https://shop.example/colis/42",
    "recipients": 2,
    "clicks": 3,
    "people": 2,
    "others": 1,
    "expires_at": "2028-01-04T08:30:00Z",
}
CLICK: dict[str, Any] = {
    "id": A_CLICK,
    "campaign_id": A_CAMPAIGN,
    "place": 1,
    "number": "+33612345678",
    "url": "https://shop.example/colis/42",
    "at": "2027-01-04T10:02:00Z",
    "visitor": "person",
    "rule": "person",
    "brand": "Samsung",
    "model": "SM-S918B",
    "system": "Android 14",
    "browser": "Chrome Mobile",
}
CLICKER: dict[str, Any] = {
    "number": "+33612345678",
    "clicks": 2,
    "first_at": "2027-01-04T10:02:00Z",
    "last_at": "2027-01-04T18:40:00Z",
}


class TrackedLink(BaseModel):
    """A link of a campaign, and how it was followed."""

    model_config = _like(LINK)

    campaign_id: str
    place: int = Field(description="Which `<-short->` of the text: 1 is the first.")
    url: str = Field(description="Where it leads; empty once its time is over.")
    recipients: int = Field(description="How many people have it, each their own.")
    clicks: int = Field(description="How often people followed it.")
    people: int = Field(description="How many people did.")
    others: int = Field(description="Visits of programs: previews, and scanners of mail and networks.")
    expires_at: datetime = Field(description="From then on it leads nowhere, and who followed it is forgotten.")


class TrackedLinkPage(BaseModel):
    """A page of links."""

    model_config = shown_as({"items": [LINK], "next": None})

    items: list[TrackedLink]
    next: str | None = Field(description="The `cursor` of the page after; null on the last one.")


class LinkClick(BaseModel):
    """Somebody, or something, followed a link."""

    model_config = _like(CLICK)

    id: str
    campaign_id: str
    place: int
    number: str = Field(description="Whose link it was.")
    url: str
    at: datetime
    visitor: Visitor = Field(description="A `person`, a `preview` of the link, or a `scanner` that looks at it.")
    rule: str = Field(description="By which rule.")
    brand: str | None
    model: str | None
    system: str | None
    browser: str | None


class LinkClickPage(BaseModel):
    """A page of clicks."""

    model_config = shown_as({"items": [CLICK], "next": None})

    items: list[LinkClick]
    next: int | None = Field(description="The `cursor` of the page after; null on the last one.")


class CampaignClicker(BaseModel):
    """A person who followed links of a campaign."""

    model_config = _like(CLICKER)

    number: str
    clicks: int
    first_at: datetime
    last_at: datetime


class CampaignClickerPage(BaseModel):
    """A page of people who clicked."""

    model_config = shown_as({"items": [CLICKER], "next": None})

    items: list[CampaignClicker]
    next: str | None = Field(description="The `cursor` of the page after; null on the last one.")


class TrackedLinksQuery(Input):
    """Which links, and which page of them."""

    campaign: str | None = Field(default=None, pattern=AN_ID, description="Only those of this campaign.")
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most links of a page.")
    cursor: str | None = Field(
        default=None,
        pattern=f"{AN_ID[:-1]}-[0-9]{{1,3}}$",
        description="Where the page begins: `next` of the page before.",
        json_schema_extra={"example": f"{A_CAMPAIGN}-1"},
    )


class ClicksQuery(Input):
    """Which clicks, and which page of them."""

    campaign: str | None = Field(default=None, pattern=AN_ID, description="Only those of this campaign.")
    number: str | None = Field(default=None, max_length=64, description="Only those of this person's links.")
    visitor: Visitor | None = Field(default=None, description="Only those of people, or of such programs.")
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most clicks of a page.")
    cursor: int | None = Field(
        default=None, ge=1, le=2**53, description="Where the page begins: `next` of the page before."
    )


class ClickersQuery(Input):
    """Which page of the people who clicked."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most people of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^\+[0-9]{1,15}$", description="Where the page begins: `next` of the page before."
    )
