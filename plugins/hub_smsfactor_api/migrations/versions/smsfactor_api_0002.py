"""Whose the clients' names are, and reports of requests that texted nobody in a table of their own: both have their time."""

import sqlalchemy as sa
from alembic import op

from hub.plugin_kit import UtcDateTime

revision = "smsfactor_api_0002"
down_revision = "smsfactor_api_0001"
branch_labels = None
depends_on = None

WHOSE = """
UPDATE smsfactor_references SET
    account_id = (SELECT account_id FROM smsfactor_tickets WHERE id = ticket_id),
    campaign_id = (SELECT campaign_id FROM smsfactor_tickets WHERE id = ticket_id)
"""
MOVE = """
INSERT INTO smsfactor_unsent (ticket_id, account_id, made_at, report)
SELECT id, account_id, created_at, kept FROM smsfactor_tickets WHERE campaign_id IS NULL AND kept IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("smsfactor_references", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.add_column("smsfactor_references", sa.Column("campaign_id", sa.String(length=26), nullable=True))
    op.execute(WHOSE)
    op.create_index("ix_smsfactor_references_person", "smsfactor_references", ["account_id", "number"], unique=False)
    op.create_index("ix_smsfactor_references_campaign", "smsfactor_references", ["campaign_id", "number"], unique=False)
    op.create_table(
        "smsfactor_unsent",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_smsfactor_unsent")),
        comment="What is reported of requests of which nothing could be sent.",
    )
    op.create_index("ix_smsfactor_unsent_person", "smsfactor_unsent", ["account_id", "number"], unique=False)
    op.create_index("ix_smsfactor_unsent_made_at", "smsfactor_unsent", ["made_at"], unique=False)
    op.execute(MOVE)
    op.execute("UPDATE smsfactor_tickets SET kept = NULL WHERE campaign_id IS NULL")


def downgrade() -> None:
    op.drop_table("smsfactor_unsent")
    for name in ("ix_smsfactor_references_campaign", "ix_smsfactor_references_person"):
        op.drop_index(name, "smsfactor_references")
    for name in ("campaign_id", "account_id"):
        op.drop_column("smsfactor_references", name)
