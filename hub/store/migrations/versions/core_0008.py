"""Texts from phones: what came in, what it answers, opt-outs with their words, and consents"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0008"
down_revision = "core_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("auto_reply", sa.Text(), nullable=True))
    op.add_column("suppressions", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("suppressions", sa.Column("campaign_id", sa.String(length=26), nullable=True))
    op.create_table(
        "last_texts",
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=32), nullable=False),
        sa.Column("account_id", BigId, autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "sender", "account_id", name=op.f("pk_last_texts")),
        comment="The last text of each account to each person from each sender (empty: the carrier's own).",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "consents",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("given_by", sa.String(length=128), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_consents_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        comment="Why a number may be texted again: never changed, never dropped.",
    )
    op.create_index("ix_consents_account_number", "consents", ["account_id", "number"], unique=False)
    op.create_table(
        "inbound_messages",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("connector", sa.String(length=64), nullable=False),
        sa.Column("carrier_id", sa.String(length=128), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("written_to", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("matched", sa.Text(), nullable=False),
        sa.Column("account_id", BigId, nullable=True),
        sa.Column("campaign_id", sa.String(length=26), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("ambiguous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("opted_out", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.String(length=26), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("claimed_by", sa.String(length=64), nullable=True),
        sa.Column("forwarded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_inbound_messages_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        sa.UniqueConstraint("public_id", name=op.f("uq_inbound_messages_public_id")),
    )
    for column in ("carrier_id", "digest"):
        op.create_index(
            f"uq_inbound_messages_connector_{column}", "inbound_messages", ["connector", column], unique=True
        )
    op.create_index("ix_inbound_messages_account", "inbound_messages", ["account_id", "id"], unique=False)
    new = sa.text("state = 'new'")
    op.create_index(
        "ix_inbound_messages_new", "inbound_messages", ["due_at"], unique=False, sqlite_where=new, postgresql_where=new
    )
    op.create_table(
        "inbound_answers",
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_inbound_answers_account_id")),
        sa.PrimaryKeyConstraint("account_id", "number", "kind", "cause", name=op.f("pk_inbound_answers")),
        comment="What was answered by itself, once per cause: an opt-out by its time, everything else by its day.",
    )


def downgrade() -> None:
    for table in ("inbound_answers", "inbound_messages", "consents", "last_texts"):
        op.drop_table(table)
    with op.batch_alter_table("suppressions", schema=None) as batch_op:
        batch_op.drop_column("campaign_id")
        batch_op.drop_column("text")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("auto_reply")
