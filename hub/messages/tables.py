"""Campaigns, messages and what carriers said of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    text,
)

from hub.messages.widths import (
    LONGEST_ADDRESS,
    LONGEST_CARRIER_ID,
    LONGEST_CODE,
    LONGEST_KEY,
    LONGEST_REASON,
    LONGEST_RECIPIENT,
    LONGEST_REFERENCE,
    LONGEST_SENDER,
    LONGEST_THREAD,
)
from hub.store.metadata import BigId, UtcDateTime, core_metadata

_HELD_CAMPAIGN = text("held_at IS NOT NULL")
_COMPARED = text("repeat_digest IS NOT NULL")
_UNFROZEN = text("figures IS NULL AND state IN ('finished', 'cancelled')")

campaigns = Table(
    "campaigns",
    core_metadata,
    Column("id", String(26), primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("source", String(32), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("sender", String(LONGEST_SENDER)),
    Column("encoding", String(16), nullable=False),
    Column("outside_window", String(8), nullable=False),
    Column("send_at", UtcDateTime),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("blocked", Integer, nullable=False),
    Column("deferred", Integer, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    Column("held_at", UtcDateTime),  # since when it waits for review; NULL when it does not
    Column("hold_reason", String(LONGEST_REASON)),
    Column("hold_detail", Text),
    Column("released_at", UtcDateTime),  # when a person had looked at it: it is not held again
    Column("freeze_at", UtcDateTime),  # when its figures are to be frozen; NULL: 48 hours after it was made, or later
    Column("frozen_at", UtcDateTime),
    Column("figures", Text),  # how its messages stood then, as JSON: [state, reason, count]
    Column("corrected_at", UtcDateTime),  # when a late receipt last made the figures out of date
    Column("thread", String(LONGEST_THREAD)),  # the Message-ID of the mail that asked for it, without brackets
    Column("reply_to", String(LONGEST_ADDRESS)),  # where answers to it go when its account names no address
    Column("auto_reply", Text),  # what is answered to texts that answer it; NULL for what the account says
    Column("repeat_digest", String(64)),  # what a campaign that repeats it has too; NULL where nobody compares
    Column("require_consent", Boolean, nullable=False, server_default=false()),
    Index("ix_campaigns_account", "account_id", "id"),
    Index("ix_campaigns_repeats", "account_id", "repeat_digest", sqlite_where=_COMPARED, postgresql_where=_COMPARED),
    Index("ix_campaigns_unfrozen", "freeze_at", "id", sqlite_where=_UNFROZEN, postgresql_where=_UNFROZEN),
    Index("ix_campaigns_held", "held_at", sqlite_where=_HELD_CAMPAIGN, postgresql_where=_HELD_CAMPAIGN),
    Index(
        "ix_campaigns_open",
        "id",
        sqlite_where=text("state IN ('expanding', 'accepted', 'cancelled')"),
        postgresql_where=text("state IN ('expanding', 'accepted', 'cancelled')"),
    ),
)

campaign_chunks = Table(
    "campaign_chunks",
    core_metadata,
    Column("campaign_id", String(26), ForeignKey("campaigns.id"), primary_key=True),
    Column("first_position", Integer, primary_key=True),
    Column("recipients", Text, nullable=False),
    Column("list_id", BigInteger),  # whose contacts these are: then `recipients` are nothing but their numbers
)

campaign_sources = Table(
    "campaign_sources",
    core_metadata,
    Column("campaign_id", String(26), ForeignKey("campaigns.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("source_id", BigInteger, nullable=False),
    Column("cursor", Text),  # the last that was read; NULL before the first page
    Column("next_position", Integer, nullable=False),
    comment="Contact lists that a campaign is still to read, and how far it has.",
)

campaign_numbers = Table(
    "campaign_numbers",
    core_metadata,
    Column("campaign_id", String(26), ForeignKey("campaigns.id"), primary_key=True),
    Column("number", String(16), primary_key=True),
    comment="Numbers already taken by a campaign that is expanded in chunks: a duplicate is texted once.",
)

idempotency_keys = Table(
    "idempotency_keys",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("source", String(32), primary_key=True),
    Column("key", String(LONGEST_KEY), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("campaign_id", String(26), nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

_PENDING = text("state = 'pending'")
_LEASED = text("state IN ('claimed', 'submitting')")
_UNSETTLED = text("state IN ('pending', 'claimed', 'submitting', 'submitted', 'unknown')")
_AT_CARRIER = text("carrier_id IS NOT NULL")
_IN_DOUBT = text("state = 'unknown'")
_HELD = text("state = 'held'")

messages = Table(
    "messages",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("campaign_id", String(26), ForeignKey("campaigns.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("account_id", BigId, nullable=False),
    Column("recipient", String(LONGEST_RECIPIENT), nullable=False),
    Column("country", String(2)),
    Column("state", String(16), nullable=False),
    Column("reason", String(LONGEST_REASON)),
    Column("detail", Text),
    Column("priority", SmallInteger, nullable=False),
    Column("sender", String(LONGEST_SENDER)),
    Column("text", Text, nullable=False),
    Column("alphabet", String(8), nullable=False),
    Column("segments", SmallInteger, nullable=False),
    Column("credits", Integer, nullable=False),
    Column("billing", String(16), nullable=False),
    Column("route", String(64)),
    Column("connector", String(64)),
    Column("due_at", UtcDateTime),
    Column("expires_at", UtcDateTime),
    Column("owner", String(26)),
    Column("lease_until", UtcDateTime),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("carrier_id", String(LONGEST_CARRIER_ID)),
    Column("submitted_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    Column("receipt_code", String(LONGEST_CODE)),
    Column("receipt_raw", Text),
    Index("uq_messages_campaign_id_position", "campaign_id", "position", unique=True),
    Index(
        "ix_messages_due",
        "route",
        "priority",
        "account_id",
        "due_at",
        "id",
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    ),
    Index("ix_messages_leased", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
    Index("ix_messages_unsettled", "campaign_id", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    Index("ix_messages_carrier", "connector", "carrier_id", sqlite_where=_AT_CARRIER, postgresql_where=_AT_CARRIER),
    Index("ix_messages_held", "campaign_id", sqlite_where=_HELD, postgresql_where=_HELD),
    Index("ix_messages_in_doubt", "connector", "recipient", sqlite_where=_IN_DOUBT, postgresql_where=_IN_DOUBT),
)

message_parts = Table(
    "message_parts",
    core_metadata,
    Column("connector", String(64), primary_key=True),
    Column("carrier_id", String(LONGEST_CARRIER_ID), primary_key=True),
    Column("message_id", BigId, ForeignKey("messages.id"), nullable=False, index=True),
    Column("part", SmallInteger, nullable=False),
    Column("state", String(16)),
    Column("reason", String(16)),
    comment="The carrier's ids of a message it counts in several parts; a receipt comes for each.",
)

parked_receipts = Table(
    "parked_receipts",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("connector", String(64), nullable=False),
    Column("carrier_id", String(LONGEST_CARRIER_ID), nullable=False),
    Column("client_ref", String(LONGEST_REFERENCE)),
    Column("recipient", String(LONGEST_RECIPIENT)),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),
    Column("code", String(LONGEST_CODE)),
    Column("raw", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("short_ref", Integer),
    Index("ix_parked_receipts_carrier", "connector", "carrier_id"),
    comment="Receipts that fit no message yet: the answer they belong to may still be on its way.",
)

route_rates = Table(
    "route_rates",
    core_metadata,
    Column("route", String(64), primary_key=True),
    Column("free_at", Float, nullable=False),
    comment="When a route's line is free again (seconds since 1970): one rate for all workers together.",
)

route_states = Table(
    "route_states",
    core_metadata,
    Column("route", String(64), primary_key=True),
    Column("condition", String(16), nullable=False, server_default="closed"),
    Column("since", UtcDateTime),
    Column("reason", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("openings", Integer, nullable=False, server_default="0"),
    Column("retry_at", UtcDateTime),
    Column("rest_until", UtcDateTime),
    Column("noted_at", UtcDateTime),
    Column("pace", Float),
    Column("pace_at", UtcDateTime),
    Column("latency_s", Float),  # of a call to the carrier, the last ones counting most
    Column("last_success_at", UtcDateTime),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    Column("refused", BigInteger, nullable=False, server_default="0"),
    Column("put_off", BigInteger, nullable=False, server_default="0"),
    Column("unknown", BigInteger, nullable=False, server_default="0"),
    Column("failed", BigInteger, nullable=False, server_default="0"),  # calls, the others are messages
    comment="How each route is, as all workers together saw it.",
)

route_minutes = Table(
    "route_minutes",
    core_metadata,
    Column("route", String(64), primary_key=True),
    Column("minute", BigInteger, primary_key=True),  # since 1970
    Column("taken", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("put_off", BigInteger, nullable=False),
    Column("unknown", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    comment="What carriers answered in the last minutes.",
)

# A table of its own and not one more index on `messages`, for the reason that `recent_texts` has: it holds a row per
# person and sender, not one per text, and is asked only when somebody answers.
last_texts = Table(
    "last_texts",
    core_metadata,
    Column("recipient", String(LONGEST_RECIPIENT), primary_key=True),
    Column("sender", String(LONGEST_SENDER), primary_key=True),
    Column("account_id", BigId, primary_key=True, autoincrement=False),
    Column("campaign_id", String(26), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    comment="The last text of each account to each person from each sender (empty: the carrier's own).",
    sqlite_with_rowid=False,
)

# A table of its own, for the reason that `last_texts` has, and not a column of that one: whoever writes both in one
# transaction takes the rows of one, and then those of the other, in the order of their keys.
received_texts = Table(
    "received_texts",
    core_metadata,
    Column("recipient", String(LONGEST_RECIPIENT), primary_key=True),
    Column("account_id", BigId, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    comment="When a text of each account last arrived at each person's phone, by its receipt.",
    sqlite_with_rowid=False,
)

test_numbers = Table(
    "test_numbers",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("number", String(16)),
    Column("verified_at", UtcDateTime),
    Column("asked_number", String(16)),  # the one that waits for its code
    Column("code_hash", Text),
    Column("code_until", UtcDateTime),
    Column("code_tries", Integer, nullable=False, server_default="0"),
    comment="The own number of each account that test texts go to, and the code that proves one.",
)

test_days = Table(
    "test_days",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("sent", Integer, nullable=False),
    comment="How many free texts each account had on a day.",
)

outcome_entries = Table(
    "outcome_entries",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, nullable=False),
    Column("campaign_id", String(26), nullable=False),
    Column("country", String(2)),
    Column("at", UtcDateTime, nullable=False),  # when the text was handed over: it counts for that day
    Column("delivered", Integer, nullable=False),
    Column("undelivered", Integer, nullable=False),  # below zero where a late receipt corrects
    Index("ix_outcome_entries_account", "account_id", "id"),
    comment="How charged texts ended, until it is counted.",
)
