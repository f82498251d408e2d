"""Addresses are sealed, and found by a keyed hash; what stands in clear is sealed once these columns are there."""

import sqlalchemy as sa
from alembic import op

revision = "mail_to_sms_0002"
down_revision = "mail_to_sms_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("mail_addresses") as batch_op:
        batch_op.alter_column("local_part", existing_type=sa.String(length=32), nullable=True)
        batch_op.add_column(sa.Column("sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("lookup", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_mail_addresses_lookup"), ["lookup"])


def downgrade() -> None:
    with op.batch_alter_table("mail_addresses") as batch_op:
        batch_op.drop_constraint(op.f("uq_mail_addresses_lookup"), type_="unique")
        batch_op.drop_column("lookup")
        batch_op.drop_column("sealed")
