"""What the calls of consents and of suppressions take in and answer."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from hub.contacts.model import SuppressionKind
from hub.contacts.register import LONGEST_NOTICE, LONGEST_SOURCE, LONGEST_TEXT
from hub.web import answers
from hub.web.examples import SUPPRESSION, shown_as
from hub.web.schemas import AN_ID, LONGEST_PROOF, MOST_ITEMS, Input

LARGEST_ID = 2**53
_DATE = re.compile(r"\d{4}-\d\d-\d\dT")
_like = partial(shown_as, from_attributes=True)

CONSENT: dict[str, Any] = {
    "id": 5,
    "number": "+33612345678",
    "kind": "marketing",
    "notice": "J'accepte de recevoir les offres du salon par SMS.",
    "given_at": "2027-01-04T08:30:00Z",
    "source": "website",
    "name": "Nina",
    "url": "https://salon.example/inscription",
    "ip": "192.0.2.7",
    "by": "account 1",
    "at": "2027-01-04T08:31:00Z",
    "withdrawn_at": None,
}
_NUMBER = "A mobile number; without a calling code it is of the account's country."


def _address(text: str) -> str:
    return str(ip_address(text))


def _written(value: object) -> object:
    """Times are written out: pydantic would take numbers for seconds since 1970."""
    if isinstance(value, str) and _DATE.match(value):
        return value
    message = "Write a time as ISO 8601 with an offset, as in 2027-01-04T09:30:00+01:00."
    raise ValueError(message)


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
IpAddress = Annotated[str, AfterValidator(_address)]


class ConsentBody(Input):
    """What a person agreed to."""

    number: str = Field(description=_NUMBER)
    notice: str = Field(min_length=1, max_length=LONGEST_NOTICE, description="The words that the person was shown.")
    given_at: Moment = Field(description="When the person agreed, ISO 8601 with an offset.")
    source: str = Field(min_length=1, max_length=LONGEST_SOURCE, description="Where it comes from, as in `website`.")
    name: str | None = Field(default=None, max_length=LONGEST_TEXT, description="Whose number it is.")
    url: str | None = Field(default=None, max_length=LONGEST_TEXT, description="The page that showed the words.")
    ip: IpAddress | None = Field(default=None, max_length=45, description="The address that agreed, IPv4 or IPv6.")


class ConsentsBody(Input):
    """Consents to register."""

    model_config = shown_as(
        {
            "consents": [
                {
                    "number": "06 12 34 56 78",
                    "notice": CONSENT["notice"],
                    "given_at": "2026-01-04T09:30:00+01:00",
                    "source": "website",
                }
            ]
        },
        extra="forbid",
    )

    consents: list[ConsentBody] = Field(min_length=1, max_length=MOST_ITEMS, description="What people agreed to.")


class WithdrawalBody(Input):
    """Whose consents to withdraw."""

    model_config = shown_as({"numbers": ["+33 6 12 34 56 78"]}, extra="forbid")

    numbers: list[str] = Field(min_length=1, max_length=MOST_ITEMS, description="Numbers as people write them.")


class ConsentsFilter(Input):
    """Which consents."""

    number: str | None = Field(default=None, pattern=r"^\+[0-9]{1,15}$", description="Only of this number, in E.164.")
    source: str | None = Field(default=None, max_length=LONGEST_SOURCE, description="Only from there.")
    since: Moment | None = Field(default=None, description="Only those given then or later.")
    until: Moment | None = Field(default=None, description="Only those given before.")
    in_force: bool | None = Field(default=None, description="`true`: only those not withdrawn; `false`: only those.")


class ConsentsQuery(ConsentsFilter):
    """Which consents, and which page of them."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most consents of a page.")
    cursor: int | None = Field(
        default=None, ge=0, le=LARGEST_ID, description="Where the page begins: `next` of the page before."
    )


class RegisteredConsent(BaseModel):
    """A consent of the register."""

    model_config = _like(CONSENT)

    id: int
    number: str
    kind: str = Field(description="`marketing`, or the suppression that it took away.")
    notice: str = Field(description="The words that the person was shown.")
    given_at: datetime
    source: str
    name: str | None
    url: str | None
    ip: str | None
    by: str = Field(description="Who recorded it.")
    at: datetime = Field(description="When it was recorded.")
    withdrawn_at: datetime | None = Field(description="Since when it holds no more; a STOP withdraws it.")


class ConsentPage(BaseModel):
    """Consents in the order in which they were recorded."""

    model_config = shown_as({"items": [CONSENT], "next": None})

    items: list[RegisteredConsent]
    next: int | None = Field(description="The `cursor` of the next page; null on the last one.")


class Registered(BaseModel):
    """How many consents were registered."""

    model_config = shown_as({"added": 1, "already": 0})

    added: int
    already: int = Field(description="Registered before, word for word.")


class Withdrawn(BaseModel):
    """How many consents were withdrawn."""

    model_config = shown_as({"withdrawn": 1})

    withdrawn: int


class SuppressionsFilter(Input):
    """Which suppressions."""

    kind: list[SuppressionKind] = Field(
        default_factory=list, description="Only of this kind; may be given several times."
    )
    since: Moment | None = Field(default=None, description="Only those of then or later.")
    until: Moment | None = Field(default=None, description="Only those from before.")
    campaign: str | None = Field(default=None, pattern=AN_ID, description="Only those that answered this campaign.")


class SuppressionsQuery(SuppressionsFilter):
    """Which numbers that must not be texted, and which page of them."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most suppressions of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^\+?[0-9]{1,15}$", description="Where the page begins: `next` of the page before."
    )


class NewSuppressionsBody(Input):
    """Numbers that must not be texted any more."""

    model_config = shown_as(
        {"numbers": ["+33 6 12 34 56 78"], "kind": "opt_out", "reason": "Par téléphone"}, extra="forbid"
    )

    numbers: list[str] = Field(min_length=1, max_length=MOST_ITEMS, description="Numbers as people write them.")
    kind: SuppressionKind = Field(default=SuppressionKind.OPT_OUT, description="Why, in one word.")
    reason: str | None = Field(default=None, max_length=LONGEST_PROOF, description="Why, in the account's own words.")


class SuppressionFileQuery(Input):
    """What the numbers of a file have in common."""

    kind: SuppressionKind = Field(default=SuppressionKind.OPT_OUT, description="Why, in one word.")
    reason: str | None = Field(default=None, max_length=1000, description="Why, in the account's own words.")


class AddedSuppressions(BaseModel):
    """How many numbers are suppressed now that were not."""

    model_config = shown_as({"added": 1, "already": 0})

    added: int
    already: int


class NumberPath(BaseModel):
    """Which number."""

    number: str = Field(description=_NUMBER, json_schema_extra={"example": "+33612345678"})


class SuppressedNumber(BaseModel):
    """Whether a number may be texted, and why not."""

    model_config = shown_as({"number": "+33612345678", "suppressed": True, "suppressions": [SUPPRESSION]})

    number: str
    suppressed: bool
    suppressions: list[answers.Suppression]
