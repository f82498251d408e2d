"""Pause switches, campaigns that came out of a backup, the proof that the secret key fits, hooks that rest"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import UtcDateTime

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "switches",
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("way", "route", name=op.f("pk_switches")),
        comment="What is paused; a way without a row is open.",
    )
    op.create_table(
        "restored_campaigns",
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_restored_campaigns")),
        comment="Campaigns that waited in a backup: what of them may have left since, nobody has decided yet.",
    )
    op.create_table(
        "key_canaries",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_key_canaries")),
        comment="A known text, sealed: who can open it holds the key that the rest is sealed with.",
    )
    op.create_table(
        "resting_hooks",
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "hook", name=op.f("pk_resting_hooks")),
        comment="Hooks that a process does not call for a while, for they failed: so that every process can say so.",
    )


def downgrade() -> None:
    op.drop_table("resting_hooks")
    op.drop_table("key_canaries")
    op.drop_table("restored_campaigns")
    op.drop_table("switches")
