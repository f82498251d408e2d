"""Addresses and allowed senders."""

import sqlalchemy as sa
from alembic import op

from hub.plugin_kit import UtcDateTime

revision = "mail_to_sms_0001"
down_revision = None
branch_labels = ("mail_to_sms",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_addresses",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("local_part", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_addresses")),
        sa.UniqueConstraint("local_part", name=op.f("uq_mail_addresses_local_part")),
    )
    op.create_table(
        "mail_senders",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_mail_senders")),
    )
    op.create_index(op.f("ix_mail_senders_account_id"), "mail_senders", ["account_id"])


def downgrade() -> None:
    op.drop_table("mail_senders")
    op.drop_table("mail_addresses")
