"""Tables of no room: who leads, and when periodic work is due."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from hub.store.metadata import UtcDateTime, core_metadata

leases = Table(
    "leases",
    core_metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(26), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

periodic_jobs = Table(
    "periodic_jobs",
    core_metadata,
    Column("name", String(64), primary_key=True),
    Column("next_at", UtcDateTime, nullable=False),
)
