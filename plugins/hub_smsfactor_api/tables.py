"""What the hub does not keep itself: numbers of campaigns, clients' names of recipients, words about accounts.

What of it is about people is named in `people.py`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from hub.plugin_kit import UtcDateTime, new_metadata

metadata = new_metadata()

tickets = Table(
    "smsfactor_tickets",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),  # SQLite counts up by that alone
    Column("account_id", BigInteger, nullable=False),
    Column("campaign_id", String(26), unique=True),  # NULL where nothing could be sent
    Column("created_at", UtcDateTime, nullable=False),
    Column("kept", Text),  # the lists that it went to, as JSON
    Index("ix_smsfactor_tickets_account", "account_id", "id"),
)

references = Table(
    "smsfactor_references",
    metadata,
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", String(16), primary_key=True),
    Column("reference", Text, nullable=False),
    Column("account_id", BigInteger),
    Column("campaign_id", String(26)),
    Index("ix_smsfactor_references_person", "account_id", "number"),
    Index("ix_smsfactor_references_campaign", "campaign_id", "number"),
    comment="What a client calls a recipient of a campaign (gsmsmsid).",
)

unsent = Table(
    "smsfactor_unsent",
    metadata,
    Column("ticket_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigInteger, nullable=False),
    Column("number", String(16)),  # where the request was to one person alone
    Column("made_at", UtcDateTime, nullable=False),
    Column("report", Text, nullable=False),  # as a JSON object, with the words
    Index("ix_smsfactor_unsent_person", "account_id", "number"),
    Index("ix_smsfactor_unsent_made_at", "made_at"),
    comment="What is reported of requests of which nothing could be sent.",
)

profiles = Table(
    "smsfactor_profiles",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("said", Text, nullable=False),  # as a JSON object
    comment="What was said of an account when it was opened, and the hub has no use for.",
)

infos = Table(
    "smsfactor_infos",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("number", String(16), primary_key=True),
    Column("info1", Text),
    Column("info2", Text),
    Column("info3", Text),
    Column("info4", Text),
    comment="What a client wrote beside numbers that it put on the blacklist or the NPAI list.",
)
