"""Lists of contacts, numbers that must not be texted, those that carriers say are nobody's, and consents."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

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
    Column("text", Text),  # what the person wrote, where an answer put an end to it
    Column("campaign_id", String(26)),  # and what it answered
)

consents = Table(
    "consents",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("number", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("notice", Text, nullable=False),
    Column("source", String(32), nullable=False),
    Column("given_by", String(128), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("name", Text),  # whose number it is, where the source says so
    Column("url", Text),  # where the notice was shown
    Column("ip", String(45)),
    Column("given_at", UtcDateTime),  # by the source; NULL where a proof took a suppression away: then `at` is meant
    Column("withdrawn_at", UtcDateTime),
    Column("digest", String(64)),  # of what was registered, so that registering it again doubles nothing
    Index("ix_consents_account_number", "account_id", "number"),
    Index("uq_consents_account_id_digest", "account_id", "digest", unique=True),
    comment="Why a number may be texted: withdrawn by a STOP, and never dropped but by an erasure.",
)

unallocated_numbers = Table(
    "unallocated_numbers",
    core_metadata,
    Column("number", String(16), primary_key=True),  # first: receipts of many accounts are looked up at once
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("campaigns", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Index("ix_unallocated_numbers_account", "account_id", "number"),
    comment="Numbers that are nobody's by the last campaigns that texted them, and how many in a row said so.",
)

contact_lists = Table(
    "contact_lists",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("name", Text),  # NULL once it is deleted: another may be called so
    Column("size", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    UniqueConstraint("account_id", "name"),
    comment="Its row is locked by whoever changes its contacts, so that `size` is their number.",
    sqlite_autoincrement=True,  # who deleted one must not find another under its id
)

contacts = Table(
    "contacts",
    core_metadata,
    Column("list_id", BigId, ForeignKey("contact_lists.id"), primary_key=True, autoincrement=False),
    Column("number", String(16), primary_key=True),
    Column("account_id", BigId, nullable=False),
    Column("info1", Text),
    Column("info2", Text),
    Column("info3", Text),
    Column("info4", Text),
    Column("fields", Text),  # named ones, as a JSON object
    Column("added_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_contacts_account_number", "account_id", "number"),
    sqlite_with_rowid=False,
)

imports = Table(
    "imports",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("list_id", BigId, nullable=False),
    Column("filename", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("size", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("wishes", Text),  # how it is to be read, as JSON, where a person has said so
    Column("shape", Text),  # how it was read, as JSON
    Column("tally", Text),
    Column("samples", Text),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("stored", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("updated", Integer, nullable=False, server_default="0"),
    Column("owner", String(26)),
    Column("lease_until", UtcDateTime),
    Column("fault", String(32)),
    Column("detail", Text),
    Index("ix_imports_account", "account_id", "id"),
    sqlite_autoincrement=True,  # who deleted one must not find another under its id
)

import_pieces = Table(
    "import_pieces",
    core_metadata,
    Column("import_id", BigId, ForeignKey("imports.id"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
    comment="The file as it came, in the database: the worker that reads it may stand on another machine.",
)

import_chunks = Table(
    "import_chunks",
    core_metadata,
    Column("import_id", BigId, ForeignKey("imports.id"), primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("contacts", Text),  # what is to be stored, as JSON; NULL once it is
    Column("report", Text, nullable=False),  # the lines worth a word, as JSON
    Column("stored", Boolean, nullable=False, server_default=false()),
    comment="What a file says, read and judged: stored chunk by chunk, each with the list's size in one transaction.",
)

segments = Table(
    "segments",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("list_id", BigId, ForeignKey("contact_lists.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),  # as JSON
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("account_id", "name"),
    sqlite_autoincrement=True,  # who deleted one must not find another under its id
)
