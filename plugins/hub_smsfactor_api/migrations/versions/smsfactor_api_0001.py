"""Tickets, clients' references, and what is said of accounts and of blacklisted numbers."""

import sqlalchemy as sa
from alembic import op

from hub.plugin_kit import UtcDateTime

revision = "smsfactor_api_0001"
down_revision = None
branch_labels = ("smsfactor_api",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "smsfactor_tickets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_smsfactor_tickets")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_smsfactor_tickets_campaign_id")),
    )
    op.create_index("ix_smsfactor_tickets_account", "smsfactor_tickets", ["account_id", "id"], unique=False)
    op.create_table(
        "smsfactor_references",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_smsfactor_references")),
        comment="What a client calls a recipient of a campaign (gsmsmsid).",
    )
    op.create_table(
        "smsfactor_profiles",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_smsfactor_profiles")),
        comment="What was said of an account when it was opened, and the hub has no use for.",
    )
    op.create_table(
        "smsfactor_infos",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        *(sa.Column(f"info{place}", sa.Text(), nullable=True) for place in range(1, 5)),
        sa.PrimaryKeyConstraint("account_id", "kind", "number", name=op.f("pk_smsfactor_infos")),
        comment="What a client wrote beside numbers that it put on the blacklist or the NPAI list.",
    )


def downgrade() -> None:
    for table in ("smsfactor_infos", "smsfactor_profiles", "smsfactor_references", "smsfactor_tickets"):
        op.drop_table(table)
