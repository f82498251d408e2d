"""Mail that waits to be sent, or was."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, SmallInteger, String, Table, Text, text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

_WAITING = text("state = 'waiting'")

outgoing_mails = Table(
    "outgoing_mails",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False),
    Column("recipient", String(320), nullable=False),
    Column("mail", Text, nullable=False),  # the OutgoingMail as JSON
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("tries", SmallInteger, nullable=False, server_default="0"),
    Column("owner", String(26)),
    Column("lease_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("message_id", String(255)),
    Column("fault", Text),
    Index("uq_outgoing_mails_kind_key", "kind", "key", unique=True),
    Index("ix_outgoing_mails_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
)
