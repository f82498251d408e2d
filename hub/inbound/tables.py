"""Texts from phones, and what the hub has answered to them by itself."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, false, text

from hub.messages.widths import LONGEST_CARRIER_ID, LONGEST_RECIPIENT
from hub.store.metadata import BigId, UtcDateTime, core_metadata

_ANSWERS = text("campaign_id IS NOT NULL")
_NEW = text("state = 'new'")

inbound_messages = Table(
    "inbound_messages",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("public_id", String(26), nullable=False, unique=True),
    Column("connector", String(64), nullable=False),
    Column("carrier_id", String(LONGEST_CARRIER_ID)),
    Column("digest", String(64)),  # of a text without a carrier's id, until the carrier was told; then NULL
    Column("number", String(LONGEST_RECIPIENT), nullable=False),
    Column("written_to", String(LONGEST_RECIPIENT), nullable=False),
    Column("country", String(2)),
    Column("text", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("matched", Text, nullable=False),
    Column("account_id", BigId, ForeignKey("accounts.id")),
    Column("campaign_id", String(26)),
    Column("position", Integer),
    Column("ambiguous", Boolean, nullable=False, server_default=false()),
    Column("opted_out", Text),  # the accounts that this text has put an end to, with commas
    Column("state", String(8), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("owner", String(26)),
    Column("lease_until", UtcDateTime),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("claimed_by", String(64)),
    Column("forwarded", Boolean, nullable=False, server_default=false()),
    Column("done_at", UtcDateTime),
    Index("uq_inbound_messages_connector_carrier_id", "connector", "carrier_id", unique=True),
    Index("uq_inbound_messages_connector_digest", "connector", "digest", unique=True),
    Index("ix_inbound_messages_account", "account_id", "id"),
    Index("ix_inbound_messages_campaign", "campaign_id", "id", sqlite_where=_ANSWERS, postgresql_where=_ANSWERS),
    Index("ix_inbound_messages_person", "account_id", "number"),
    Index("ix_inbound_messages_new", "due_at", sqlite_where=_NEW, postgresql_where=_NEW),
)

inbound_answers = Table(
    "inbound_answers",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("number", String(LONGEST_RECIPIENT), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("cause", String(40), primary_key=True),
    Column("campaign_id", String(26)),
    Column("at", UtcDateTime, nullable=False),
    comment="What was answered by itself, once per cause: an opt-out by its time, everything else by its day.",
)
