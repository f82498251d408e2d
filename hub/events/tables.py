"""Who is to be told, what is to be told, and each attempt to tell it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

_WAITING = text("state = 'waiting'")

webhooks = Table(
    "webhooks",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),  # separated by blanks
    Column("state", String(16), nullable=False),
    Column("fault", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("retry_at", UtcDateTime, nullable=False),  # the receiver is left alone until then
    Column("tries", SmallInteger, nullable=False, server_default="0"),  # of the first event that waits
    Column("owner", String(26)),
    Column("lease_until", UtcDateTime),
    Column("style", String(32)),  # a plugin's form of calls; NULL for Standard Webhooks
    Index("ix_webhooks_account", "account_id"),
    comment="Whoever delivers holds its lease: one at a time, so that events keep their order.",
)

webhook_secrets = Table(
    "webhook_secrets",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook_id", BigId, ForeignKey("webhooks.id"), nullable=False),
    Column("clear", Text),
    Column("sealed", Text),
    Column("lookup", String(64)),
    Column("until", UtcDateTime),  # NULL for the one that counts
    Index("ix_webhook_secrets_webhook", "webhook_id"),
)

webhook_events = Table(
    "webhook_events",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook_id", BigId, ForeignKey("webhooks.id"), nullable=False),
    Column("event_id", String(26), nullable=False),
    Column("type", String(32), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_webhook_events_webhook_id_event_id", "webhook_id", "event_id", unique=True),
    Index("ix_webhook_events_waiting", "webhook_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_webhook_events_created_at", "created_at"),
)

webhook_attempts = Table(
    "webhook_attempts",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("webhook_id", BigId, ForeignKey("webhooks.id"), nullable=False),
    Column("event_id", String(26), nullable=False),
    Column("type", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", SmallInteger),
    Column("fault", Text),
    Column("took_ms", Integer, nullable=False),
    Index("ix_webhook_attempts_webhook", "webhook_id", "id"),
    Index("ix_webhook_attempts_at", "at"),
)
