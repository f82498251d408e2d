"""What the API answers, as the OpenAPI document shows it."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from pydantic import BaseModel, ConfigDict, Field

from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub.guard.model import HoldReason
from hub.inbound.model import InboundKind
from hub.messages.model import CampaignState, MessageState
from hub.web.examples import (
    ACCEPTED_CAMPAIGN,
    ACCEPTED_MESSAGE,
    ACCOUNT,
    ADDED_NUMBERS,
    CAMPAIGN,
    CONSENT,
    INBOUND,
    MESSAGE,
    PROPOSAL,
    SETTINGS,
    SUPPRESSION,
    shown_as,
)

_like = partial(shown_as, from_attributes=True)


class Message(BaseModel):
    """One text to one recipient."""

    model_config = _like(MESSAGE)

    id: str = Field(description="Its id: the campaign's, and its place in the request counted from 0.")
    to: str = Field(description="E.164 where a number was recognised, else what was given.")
    state: MessageState
    reason: str | None = Field(description="Why it was blocked or did not arrive: a code.")
    detail: str | None = Field(description="The same, as a sentence.")
    text: str = Field(description="The text as it leaves, with its fields filled and the opt-out mention.")
    encoding: str | None = Field(description="`GSM-7` or `UCS-2`; null when blocked.")
    segments: int = Field(description="Parts that the carrier bills.")
    credits: int
    sender: str | None = Field(description="What the phone shows; null leaves it to the carrier.")
    country: str | None
    due_at: datetime | None = Field(description="When it may leave.")
    submitted_at: datetime | None = Field(description="When a carrier took it.")
    settled_at: datetime | None = Field(description="When it came to its end.")


class AcceptedMessage(Message):
    """One text to one recipient, beside what the request said."""

    model_config = _like(ACCEPTED_MESSAGE)

    input: str = Field(description="The recipient as the request had it.")


class Deferral(BaseModel):
    """How many messages to a country wait for its next lawful hour, and until when."""

    model_config = ConfigDict(from_attributes=True)

    country: str
    count: int
    until: datetime


class Change(BaseModel):
    """One rewriting of the text that keeps it in the cheaper alphabet, and how often it was made."""

    model_config = ConfigDict(from_attributes=True)

    found: str
    replacement: str
    count: int


class Hold(BaseModel):
    """Why a campaign waits for the operator of the hub to look at it; nothing leaves meanwhile."""

    model_config = ConfigDict(from_attributes=True)

    reason: HoldReason
    message: str = Field(description="The same, as a sentence.")
    since: datetime


class Tally(BaseModel):
    """How many messages are in a state for a reason."""

    model_config = ConfigDict(from_attributes=True)

    state: MessageState
    reason: str | None = Field(description="As of a message: `unallocated`, `network`, `barred`, `other` and so on.")
    count: int


class Counts(BaseModel):
    """What a campaign is made of."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: CampaignState
    accepted: int = Field(description="Messages that go, now or later.")
    blocked: int = Field(description="Messages that do not go.")
    deferred: int = Field(description="Of the accepted ones, those that wait for a lawful hour.")
    segments: int
    credits: int
    hold: Hold | None = Field(description="With `held`: why; a part of a large list may have left before.")


class AcceptedCampaign(Counts):
    """What became of a request: what was taken, what was blocked and why, what waits, what it costs.

    While `state` is `expanding` the counts still grow. With `held` nothing leaves until the operator has released it.
    """

    model_config = _like(ACCEPTED_CAMPAIGN)

    messages: list[AcceptedMessage] = Field(description="The first thousand; the list of messages has them all.")
    blocked_by: dict[str, int] = Field(description="How many were blocked, by reason code.")
    deferrals: list[Deferral]
    notes: list[str] = Field(description="Sentences worth reading: a sender replaced, a duplicate left out.")
    changes: list[Change]
    offending: list[str] = Field(description="Characters for which texts go as UCS-2, at 70 characters a segment.")


class Campaign(Counts):
    """A campaign as it stands now."""

    model_config = _like(CAMPAIGN)

    by_state: dict[MessageState, int] = Field(description="How many messages are in which state now.")
    figures: list[Tally] | None = Field(
        description="The same by state and reason, as it was 48 hours after the last submission; null until then. They "
        "stay as they are."
    )
    frozen_at: datetime | None = Field(description="When the figures were frozen.")
    corrected: bool = Field(description="Whether a later receipt has made the figures out of date: see `by_state`.")
    corrected_at: datetime | None = Field(description="When one last did.")
    created_at: datetime
    send_at: datetime | None
    purpose: Purpose
    text: str = Field(description="The text as the request had it.")
    sender: str | None = Field(description="The sender as the request had it.")


