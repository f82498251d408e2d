"""Roles of users, codes of their telephones, and recovery codes"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0014"
down_revision = "core_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Made anew on SQLite, where only that keeps ids from being used again; nothing refers to users yet.
    anew = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("users", recreate=anew, table_kwargs={"sqlite_autoincrement": True}) as users:
        users.add_column(sa.Column("role", sa.String(length=16), server_default="owner", nullable=False))
    op.create_table(
        "user_totp",
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_totp_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_totp")),
        comment="Secrets of one-time codes (RFC 6238); no code of a step up to last_step is taken again.",
    )
    op.create_table(
        "user_recovery_codes",
        sa.Column("user_id", BigId, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_recovery_codes_user_id")),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_user_recovery_codes")),
        comment="Codes that each open once in place of a one-time code, hashed.",
    )


def downgrade() -> None:
    op.drop_table("user_recovery_codes")
    op.drop_table("user_totp")
    op.drop_column("users", "role")
