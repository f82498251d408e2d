"""Secret addresses, and From addresses that an account trusts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from hub.plugin_kit import UtcDateTime, new_metadata

metadata = new_metadata()

mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("local_part", String(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

mail_senders = Table(
    "mail_senders",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)
