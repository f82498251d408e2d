"""What calls about campaigns take and answer, beside what stands in `schemas` and `answers`."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from hub.compliance.model import Purpose  # noqa: TC001 - pydantic reads the hints
from hub.messages.model import CampaignState
from hub.web import document
from hub.web.answers import Campaign, Change, Counts, Deferral, Hold
from hub.web.examples import A_CAMPAIGN, shown_as

if TYPE_CHECKING:
    from hub.messages.forecast import Simulation

_like = partial(shown_as, from_attributes=True)

SIMULATION: dict[str, Any] = {
    "state": "accepted",
    "accepted": 1,
    "blocked": 0,
    "deferred": 0,
    "segments": 1,
    "credits": 1,
    "blocked_by": {},
    "deferrals": [],
    "hold": None,
    "notes": [],
    "changes": [],
    "countries": [
        {"country": "FR", "texts": 1, "segments": 1, "credits": 1, "blocked": 0, "deferred": 0, "until": None}
    ],
    "longest": {
        "text": "Bonjour Nina, votre commande est arrivée.",
        "characters": 41,
        "encoding": "GSM-7",
        "segments": 1,
    },
    "dear": [],
    "saving": None,
    "available": 998,
    "suffices": True,
    "duplicate_of": None,
    "looked_at": 1,
    "complete": True,
}


CAMPAIGN_LINE: dict[str, Any] = {
    "id": A_CAMPAIGN,
    "state": "accepted",
    "accepted": 1,
    "blocked": 0,
    "deferred": 0,
    "segments": 1,
    "credits": 1,
    "hold": None,
    "created_at": "2027-01-04T08:30:00Z",
    "send_at": None,
    "source": "api",
    "purpose": "alert",
    "text": "Bonjour #name#, votre commande est arrivée.",
    "sender": None,
}


class CampaignLine(Counts):
    """A campaign in a list: what it is made of, not how its messages stand."""

    model_config = _like(CAMPAIGN_LINE)

    created_at: datetime
    send_at: datetime | None
    source: str = Field(description="The door that it came through: `api`, `mail`, `console` or a plugin's name.")
    purpose: Purpose
    text: str = Field(description="The text as the request had it.")
    sender: str | None = Field(description="The sender as the request had it.")


class CampaignPage(BaseModel):
    """One page of campaigns, the latest first."""

    model_config = _like({"items": [CAMPAIGN_LINE], "next": None})

    items: list[CampaignLine]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class CountryForecast(BaseModel):
    """What would go to one country."""

    model_config = ConfigDict(from_attributes=True)

    country: str | None = Field(description="Null for what is no number.")
    texts: int
    segments: int
    credits: int
    blocked: int
    deferred: int = Field(description="Of the texts, those that would wait for a lawful hour.")
    until: datetime | None = Field(description="When the last of those would leave.")


class LongestText(BaseModel):
    """The text that takes the most segments, as it would leave."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    characters: int
    encoding: str = Field(description="`GSM-7` or `UCS-2`.")
    segments: int


class DearCharacter(BaseModel):
    """A character for which texts go as UCS-2, at 70 characters a segment."""

    model_config = ConfigDict(from_attributes=True)

    character: str
    texts: int = Field(description="In how many texts it stands.")


class Saving(BaseModel):
    """What the same campaign would come to with `encoding: gsm`."""

    model_config = ConfigDict(from_attributes=True)

    segments: int
    credits: int
    saved_segments: int
    saved_credits: int


class SimulatedCampaign(BaseModel):
    """What sending the same body now would do. Nothing was stored, and no credits were set aside."""

    model_config = _like(SIMULATION)

    state: CampaignState = Field(
        description="`accepted`, or `held`: it would wait for the operator. A large one is `expanding` first."
    )
    accepted: int = Field(description="Messages that would go, now or later.")
    blocked: int = Field(description="Messages that would not go.")
    deferred: int = Field(description="Of the accepted ones, those that would wait for a lawful hour.")
    segments: int
    credits: int
    blocked_by: dict[str, int] = Field(description="How many would be blocked, by reason code.")
    deferrals: list[Deferral]
    hold: Hold | None = Field(description="With `held`: which guard would stop it.")
    notes: list[str] = Field(description="Sentences worth reading: a sender replaced, a duplicate left out.")
    changes: list[Change] = Field(description="Rewritings that keep texts in the cheaper alphabet.")
    countries: list[CountryForecast] = Field(description="By country, the one with most texts first.")
    longest: LongestText | None
    dear: list[DearCharacter] = Field(description="What makes texts dear, the most frequent first.")
    saving: Saving | None = Field(description="What `encoding: gsm` would save; null where no text is dear.")
    available: int = Field(description="The account's credits now.")
    suffices: bool = Field(description="Whether they pay for all of it.")
    duplicate_of: str | None = Field(
        description="The campaign of a moment ago that this one repeats: sending would be refused (`looks_repeated`).",
        json_schema_extra={"example": A_CAMPAIGN},
    )
    looked_at: int = Field(description="How many recipients were looked at.")
    complete: bool = Field(description="False where there was no time for all: the figures are of those looked at.")


def simulated(found: Simulation) -> SimulatedCampaign:
    """A simulation as it is answered."""
    said = found.acceptance
    return SimulatedCampaign(
        state=said.state,
        accepted=said.accepted,
        blocked=said.blocked,
        deferred=sum(waiting.count for waiting in said.deferred),
        segments=said.segments,
        credits=said.credits,
        blocked_by=dict(said.blocked_by),
        deferrals=[Deferral.model_validate(one) for one in said.deferred],
        hold=None if said.hold is None else Hold.model_validate(said.hold),
        notes=list(said.notes),
        changes=[Change.model_validate(one) for one in said.changes],
        countries=[CountryForecast.model_validate(one) for one in found.countries],
        longest=None if found.longest is None else LongestText.model_validate(found.longest),
        dear=[DearCharacter.model_validate(one) for one in found.dear],
        saving=None if found.saving is None else Saving.model_validate(found.saving),
        available=found.available,
        suffices=found.suffices,
        duplicate_of=found.duplicate_of,
        looked_at=found.looked_at,
        complete=found.is_complete,
    )


SIMULATE = document.call(
    "simulateCampaign",
    "Takes the body of a campaign and goes the way of sending it, up to where it would be stored: figures by country, "
    "what is blocked and why, what waits until when, the longest text, what makes it dear. It refuses what sending "
    "would refuse, but for credits that do not suffice and for a repetition, which it tells.",
    {"200": SimulatedCampaign},
    "400 403 408 409 413 415",
)

LIST = document.call(
    "listCampaigns",
    "The latest first, each with what it is made of. How its messages stand is said of one campaign at a time.",
    {"200": CampaignPage},
    "",
)
PATCH = document.call(
    "patchCampaign",
    "Changes when it leaves, as long as nothing of it has left: all of it, or nothing. Marketing waits for the lawful "
    "hours of the new time.",
    {"200": Campaign},
    "400 404 408 409 412 413 415",
    openapi_extensions={"parameters": [document.IF_MATCH]},
)
