"""Secret addresses, and From addresses that an account trusts.

An address stands there sealed, and is found by its keyed hash; `local_part` is what older hubs kept in clear.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table, Text

from hub.plugin_kit import UtcDateTime, new_metadata

metadata = new_metadata()

mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("local_part", String(32), unique=True),
    Column("sealed", Text),
    Column("lookup", String(64), unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)

mail_senders = Table(
    "mail_senders",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("account_id", BigInteger, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)
