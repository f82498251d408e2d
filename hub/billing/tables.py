"""Orders, figures of days and months, and what accounts are warned of, as they stand in the database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, true

from hub.billing.widths import LONGEST_PAYMENT, LONGEST_PRICE, LONGEST_REFERENCE, LONGEST_VALIDATOR
from hub.store.metadata import BigId, UtcDateTime, core_metadata

purchase_orders = Table(
    "purchase_orders",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("reference", String(LONGEST_REFERENCE), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("price", String(LONGEST_PRICE)),  # a decimal number; NULL where nobody named one
    Column("currency", String(3)),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # when it was paid or cancelled
    Column("validated_by", String(LONGEST_VALIDATOR)),
    Column("payment", String(LONGEST_PAYMENT)),  # the payment's id, where a plugin took it
    Index("uq_purchase_orders_account_id_reference", "account_id", "reference", unique=True),
    Index("uq_purchase_orders_payment", "payment", unique=True),
    Index("ix_purchase_orders_account", "account_id", "id"),
)

billing_cursors = Table(
    "billing_cursors",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, nullable=False),
    Column("closed_through", String(7), nullable=False),  # the last month (2026-10) that never changes any more
    comment="How far the ledger of each account is counted.",
)

consumption = Table(
    "consumption",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("day", String(10), primary_key=True),  # 2026-10-31, in the hub's time zone
    Column("country", String(2), primary_key=True),  # empty where it is not known
    Column("source", String(32), primary_key=True),
    Column("texts", BigInteger, nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("undelivered", BigInteger, nullable=False),
    comment="What was used per day; kept by counting the ledger.",
)

account_months = Table(
    "account_months",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("month", String(7), primary_key=True),
    Column("movement", String(16), primary_key=True),
    Column("country", String(2), primary_key=True),
    Column("source", String(32), primary_key=True),
    Column("texts", BigInteger, nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    comment="What moved per month; kept by counting the ledger.",
)

credit_limits = Table(
    "credit_limits",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("credits", BigInteger, nullable=False),
    Column("billed_through", String(7), nullable=False),
    comment="Accounts that pay afterwards, and what they may use before they do.",
)

balance_alerts = Table(
    "balance_alerts",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("threshold", BigInteger, nullable=False),
    Column("emails", Text, nullable=False),  # one a line
    Column("phone", String(16)),
    Column("armed", Boolean, nullable=False, server_default=true()),
    Column("crossings", Integer, nullable=False, server_default="0"),
    Column("crossed_at", UtcDateTime),
    Column("text_due", Text),  # what is still to be texted of the last crossing
    Column("text_fault", Text),  # why it was not
)

validity_notices = Table(
    "validity_notices",
    core_metadata,
    Column("account_id", BigId, ForeignKey("accounts.id"), primary_key=True, autoincrement=False),
    Column("last_day", String(10), primary_key=True),  # of its last text, empty for none
    Column("at", UtcDateTime, nullable=False),
    comment="Accounts that were told how long they have not used their credits.",
)
