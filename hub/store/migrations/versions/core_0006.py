"""What accounts spend by country, numbers that are nobody's, frozen figures of campaigns, short references of receipts"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0006"
down_revision = "core_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account_days", sa.Column("spent", sa.Text(), nullable=True))
    op.create_table(
        "unallocated_numbers",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("campaigns", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_unallocated_numbers_account_id")),
        sa.PrimaryKeyConstraint("number", "account_id", name=op.f("pk_unallocated_numbers")),
        comment="Numbers that are nobody's by the last campaigns that texted them, and how many in a row said so.",
    )
    op.create_index("ix_unallocated_numbers_account", "unallocated_numbers", ["account_id", "number"], unique=False)
    op.add_column("campaigns", sa.Column("freeze_at", UtcDateTime(), nullable=True))
    op.add_column("campaigns", sa.Column("frozen_at", UtcDateTime(), nullable=True))
    op.add_column("campaigns", sa.Column("figures", sa.Text(), nullable=True))
    op.add_column("campaigns", sa.Column("corrected_at", UtcDateTime(), nullable=True))
    unfrozen = sa.text("figures IS NULL AND state IN ('finished', 'cancelled')")
    op.create_index(
        "ix_campaigns_unfrozen",
        "campaigns",
        ["freeze_at", "id"],
        unique=False,
        sqlite_where=unfrozen,
        postgresql_where=unfrozen,
    )
    op.add_column("parked_receipts", sa.Column("short_ref", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("parked_receipts", schema=None) as batch_op:
        batch_op.drop_column("short_ref")
    op.drop_index("ix_campaigns_unfrozen", table_name="campaigns")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        for name in ("corrected_at", "figures", "frozen_at", "freeze_at"):
            batch_op.drop_column(name)
    op.drop_table("unallocated_numbers")
    with op.batch_alter_table("account_days", schema=None) as batch_op:
        batch_op.drop_column("spent")
