"""What guards count: credits by account and day, and who was texted within the hour."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

InOrder = String(16).with_variant(String(16, collation="C"), "postgresql")
"""Numbers in the order of their characters, whatever the server's language: blocks are ranges of the key."""

account_days = Table(
    "account_days",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("credits", BigInteger, nullable=False),
    Column("jumped_at", UtcDateTime),
    Column("spent", Text),  # by country, as JSON: see hub/guard/book.py
    comment="Credits accepted by account and day (2027-01-04, in the hub's time zone), those held left out.",
)

# A table of its own and not one more index on `messages`: there every change of a message's state would write a new
# entry of that index on PostgreSQL, and it would grow for ever; this one holds an hour.
recent_texts = Table(
    "recent_texts",
    core_metadata,
    Column("account_id", BigId, primary_key=True, autoincrement=False),
    Column("recipient", InOrder, primary_key=True),
    Column("campaign_id", String(26), primary_key=True),
    Index("ix_recent_texts_campaign", "campaign_id"),
    comment="Who was texted within the hour; when, its campaign's id says.",
    sqlite_with_rowid=False,
)
