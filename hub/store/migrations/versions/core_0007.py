"""Which mail asked for a campaign, and where answers to it go"""

import sqlalchemy as sa
from alembic import op

revision = "core_0007"
down_revision = "core_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("thread", sa.String(length=255), nullable=True))
    op.add_column("campaigns", sa.Column("reply_to", sa.String(length=320), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("reply_to")
        batch_op.drop_column("thread")