class MessagePage(BaseModel):
    """One page of messages, in the order of the request."""

    model_config = _like({"items": [MESSAGE], "next": None})

    items: list[Message]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class Proposal(BaseModel):
    """A number that is nobody's, as two campaigns in a row or more have said, and none has reached it since."""

    model_config = _like(PROPOSAL)

    number: str
    campaigns: int = Field(description="How many campaigns in a row said so.")
    first_at: datetime = Field(description="When the first of them did; a number that is being ported is back in days.")
    last_at: datetime = Field(description="When the last of them did.")


class ProposalPage(BaseModel):
    """One page of proposed numbers, in their order. They are texted until they are added."""

    model_config = _like({"items": [PROPOSAL], "next": None})

    items: list[Proposal]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class AddedNumbers(BaseModel):
    """What became of numbers that were to be added to the unallocated ones."""

    model_config = _like(ADDED_NUMBERS)

    added: list[str] = Field(description="Those that are not texted from now on.")
    already: list[str] = Field(description="Those that had been added before.")
    not_proposed: list[str] = Field(description="Those that are not proposed: they are texted as before.")


class InboundMessage(BaseModel):
    """A text from a phone."""

    model_config = _like(INBOUND)

    id: str
    number: str = Field(description="Who wrote: E.164 where it is a number.")
    to: str = Field(description="What they wrote to.")
    text: str
    kind: InboundKind = Field(description="`review` is for a person to decide whether it is an opt-out.")
    received_at: datetime
    campaign_id: str | None = Field(description="The campaign that it answers.")
    message_id: str | None = Field(description="The message that it answers.")
    ambiguous: bool = Field(description="Whether another account of the hub may have been meant.")
    claimed_by: str | None = Field(description="The plugin that took it, such as a survey.")
    forwarded: bool = Field(description="Whether it was sent on by mail.")


class InboundPage(BaseModel):
    """One page of texts from phones, the latest first."""

    model_config = _like({"items": [INBOUND], "next": None})

    items: list[InboundMessage]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class Suppression(BaseModel):
    """A number that must not be texted, alerts included."""

    model_config = _like(SUPPRESSION)

    number: str
    kind: SuppressionKind
    at: datetime
    source: str = Field(description="How it came here.")
    text: str | None = Field(description="What the person wrote, where an answer was the cause.")
    campaign_id: str | None = Field(description="What that answered.")


class Consent(BaseModel):
    """The proof on which a number may be texted again, as it was recorded."""

    model_config = _like(CONSENT)

    number: str
    kind: SuppressionKind = Field(description="Which suppression it took away.")
    notice: str = Field(description="How the person agreed.")
    source: str
    by: str = Field(description="Who recorded it.")
    at: datetime


class SuppressionPage(BaseModel):
    """One page of suppressions, in the order of the numbers."""

    model_config = _like({"items": [SUPPRESSION], "next": None})

    items: list[Suppression]
    next: str | None = Field(description="The `cursor` of the next page; null on the last one.")


class Balance(BaseModel):
    """An account's credits."""

    model_config = shown_as(ACCOUNT["balance"], from_attributes=True)

    available: int = Field(description="Free to use.")
    reserved: int = Field(description="Set aside for messages on their way.")
    spent: int


class Account(BaseModel):
    """Whose token this is."""

    model_config = _like(ACCOUNT)

    name: str
    country: str = Field(description="Where numbers without a calling code are from.")
    balance: Balance


class AccountSettings(BaseModel):
    """What the account says of itself."""

    model_config = _like(SETTINGS)

    language: str | None = Field(description="What the hub writes in; null for the language of its country.")
    reply_email: str | None = Field(description="Where answers go; null for who asked by mail, and nobody else.")
    notice_email: str | None = Field(description="Where the hub writes to; null for `reply_email`.")
    identity: str | None = Field(description="Who people are told is behind the texts; null for the account's name.")
    auto_reply: str | None = Field(description="What is answered to people's texts; null for nothing.")
    require_consent: bool = Field(description="Marketing goes only to people whose consent is in the register.")


class ProblemFault(BaseModel):
    """One thing to mend."""

    model_config = ConfigDict(from_attributes=True)

    field: str = Field(description="Where: a field's path such as `recipients[0].to`, or `body`, or a header.")
    code: str = Field(description="Which rule: a stable code.")
    message: str = Field(description="A sentence that says how to mend it.")


class Problem(BaseModel):
    """Why a request was not carried out (RFC 9457, `application/problem+json`)."""

    type: str = Field(description="The kind of problem, as a URI reference; it ends in the code.")
    title: str
    status: int
    detail: str = Field(description="A sentence for a person.")
    code: str = Field(description="The kind of problem, for programs: stable.")
    errors: list[ProblemFault] = Field(description="Everything that is to be mended, field by field.")
    request_id: str = Field(description="Names this request in the hub's log.")
    needed: int | None = Field(default=None, description="With `insufficient_credit`: what the request costs.")
    available: int | None = Field(default=None, description="With `insufficient_credit`: what the account has.")
    duplicate_of: str | None = Field(default=None, description="With `looks_repeated`: the campaign that it repeats.")
