"""What calls about reports take and answer."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from hub.messages.model import CampaignState, MessageState
from hub.web import document
from hub.web.answers import InboundPage
from hub.web.examples import A_CAMPAIGN, shown_as
from hub.web.files import csv_file
from hub.web.schemas import AN_ID, MOST_ITEMS, Input

if TYPE_CHECKING:
    from hub.links.model import Clicked
    from hub.messages.model import CampaignView
    from hub.messages.report import CountryReport, Outcomes, Report

_like = partial(shown_as, from_attributes=True)

_OUTCOMES: dict[str, Any] = {
    "received": 1,
    "not_received": 0,
    "failed": {},
    "waiting": 0,
    "on_the_way": 0,
    "no_receipt": 0,
    "unknown": 0,
    "cancelled": 0,
    "blocked": {},
}
REPORT: dict[str, Any] = {
    "id": A_CAMPAIGN,
    **_OUTCOMES,
    "segments": 1,
    "credits": 1,
    "replies": 1,
    "opt_outs": 0,
    "clicks": 3,
    "clickers": 1,
    "countries": [{"country": "FR", **_OUTCOMES, "segments": 1, "credits": 1}],
    "hours": [{"hour": "2027-01-04T08:00:00Z", "received": 1}],
    "frozen": None,
    "frozen_at": None,
    "corrected": False,
    "corrected_at": None,
}
_PROGRESS = {"state": "accepted", "accepted": 2, "blocked": 0, "by_state": {"delivered": 1, "pending": 1}}


class OutcomeCounts(BaseModel):
    """How many messages came to which end."""

    model_config = ConfigDict(from_attributes=True)

    received: int = Field(description="A carrier says that the phone has it.")
    not_received: int = Field(description="A carrier says that the phone has not: the sum of `failed`.")
    failed: dict[str, int] = Field(
        description="Those by why: `unallocated` (nobody's number), `network`, `barred`, `expired`, `other`."
    )
    waiting: int = Field(description="Not left yet.")
    on_the_way: int = Field(description="With a carrier, which has not said more.")
    no_receipt: int = Field(description="No carrier said more in 48 hours.")
    unknown: int = Field(description="Nobody can tell whether the carrier took them.")
    cancelled: int
    blocked: dict[str, int] = Field(description="Those that were not let out, by reason code.")


class CountryOutcomes(OutcomeCounts):
    """The same of one country."""

    country: str | None = Field(description="Null for what was no number.")
    segments: int
    credits: int = Field(description="Credits that were used.")


class HourOutcomes(BaseModel):
    """How many arrived within an hour."""

    model_config = ConfigDict(from_attributes=True)

    hour: datetime = Field(description="When it begins (UTC).")
    received: int = Field(description="Receipts of arrival that came in it.")


class CampaignReport(OutcomeCounts):
    """What became of a campaign by now, and how it was 48 hours after its last submission."""

    model_config = _like(REPORT)

    id: str
    segments: int
    credits: int = Field(description="Credits that were used.")
    replies: int = Field(description="Texts that answered it, without opt-outs.")
    opt_outs: int = Field(description="Texts that asked for no more, and people who pressed the opt-out link.")
    clicks: int = Field(description="How often people followed its links.")
    clickers: int = Field(description="How many people did.")
    countries: list[CountryOutcomes] = Field(description="By country, the one with most messages first.")
    hours: list[HourOutcomes] = Field(description="By hour, the first one first; hours without any are left out.")
    frozen: OutcomeCounts | None = Field(description="As it was when its figures were frozen; they stay as they are.")
    frozen_at: datetime | None
    corrected: bool = Field(description="Whether a later receipt has made the frozen figures out of date.")
    corrected_at: datetime | None


class Progress(BaseModel):
    """How a campaign stands: the data of each event of its progress."""

    model_config = _like(_PROGRESS)

    state: CampaignState
    accepted: int
    blocked: int
    by_state: dict[MessageState, int] = Field(description="How many messages are in which state.")


class RepliesQuery(Input):
    """Which page of the texts that answered a campaign."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most texts of a page.")
    cursor: str | None = Field(
        default=None, pattern=AN_ID, description="Where the page begins: `next` of the page before."
    )


def reported(report: Report, clicked: Clicked, *, replies: int, opt_outs: int) -> CampaignReport:
    """A report as it is answered."""
    return CampaignReport(
        id=report.campaign_id,
        **_counts(report.outcomes),
        segments=report.segments,
        credits=report.credits,
        replies=replies,
        opt_outs=opt_outs + clicked.opt_outs,
        clicks=clicked.clicks,
        clickers=clicked.people,
        countries=[_of_country(one) for one in report.countries],
        hours=[HourOutcomes.model_validate(one) for one in report.hours],
        frozen=None if report.frozen is None else OutcomeCounts(**_counts(report.frozen)),
        frozen_at=report.frozen_at,
        corrected=report.frozen is not None and report.corrected_at is not None,
        corrected_at=report.corrected_at,
    )


def progressed(view: CampaignView) -> Progress:
    """How a campaign stands, as an event says it."""
    counts = {MessageState(state): view.by_state[state] for state in sorted(view.by_state)}
    return Progress(state=view.state, accepted=view.accepted, blocked=view.blocked, by_state=counts)


def _of_country(one: CountryReport) -> CountryOutcomes:
    return CountryOutcomes(country=one.country, **_counts(one.outcomes), segments=one.segments, credits=one.credits)


def _counts(outcomes: Outcomes) -> dict[str, Any]:
    return OutcomeCounts.model_validate(outcomes).model_dump()


_EVENTS = """\
retry: 1000

id: 5f2b6c0d9a7e4f31
event: progress
data: {"state":"accepted","accepted":2,"blocked":0,"by_state":{"delivered":1,"pending":1}}

"""
REPORT_CALL = document.call(
    "getReport", "In the classes that people know, by country and by hour.", {"200": CampaignReport}, "404"
)
EXPORT = document.call(
    "exportMessages",
    "All of them, in the order of the request.",
    {"200": csv_file("id;to;country;state\r\n")},
    "404",
)
PROGRESS = document.call(
    "followProgress",
    "Server-sent events (`text/event-stream`): `progress` whenever something has changed, with a `Progress` as its "
    "data, and `end` when nothing will any more. An answer lasts 15 seconds at most; an EventSource comes again by "
    "itself, and hears what is new since its `Last-Event-ID`. Each account may have four open at once.",
    {
        "200": {
            "description": "The events, as they happen.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENTS}},
        },
        "204": {"description": "It is over, and `Last-Event-ID` names its last event."},
    },
    "404",
    openapi_extensions={
        "parameters": [
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "description": "The `id` of the last event that was heard.",
                "schema": {"type": "string"},
            }
        ]
    },
)
REPLIES = document.call(
    "listReplies", "What people answered to it, the latest first, without opt-outs.", {"200": InboundPage}, "404"
)
OPT_OUTS = document.call(
    "listOptOuts", "What people answered to it who want no more texts, the latest first.", {"200": InboundPage}, "404"
)
