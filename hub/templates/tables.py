"""Templates of accounts."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, String, Table, Text, UniqueConstraint

from hub.store.metadata import BigId, UtcDateTime, core_metadata
from hub.templates.model import LONGEST_NAME

templates = Table(
    "templates",
    core_metadata,
    Column("id", String(26), primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("name", String(LONGEST_NAME), nullable=False),
    Column("text", Text, nullable=False),
    Column("purpose", String(16)),
    Column("sender", String(32)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "name"),
    comment="Texts that accounts keep under a name.",
)
