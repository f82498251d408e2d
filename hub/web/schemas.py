"""What the API takes in: the bodies and parameters of requests, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hub.compliance.model import OutsideWindow, Purpose
from hub.contacts.model import SuppressionKind
from hub.inbound.model import InboundKind
from hub.links.rules import LONGEST_URL, MOST_LINKS
from hub.messages.model import CampaignState, MessageState
from hub.sms.model import EncodingMode
from hub.web.examples import A_CAMPAIGN, SETTINGS, shown_as

LONGEST_SENDER = 16
"""A plus and the 15 digits of E.164; names are shorter still, by each country's rule."""
MOST_ITEMS = 1000
MOST_LISTS = 100
AN_ID = "^[0-9A-HJKMNP-TV-Z]{26}$"
LONGEST_PROOF = 4000
LONGEST_REPLY = 1000


class Input(BaseModel):
    """The base of what comes in: what is not known is refused, so that a slip of the pen is noticed."""

    model_config = ConfigDict(extra="forbid")


class RecipientBody(Input):
    """Who to text."""

    to: str = Field(
        description="A mobile number, as in +33 6 12 34 56 78; without a calling code it is of the account's country."
    )
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Values for the fields of the text: `#name#` or `[name]` becomes what stands under `name`.",
    )


def as_recipient(value: object) -> object:
    """Read a bare number as a recipient without fields."""
    return {"to": value} if isinstance(value, str) else value


class NumbersBody(RecipientBody):
    """Several recipients in one text, as people write them down; the country decides how it is parted."""


def as_recipients(value: object) -> object:
    """Read a bare text as the numbers that it names."""
    return [NumbersBody(to=value)] if isinstance(value, str) else value


AnyRecipient = Annotated[RecipientBody, BeforeValidator(as_recipient, json_schema_input_type=str | RecipientBody)]


class CampaignBody(Input):
    """One text to one or many recipients."""

    model_config = shown_as(
        {
            "purpose": "alert",
            "text": "Bonjour #name#, votre commande est arrivée.",
            "recipients": [{"to": "+33 6 12 34 56 78", "fields": {"name": "Nina"}}, "06 98 76 54 32"],
        },
        extra="forbid",
    )

    purpose: Purpose | None = Field(
        default=None,
        description="`marketing` sells: lawful hours and an opt-out mention apply. `alert` informs, at any hour. "
        "Without one, the operator's default holds.",
    )
    text: str = Field(
        default="", description="What to say, perhaps with fields such as `#name#`; needed where no template says it."
    )
    template: str | None = Field(
        default=None,
        description="The id of a template: its text, purpose and sender hold where the request names none.",
    )
    sender: str | None = Field(
        default=None,
        max_length=LONGEST_SENDER,
        description="What the phone shows. Where a country does not let it through, its default one takes its place.",
    )
    recipients: Annotated[
        list[AnyRecipient], BeforeValidator(as_recipients, json_schema_input_type=list[AnyRecipient] | str)
    ] = Field(
        default_factory=list,
        description="Who to text: objects, or bare numbers; or one text of numbers with commas, semicolons or line "
        "ends between them. A number that comes twice is texted once, as it came first.",
    )
    file: str | None = Field(
        default=None,
        description="The text of a CSV file with more recipients, after `recipients`. Its first line may name the "
        "columns: `to` has the numbers (else the first one), the others are fields of that name. Without such a line "
        "the numbers come first, then info1 to info4. Large files are better brought to a list.",
    )
    lists: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(
        default_factory=list,
        max_length=MOST_LISTS,
        description="Contact lists, by id, whose contacts are texted too, after `recipients`: with them the answer is "
        "202, and the lists are read afterwards. Who is in a list when its page is read counts.",
    )
    segments: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(
        default_factory=list,
        max_length=MOST_LISTS,
        description="Segments, by id, whose contacts are texted too, after `recipients` and before those of `lists`: "
        "who is meant is judged once, when the campaign is accepted. The answer is 202.",
    )
    send_at: str | None = Field(
        default=None,
        description="When to leave, ISO 8601, as in 2027-01-04T09:30:00+01:00. Without an offset the time is of the "
        "hub's own time zone; without a time the texts leave now.",
    )
    outside_window: OutsideWindow | None = Field(
        default=None,
        description="What becomes of marketing outside the lawful hours: wait for them, or be refused. Without a "
        "word, the operator's choice holds.",
    )
    encoding: EncodingMode | None = Field(
        default=None,
        description="`auto` keeps every letter at the least cost, `gsm` forces the 7-bit alphabet, `unicode` UTF-16.",
    )
    links: list[Annotated[str, Field(max_length=LONGEST_URL)]] = Field(
        default_factory=list,
        max_length=MOST_LINKS,
        description="Where the `<-short->` of the text lead, the first one first: each becomes a short link of the "
        "recipient's own, which counts in the segments. http or https, or `file:ID` for a file of `/files`.",
    )
    auto_reply: str | None = Field(
        default=None,
        max_length=LONGEST_REPLY,
        description="What is answered to people who answer: at most once per number and day, charged as a text.",
    )
    allow_repeat: bool = Field(
        default=False,
        description="Whether it may go out although the same text went to the same recipients a few minutes ago.",
    )
    require_consent: bool = Field(
        default=False,
        strict=True,
        description="Text only people whose consent is in the register; the others are blocked as `no_consent`. "
        "Where the account's settings ask for that, marketing does so in any case.",
    )


