"""What is asked (campaign requests), what is answered, and what becomes of each message."""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub.compliance.model import OutsideWindow, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from hub.guard.model import Hold
    from hub.sms.model import Change, EncodingMode

AUTO_REPLY = "auto_reply"
"""The `source` of what is answered to a person's text by itself."""
NO_FIELDS: Mapping[str, str] = MappingProxyType({})
"""Shared by all who bring none: a million recipients are no million dictionaries."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who to text, as the sender typed it, and the values of the text's merge fields."""

    to: str
    fields: Mapping[str, str] = field(default_factory=lambda: NO_FIELDS)


@dataclass(frozen=True, slots=True)
class CampaignRequest:
    """One request to send one text to one or many recipients.

    `source` names the plugin or door it came through (`mail`, `api`, `console`); `send_at` is aware;
    the same `idempotency_key` from the same account and source is answered again, and sends nothing. `auto_reply` is
    what is answered to texts that answer this campaign, instead of what the account's settings say; it costs a text.

    Of one that came by mail, `thread` is that mail's Message-ID without its angle brackets, and `reply_to` the address
    that wrote it: a person's answer is forwarded there, as an answer to it, unless the account names another address.

    Without `allow_repeat` it is refused where the same was asked for a moment ago. `lists` are contact lists,
    by id, whose contacts are recipients too, and `segments` those of whose contacts some are meant; `notes` what its
    sender should hear beside what the engine finds. With `require_consent`, only people whose consent is in the
    register are texted; without it, what the account's settings say holds for marketing. The first `<-short->` of the
    text becomes a short link to the first of `links`, and so on; each recipient has their own.

    `campaign_id` is one that `Hub.new_campaign_id` drew for this request alone, where whoever asks keeps something of
    the campaign from before: then no crash comes between the two.
    """

    account_id: int
    text: str
    recipients: tuple[Recipient, ...]
    purpose: Purpose = Purpose.MARKETING
    sender: str | None = None
    send_at: datetime | None = None
    outside_window: OutsideWindow | None = None
    encoding: EncodingMode | None = None
    source: str = "api"
    idempotency_key: str | None = None
    thread: str | None = None
    reply_to: str | None = None
    auto_reply: str | None = None
    allow_repeat: bool = True
    lists: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    require_consent: bool = False
    segments: tuple[int, ...] = ()
    links: tuple[str, ...] = ()
    campaign_id: str | None = None

    @property
    def reads_lists(self) -> bool:
        """Whether some of its recipients stand in contact lists."""
        return bool(self.lists or self.segments)


class CampaignState(StrEnum):
    """Where a campaign stands: being expanded, held for review, on its way, all messages at their end, or cancelled."""

    EXPANDING = "expanding"
    HELD = "held"
    ACCEPTED = "accepted"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """Where a message stands; docs/glossary.md draws the ways between them."""

    HELD = "held"
    PENDING = "pending"
    CLAIMED = "claimed"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NO_RECEIPT = "no_receipt"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


WAITING = frozenset({MessageState.HELD, MessageState.PENDING, MessageState.CLAIMED})
"""Nothing has been written to a carrier: can still be cancelled."""

