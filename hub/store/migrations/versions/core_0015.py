"""The register of consents, and segments of lists"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0015"
down_revision = "core_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("given_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
    ):
        op.add_column("consents", column)
    op.create_index("uq_consents_account_id_digest", "consents", ["account_id", "digest"], unique=True)
    if op.get_bind().dialect.supports_comments:
        comment = "Why a number may be texted: withdrawn by a STOP, and never dropped but by an erasure."
        op.create_table_comment("consents", comment)
    op.add_column(
        "campaigns", sa.Column("require_consent", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "segments",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_segments_account_id")),
        sa.ForeignKeyConstraint(["list_id"], ["contact_lists.id"], name=op.f("fk_segments_list_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_segments_account_id_name")),
        sqlite_autoincrement=True,  # an id is never that of another one, once it is deleted
    )
    op.create_index(op.f("ix_segments_list_id"), "segments", ["list_id"], unique=False)
    op.create_index("ix_inbound_messages_person", "inbound_messages", ["account_id", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_inbound_messages_person", "inbound_messages")
    op.drop_table("segments")
    op.drop_column("campaigns", "require_consent")
    op.drop_index("uq_consents_account_id_digest", "consents")
    for name in ("digest", "withdrawn_at", "given_at", "ip", "url", "name"):
        op.drop_column("consents", name)
