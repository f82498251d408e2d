"""What the calls of segments take in and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from hub.contacts.rules import LONGEST_VALUE, MOST_DAYS, MOST_RULES, Comparison
from hub.contacts.segments import LONGEST_NAME
from hub.web.examples import shown_as
from hub.web.resources.consents_values import Moment  # noqa: TC001 - pydantic reads the hints
from hub.web.resources.lists_values import LARGEST_ID
from hub.web.schemas import AN_ID, MOST_ITEMS, Input

RULE: dict[str, Any] = {"all": [{"field": "ville", "op": "is", "value": "Lyon"}, {"consent": True}]}
SEGMENT: dict[str, Any] = {
    "id": 3,
    "list_id": 12,
    "name": "Lyon, d'accord",
    "rule": RULE,
    "created_at": "2027-01-04T08:30:00Z",
}


class RuleBody(Input):
    """One rule: `all`, `any` or `not` of others; or a field, a consent, what happened before."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    all: list[RuleBody] | None = Field(default=None, min_length=1, max_length=MOST_RULES)
    any: list[RuleBody] | None = Field(default=None, min_length=1, max_length=MOST_RULES)
    not_: RuleBody | None = Field(default=None, alias="not")
    field: str | None = Field(
        default=None, max_length=64, description="`number`, `info1` to `info4`, or a named field."
    )
    op: Comparison | None = Field(default=None, description="How it is compared, with `field` and `value`.")
    value: str | None = Field(default=None, max_length=LONGEST_VALUE, description="An empty one is nothing known.")
    consent: bool | None = Field(default=None, description="`true`: a consent in force is in the register.")
    suppressed: bool | None = Field(default=None, description="`true`: the account must not text the person.")
    texted_within_days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, description="A carrier had a text for the person within so many days."
    )
    answered_within_days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, description="The person wrote within so many days."
    )
    received_within_days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, description="A text arrived at the person's phone within so many days."
    )
    received_since: Moment | None = Field(
        default=None, description="A text arrived at the person's phone then or later: ISO 8601 with an offset."
    )
    received_campaign: str | None = Field(
        default=None, pattern=AN_ID, description="A text of this campaign of the account arrived at the person's phone."
    )
    clicked_within_days: int | None = Field(
        default=None, ge=1, le=MOST_DAYS, description="The person followed a link within so many days."
    )


class CountBody(Input):
    """Which contacts to count."""

    model_config = shown_as({"list_id": SEGMENT["list_id"], "rule": RULE}, extra="forbid")

    list_id: int = Field(ge=1, le=LARGEST_ID, description="Of which list.")
    rule: RuleBody


class SegmentBody(CountBody):
    """A segment to save."""

    model_config = shown_as({name: SEGMENT[name] for name in ("list_id", "name", "rule")}, extra="forbid")

    name: str = Field(max_length=LONGEST_NAME, description="What the account calls it; no two are called alike.")


class EditSegmentBody(Input):
    """What is to change of a segment; what is left out stays."""

    model_config = shown_as({"name": "Lyon"}, extra="forbid")

    name: str = Field(default="", max_length=LONGEST_NAME, description="Another name.")
    rule: RuleBody = Field(default_factory=RuleBody, description="Another rule, as a whole.")


class SegmentPath(BaseModel):
    """Which segment."""

    segment_id: int = Field(ge=1, le=LARGEST_ID, json_schema_extra={"example": SEGMENT["id"]})


class SegmentsQuery(Input):
    """Which page of the segments."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most segments of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class SegmentMembersQuery(Input):
    """Which page of a segment's contacts."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most contacts of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^\+[0-9]{1,15}$", description="Where the page begins: `next` of the page before."
    )


class Segment(BaseModel):
    """Who of a list is meant."""

    model_config = shown_as(SEGMENT)

    id: int
    list_id: int
    name: str
    rule: dict[str, Any] = Field(description="As it was saved.")
    created_at: datetime


class SegmentPage(BaseModel):
    """Segments, the oldest first."""

    model_config = shown_as({"items": [SEGMENT], "next": None})

    items: list[Segment]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class SegmentCount(BaseModel):
    """How many contacts are meant now."""

    model_config = shown_as({"count": 1})

    count: int