UNSETTLED = frozenset(
    {
        MessageState.HELD,
        MessageState.PENDING,
        MessageState.CLAIMED,
        MessageState.SUBMITTING,
        MessageState.SUBMITTED,
        MessageState.UNKNOWN,
    }
)
"""The end is not known yet."""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as its owner sees it. `to` is E.164 where a number was recognised, else what was typed."""

    id: str
    campaign_id: str
    to: str
    state: MessageState
    reason: str | None
    detail: str | None
    sender: str | None
    text: str
    encoding: str
    segments: int
    credits: int
    country: str | None
    due_at: datetime | None
    submitted_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageInDoubt:
    """A message that its carrier may or may not have taken; `since` is when its answer was lost."""

    id: str
    account: str
    to: str
    connector: str | None
    since: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Deferral:
    """How many messages to a country wait for its next lawful hour, and until when."""

    country: str
    count: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The hub's yes: what was taken, what was blocked and why, what waits until when, what it costs.

    `hold` says why nothing leaves until a person has looked at it, if so. `blocked_by` counts by reason code;
    `notes` are sentences worth reading (a sender replaced, an alert that looks like an advertisement, a duplicate
    left out); `changes` are transliteration's rewritings.
    """

    campaign_id: str
    state: CampaignState
    accepted: int
    blocked: int
    segments: int
    credits: int
    blocked_by: Mapping[str, int] = field(default_factory=dict)
    deferred: tuple[Deferral, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    messages: tuple[MessageView, ...] = ()
    replayed: bool = False
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages are in a state for a reason."""

    state: MessageState
    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as its owner sees it; `by_state` counts its messages, `hold` says why it waits for review, if so.

    `figures` are those of `frozen_at`, 48 hours after its last submission, and None before. Receipts that come later
    change `by_state`; then `corrected_at` tells when one last did.
    """

    id: str
    state: CampaignState
    purpose: Purpose
    source: str
    text: str
    sender: str | None
    created_at: datetime
    send_at: datetime | None
    accepted: int
    blocked: int
    deferred: int
    segments: int
    credits: int
    by_state: Mapping[str, int]
    hold: Hold | None = None
    figures: tuple[Tally, ...] | None = None
    frozen_at: datetime | None = None
    corrected_at: datetime | None = None

    @property
    def corrected(self) -> bool:
        """Whether a receipt that came after they were frozen has made the figures out of date."""
        return self.corrected_at is not None


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns: in one of these states and of one of these sources (all where empty), made in that time.

    `since` is the first moment, `until` the first one after; `text` stands in theirs, in whatever case.
    """

    states: tuple[CampaignState, ...] = ()
    sources: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


class CampaignOrder(StrEnum):
    """What campaigns can be put in order by."""

    MADE = "made"
    TEXT = "text"
    CREDITS = "credits"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class CampaignSearch:
    """Which campaigns, and which page of them: `skip` of those found are left out, `limit` are given.

    `least` and `most` count their texts, `number` (E.164) is one of their recipients.
    """

    wanted: CampaignFilter = CampaignFilter()
    number: str | None = None
    least: int | None = None
    most: int | None = None
    order: CampaignOrder = CampaignOrder.MADE
    descending: bool = False
    skip: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message as a connector gets it. `id` is the client reference: the same for every try.

    `sender` is empty where the carrier chooses it.
    """

    id: str
    to: str
    sender: str
    text: str
    alphabet: str
    parts: tuple[str, ...]
    purpose: Purpose
    validity: datetime | None = None

    @property
    def short_ref(self) -> int:
        """Our reference in 16 bits, for carriers that echo no more; not unique, but the same for every try."""
        return short_ref_of(self.id)


def short_ref_of(name: str) -> int:
    """The 16 bits that stand for a message's name (CRC-CCITT)."""
    return crc_hqx(name.encode(), 0)


class FailureReason(StrEnum):
    """Why a message did not reach its phone, in the words reports use."""

    UNALLOCATED = "unallocated"
    NETWORK = "network"
    BARRED = "barred"
    OTHER = "other"


class ReceiptState(StrEnum):
    """A carrier's later word, normalised."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What a carrier reports of one submission; `raw` is its own form, kept as it came.

    `client_ref` is our message id, from carriers that echo it: it can settle a message whose answer was lost. So can
    `short_ref`, the message's `short_ref` where a carrier has room for 16 bits only, together with `to` (E.164).
    """

    carrier_id: str
    state: ReceiptState
    reason: FailureReason | None = None
    code: str | None = None
    client_ref: str | None = None
    to: str | None = None
    raw: str = ""
    short_ref: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is about to be accepted: what decisions are made on."""

    account_id: int
    campaign_id: str
    source: str
    purpose: Purpose
    to: str
    country: str
    sender: str | None
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class MessageNotice:
    """What a notice says of a message."""

    id: str
    campaign_id: str
    account_id: int
    to: str
    state: MessageState
    reason: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. `fatal` findings stop the hub, others degrade it."""

    where: str
    message: str
    fatal: bool = False
