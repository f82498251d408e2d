"""Numbers that must not be texted."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

suppressions = Table(
    "suppressions",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("number", String(16), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(32), nullable=False),
    Column("note", Text),
)
