"""Counts, and when they were cleared out."""

import sqlalchemy as sa
from alembic import op

from hub.plugin_kit import UtcDateTime

revision = "discreet_0001"
down_revision = None
branch_labels = ("discreet",)
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "discreet_counts",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "day", "kind", name=op.f("pk_discreet_counts")),
    )
    op.create_table(
        "discreet_rounds",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("cleared", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_discreet_rounds")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("discreet_rounds")
    op.drop_table("discreet_counts")
