"""Accounts, users, tokens, and the credit ledger as they stand in the database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from hub.store.metadata import BigId, UtcDateTime, core_metadata

accounts = Table(
    "accounts",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("country", String(2), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("parent_id", BigId, ForeignKey("accounts.id")),
    Column("countries", Text),  # those it may text, with commas; NULL for all that the hub texts
    Column("limits", Text),  # what differs from [guard], as JSON; NULL for nothing
    Column("settings", Text),  # what it has said of itself, as JSON; NULL for nothing
    Column("draws", Boolean, nullable=False, server_default=false()),  # a sub-account, on its parent's credits
    Index("ix_accounts_parent", "parent_id"),
)

users = Table(
    "users",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("email", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("role", String(16), nullable=False, server_default="owner"),
    sqlite_autoincrement=True,  # who deleted one must not find another under its id
)

user_totp = Table(
    "user_totp",
    core_metadata,
    Column("user_id", BigId, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
    Column("lookup", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("last_step", BigInteger),
    comment="Secrets of one-time codes (RFC 6238); no code of a step up to last_step is taken again.",
)

user_recovery_codes = Table(
    "user_recovery_codes",
    core_metadata,
    Column("user_id", BigId, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True),
    comment="Codes that each open once in place of a one-time code, hashed.",
)

api_tokens = Table(
    "api_tokens",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("hint", String(4), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("scope", String(8), nullable=False, server_default="all"),
    Column("expires_at", UtcDateTime),
    Column("networks", Text),  # with commas; NULL for everywhere
    Column("last_used_at", UtcDateTime),
)

credit_balances = Table(
    "credit_balances",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True),
    Column("book", String(16), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    # The second wall against overdrawing; the first is the conditional update in ledger.py.
    CheckConstraint("book = 'issued' OR amount >= 0", name="not_overdrawn"),
)

credit_entries = Table(
    "credit_entries",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("movement", String(16), nullable=False),
    Column("from_book", String(16), nullable=False),
    Column("to_book", String(16), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("campaign_id", String(26)),
    Column("note", Text),
    Column("country", String(2)),  # of the texts that a charge is for
    Column("texts", Integer),
    Column("segments", Integer),
    CheckConstraint("amount > 0", name="positive"),
    Index("ix_credit_entries_account", "account_id", "id"),
)

credit_transfers = Table(
    "credit_transfers",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("parent_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("child_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("credits", BigInteger, nullable=False),  # below zero: back to the parent
    Column("at", UtcDateTime, nullable=False),
    Column("key", String(255)),
    Index("uq_credit_transfers_parent_id_key", "parent_id", "key", unique=True),
    comment="Transfers that people ask for; a key brings the same one forth but once.",
)
