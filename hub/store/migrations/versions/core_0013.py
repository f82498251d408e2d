"""Purchase orders, what was used per day and month, credit limits, balance alerts and validity notices"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0013"
down_revision = "core_0012"
branch_labels = None
depends_on = None

COUNTED = ("texts", "segments", "credits")


def upgrade() -> None:
    op.add_column("credit_entries", sa.Column("country", sa.String(length=2), nullable=True))
    op.add_column("credit_entries", sa.Column("texts", sa.Integer(), nullable=True))
    op.add_column("credit_entries", sa.Column("segments", sa.Integer(), nullable=True))
    op.create_table(
        "outcome_entries",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("undelivered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_entries")),
        comment="How charged texts ended, until it is counted.",
    )
    op.create_index("ix_outcome_entries_account", "outcome_entries", ["account_id", "id"])
    op.create_table(
        "purchase_orders",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.String(length=20), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("validated_by", sa.String(length=200), nullable=True),
        sa.Column("payment", sa.String(length=128), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_purchase_orders_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
    )
    op.create_index(
        "uq_purchase_orders_account_id_reference", "purchase_orders", ["account_id", "reference"], unique=True
    )
    op.create_index("uq_purchase_orders_payment", "purchase_orders", ["payment"], unique=True)
    op.create_index("ix_purchase_orders_account", "purchase_orders", ["account_id", "id"])
    _per_account(
        "billing_cursors",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("closed_through", sa.String(length=7), nullable=False),
        comment="How far the ledger of each account is counted.",
    )
    _per_account(
        "consumption",
        *_keys(day=10, country=2, source=32),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*COUNTED, "delivered", "undelivered")),
        comment="What was used per day; kept by counting the ledger.",
    )
    _per_account(
        "account_months",
        *_keys(month=7, movement=16, country=2, source=32),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTED),
        comment="What moved per month; kept by counting the ledger.",
    )
    _per_account(
        "credit_limits",
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("billed_through", sa.String(length=7), nullable=False),
        comment="Accounts that pay afterwards, and what they may use before they do.",
    )
    _per_account(
        "balance_alerts",
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("emails", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("armed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("crossings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("crossed_at", UtcDateTime(), nullable=True),
        sa.Column("text_due", sa.Text(), nullable=True),
        sa.Column("text_fault", sa.Text(), nullable=True),
    )
    _per_account(
        "validity_notices",
        *_keys(last_day=10),
        sa.Column("at", UtcDateTime(), nullable=False),
        comment="Accounts that were told how long they have not used their credits.",
    )


def downgrade() -> None:
    for table in ("validity_notices", "balance_alerts", "credit_limits", "account_months", "consumption"):
        op.drop_table(table)
    for table in ("billing_cursors", "purchase_orders", "outcome_entries"):
        op.drop_table(table)
    for column in ("segments", "texts", "country"):
        op.drop_column("credit_entries", column)


def _keys(**widths: int) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(length=width), nullable=False, primary_key=True) for name, width in widths.items()]


def _per_account(table: str, *columns: sa.Column[Any], comment: str | None = None) -> None:
    """A table of accounts: its key begins with the account."""
    keys = [one.name for one in columns if one.primary_key]
    for one in columns:
        one.primary_key = False  # the constraint has its name
    op.create_table(
        table,
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id")),
        sa.PrimaryKeyConstraint("account_id", *keys, name=op.f(f"pk_{table}")),
        comment=comment,
    )
