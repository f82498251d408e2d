"""Campaigns of lists, templates, repetitions, test texts, and what answers a campaign"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0012"
down_revision = "core_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("repeat_digest", sa.String(length=64), nullable=True))
    compared = sa.text("repeat_digest IS NOT NULL")
    op.create_index(
        "ix_campaigns_repeats",
        "campaigns",
        ["account_id", "repeat_digest"],
        unique=False,
        sqlite_where=compared,
        postgresql_where=compared,
    )
    answering = sa.text("campaign_id IS NOT NULL")
    op.create_index(
        "ix_inbound_messages_campaign",
        "inbound_messages",
        ["campaign_id", "id"],
        unique=False,
        sqlite_where=answering,
        postgresql_where=answering,
    )
    op.create_table(
        "campaign_sources",
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("next_position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_sources_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "place", name=op.f("pk_campaign_sources")),
        comment="Contact lists that a campaign is still to read, and how far it has.",
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=True),
        sa.Column("sender", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_templates_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_templates_account_id_name")),
        comment="Texts that accounts keep under a name.",
    )
    op.create_table(
        "test_numbers",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=True),
        sa.Column("asked_number", sa.String(length=16), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_until", UtcDateTime(), nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_test_numbers_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_test_numbers")),
        comment="The own number of each account that test texts go to, and the code that proves one.",
    )
    op.create_table(
        "test_days",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_test_days_account_id")),
        sa.PrimaryKeyConstraint("account_id", "day", "kind", name=op.f("pk_test_days")),
        comment="How many free texts each account had on a day.",
    )


def downgrade() -> None:
    for table in ("test_days", "test_numbers", "templates", "campaign_sources"):
        op.drop_table(table)
    op.drop_index("ix_inbound_messages_campaign", table_name="inbound_messages")
    op.drop_index("ix_campaigns_repeats", table_name="campaigns")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("repeat_digest")
