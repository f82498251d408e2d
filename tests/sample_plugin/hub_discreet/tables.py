"""Counts per account, day and kind; and when old ones were last cleared out."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Integer, String, Table

from hub.plugin_kit import UtcDateTime, new_metadata

metadata = new_metadata()

counts = Table(
    "discreet_counts",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)

rounds = Table(
    "discreet_rounds",
    metadata,
    Column("at", UtcDateTime, primary_key=True),
    Column("cleared", Integer, nullable=False),
)