class SettingsBody(Input):
    """What is to change in what the account says of itself."""

    model_config = shown_as(SETTINGS, extra="forbid")

    language: str | None = Field(default=None, description="What the hub writes in, ISO 639-1, as in `fr`.")
    reply_email: str | None = Field(default=None, description="Where people's answers are forwarded to.")
    notice_email: str | None = Field(default=None, description="Where the hub writes to about the account.")
    identity: str | None = Field(default=None, description="Who people are told is behind the texts.")
    auto_reply: str | None = Field(default=None, description="What is answered to people's texts, each at its cost.")
    require_consent: bool | None = Field(
        default=None,
        strict=True,
        description="Whether marketing goes only to people whose consent is in the register, whatever a campaign says.",
    )


class CampaignPath(BaseModel):
    """Which campaign."""

    campaign_id: str = Field(description="The campaign's id.", json_schema_extra={"example": A_CAMPAIGN})


class CampaignChanges(Input):
    """What is to change in a campaign of which nothing has left."""

    model_config = shown_as({"send_at": "2027-01-05T09:30:00+01:00"}, extra="forbid")

    send_at: str | None = Field(
        description="When to leave instead, as in a campaign's own body; null is now. Lawful hours hold again."
    )


class CampaignsQuery(Input):
    """Which campaigns, and which page of them."""

    state: list[CampaignState] = Field(
        default_factory=list, description="Only campaigns in this state; may be given several times."
    )
    source: list[str] = Field(
        default_factory=list,
        description="Only campaigns that came through this door, as in `api` or `mail`; may be given several times.",
        json_schema_extra={"example": ["api"]},
    )
    since: str | None = Field(
        default=None,
        description="Only campaigns made at that time or later: a time as in `send_at`, or a day.",
        json_schema_extra={"example": "2027-01-04"},
    )
    until: str | None = Field(
        default=None,
        description="Only campaigns made before that time, or before that day.",
        json_schema_extra={"example": "2027-02-01"},
    )
    text: str | None = Field(
        default=None,
        max_length=200,
        description="Only campaigns in whose text this stands, in whatever case.",
        json_schema_extra={"example": "commande"},
    )
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most campaigns of a page.")
    cursor: str | None = Field(
        default=None, pattern=AN_ID, description="Where the page begins: `next` of the page before."
    )


class MessagesQuery(Input):
    """Which messages, and which page of them."""

    campaign: str | None = Field(
        default=None,
        description="The campaign's id. Without one, `state=unknown` lists what is in doubt of all campaigns.",
        json_schema_extra={"example": A_CAMPAIGN},
    )
    state: list[MessageState] = Field(
        default_factory=list, description="Only messages in this state; may be given several times."
    )
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most messages of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^[0-9]{1,18}$", description="Where the page begins: `next` of the page before."
    )


class UnallocatedQuery(Input):
    """Which page of the proposed numbers."""

    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most numbers of a page.")
    cursor: str | None = Field(
        default=None, pattern=r"^[0-9]{1,15}$", description="Where the page begins: `next` of the page before."
    )


class UnallocatedBody(Input):
    """Which of the proposed numbers to add."""

    model_config = shown_as({"numbers": ["+33 6 12 34 56 78"]}, extra="forbid")

    numbers: list[str] | None = Field(
        default=None,
        max_length=MOST_ITEMS,
        description="Numbers as people write them. Without any, all that are proposed.",
    )


class InboundQuery(Input):
    """Which texts from phones, and which page of them."""

    kind: list[InboundKind] = Field(
        default_factory=list, description="Only texts of this kind; may be given several times."
    )
    limit: int = Field(default=100, ge=1, le=MOST_ITEMS, description="Most texts of a page.")
    cursor: str | None = Field(
        default=None, pattern=AN_ID, description="Where the page begins: `next` of the page before."
    )


class SuppressionPath(BaseModel):
    """Which number."""

    number: str = Field(
        description="A mobile number; without a calling code it is of the account's country.",
        json_schema_extra={"example": "+33612345678"},
    )


class ProofBody(Input):
    """On which proof a number may be texted again."""

    model_config = shown_as({"proof": "Formulaire d'inscription signé en boutique le 4 janvier 2027"}, extra="forbid")

    proof: str = Field(
        min_length=1, max_length=LONGEST_PROOF, description="How the person agreed: the notice's words, where and when."
    )
    kind: SuppressionKind = Field(
        default=SuppressionKind.OPT_OUT, description="`opt_out`, or `unallocated` for a number that has an owner again."
    )


def input_called(name: str) -> type[Input] | None:
    """The model of that name, wherever it is written down."""
    waiting = Input.__subclasses__()
    while waiting:
        one = waiting.pop()
        if one.__name__ == name:
            return one
        waiting += one.__subclasses__()
    return None


def field_names(model: type[BaseModel]) -> set[str]:
    """Every name of a field that a model or a part of it takes."""
    schema: dict[str, Any] = model.model_json_schema()
    parts = (schema, *schema.get("$defs", {}).values())
    return {name for part in parts for name in part.get("properties", {})}
