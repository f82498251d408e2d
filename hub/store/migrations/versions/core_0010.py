"""Tokens with scopes, expiry and networks; sub-accounts that draw on their parent, and transfers"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0010"
down_revision = "core_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("draws", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_accounts_parent", "accounts", ["parent_id"], unique=False)
    op.add_column("api_tokens", sa.Column("scope", sa.String(length=8), server_default="all", nullable=False))
    op.add_column("api_tokens", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.add_column("api_tokens", sa.Column("networks", sa.Text(), nullable=True))
    op.add_column("api_tokens", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.create_table(
        "credit_transfers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("parent_id", BigId, nullable=False),
        sa.Column("child_id", BigId, nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["accounts.id"], name=op.f("fk_credit_transfers_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts.id"], name=op.f("fk_credit_transfers_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_transfers")),
        comment="Transfers that people ask for; a key brings the same one forth but once.",
    )
    op.create_index("uq_credit_transfers_parent_id_key", "credit_transfers", ["parent_id", "key"], unique=True)


def downgrade() -> None:
    op.drop_table("credit_transfers")
    for column in ("last_used_at", "networks", "expires_at", "scope"):
        op.drop_column("api_tokens", column)
    op.drop_index("ix_accounts_parent", table_name="accounts")
    op.drop_column("accounts", "draws")
