"""How routes are, as all workers together see them"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import UtcDateTime

revision = "core_0005"
down_revision = "core_0004"
branch_labels = None
depends_on = None

_COUNTS = ("taken", "refused", "put_off", "unknown", "failed")


def upgrade() -> None:
    op.create_table(
        "route_states",
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.String(length=16), server_default="closed", nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("openings", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("rest_until", UtcDateTime(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=True),
        sa.Column("pace", sa.Float(), nullable=True),
        sa.Column("pace_at", UtcDateTime(), nullable=True),
        sa.Column("latency_s", sa.Float(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("route", name=op.f("pk_route_states")),
        comment="How each route is, as all workers together saw it.",
    )
    op.create_table(
        "route_minutes",
        sa.Column("route", sa.String(length=64), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _COUNTS),
        sa.PrimaryKeyConstraint("route", "minute", name=op.f("pk_route_minutes")),
        comment="What carriers answered in the last minutes.",
    )


def downgrade() -> None:
    op.drop_table("route_minutes")
    op.drop_table("route_states")
