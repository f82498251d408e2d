"""Erasures of persons: how far each is"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0017"
down_revision = "core_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("texts_from", sa.BigInteger(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_erasures_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        comment="Whose number was erased, under a keyed hash of it, and how far that is.",
    )
    op.create_index("uq_erasures_account_id_number", "erasures", ["account_id", "number"], unique=True)
    running = sa.text("done_at IS NULL")
    op.create_index("ix_erasures_running", "erasures", ["due_at"], sqlite_where=running, postgresql_where=running)


def downgrade() -> None:
    op.drop_table("erasures")
