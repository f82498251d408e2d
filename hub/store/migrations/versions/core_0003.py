"""Guards: countries and limits of accounts, campaigns held for review, what was spent and who was texted lately"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("countries", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("limits", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("held_at", UtcDateTime(), nullable=True))
    op.add_column("campaigns", sa.Column("hold_reason", sa.String(length=64), nullable=True))
    op.add_column("campaigns", sa.Column("hold_detail", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("released_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_campaigns_held",
        "campaigns",
        ["held_at"],
        unique=False,
        sqlite_where=sa.text("held_at IS NOT NULL"),
        postgresql_where=sa.text("held_at IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_held",
        "messages",
        ["campaign_id"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "account_days",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("jumped_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_days_account_id")),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_account_days")),
        comment="Credits accepted by account and day (2027-01-04, in the hub's time zone), those held left out.",
    )
    op.create_table(
        "recent_texts",
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column(
            "recipient",
            sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "recipient", "campaign_id", name=op.f("pk_recent_texts")),
        comment="Who was texted within the hour; when, its campaign's id says.",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recent_texts_campaign", "recent_texts", ["campaign_id"], unique=False)


def downgrade() -> None:
    op.drop_table("recent_texts")
    op.drop_table("account_days")
    op.drop_index("ix_messages_held", table_name="messages")
    op.drop_index("ix_campaigns_held", table_name="campaigns")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        for name in ("released_at", "hold_detail", "hold_reason", "held_at"):
            batch_op.drop_column(name)
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        for name in ("limits", "countries"):
            batch_op.drop_column(name)
