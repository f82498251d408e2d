"""Segments in campaigns: chunks of numbers out of a list, and whose phones texts have reached"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0018"
down_revision = "core_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign_chunks", sa.Column("list_id", sa.BigInteger(), nullable=True))
    op.create_table(
        "received_texts",
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "account_id", name=op.f("pk_received_texts")),
        comment="When a text of each account last arrived at each person's phone, by its receipt.",
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO received_texts (recipient, account_id, at) SELECT recipient, account_id, max(settled_at) "
        "FROM messages WHERE state = 'delivered' AND settled_at IS NOT NULL GROUP BY recipient, account_id"
    )


def downgrade() -> None:
    op.drop_table("received_texts")
    with op.batch_alter_table("campaign_chunks", schema=None) as batch_op:
        batch_op.drop_column("list_id")
