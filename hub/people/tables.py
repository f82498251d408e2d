"""Erasures: how far each is, so that one that a crash cut short goes on, and afterwards that it was done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

_RUNNING = text("done_at IS NULL")

erasures = Table(
    "erasures",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("person", String(64), nullable=False),  # what stands in the number's place from now on
    Column("number", String(16)),  # NULL once it is done
    Column("step", String(16), nullable=False),
    Column("cursor", BigInteger, nullable=False),  # how far the step is, by id
    Column("texts_from", BigInteger, nullable=False),  # where the next look through the texts begins
    Column("waits_for", Text, nullable=False),  # what the look that is under way had to leave, with blanks between
    Column("counts", Text, nullable=False),  # as JSON
    Column("asked_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Index("uq_erasures_account_id_number", "account_id", "number", unique=True),
    Index("ix_erasures_running", "due_at", sqlite_where=_RUNNING, postgresql_where=_RUNNING),
    comment="Whose number was erased, under a keyed hash of it, and how far that is.",
)
