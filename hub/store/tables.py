"""Tables of no room: who leads, when periodic work is due, what is paused, which key fits."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text

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

switches = Table(
    "switches",
    core_metadata,
    Column("way", String(8), primary_key=True),
    Column("route", String(64), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
    Column("cause", String(16), nullable=False),
    Column("note", Text),
    comment="What is paused; a way without a row is open.",
)

restored_campaigns = Table(
    "restored_campaigns",
    core_metadata,
    Column("campaign_id", String(26), primary_key=True),
    comment="Campaigns that waited in a backup: what of them may have left since, nobody has decided yet.",
)

key_canaries = Table(
    "key_canaries",
    core_metadata,
    Column("name", String(16), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("fingerprint", String(32), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    comment="A known text, sealed: who can open it holds the key that the rest is sealed with.",
)

resting_hooks = Table(
    "resting_hooks",
    core_metadata,
    Column("plugin", String(64), primary_key=True),
    Column("hook", String(64), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("fault", Text, nullable=False),
    comment="Hooks that a process does not call for a while, for they failed: so that every process can say so.",
)
