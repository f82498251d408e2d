"""Short links: where they lead, the one of each recipient, and who followed them"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0020"
down_revision = "core_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_targets",
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_link_targets_campaign_id")),
        sa.PrimaryKeyConstraint("campaign_id", "place", name=op.f("pk_link_targets")),
        comment="What the links of a campaign lead to; place 0 is the opt-out link.",
    )
    op.create_index("ix_link_targets_account", "link_targets", ["account_id", "campaign_id"], unique=False)
    alive = sa.text("kind <> 'gone'")
    op.create_index(
        "ix_link_targets_expires_at",
        "link_targets",
        ["expires_at"],
        unique=False,
        sqlite_where=alive,
        postgresql_where=alive,
    )
    op.create_table(
        "links",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_links")),
        comment="The link of each recipient.",
    )
    op.create_index("ix_links_campaign", "links", ["campaign_id", "place"], unique=False)
    op.create_table(
        "link_clicks",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("campaign_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("visitor", sa.String(length=8), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("brand", sa.String(length=64), nullable=True),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("browser", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_clicks")),
        comment="Visits of links, of people and of programs.",
    )
    op.create_index("uq_link_clicks_public_id", "link_clicks", ["public_id"], unique=True)
    op.create_index("ix_link_clicks_campaign", "link_clicks", ["campaign_id", "id"], unique=False)
    op.create_index("ix_link_clicks_account", "link_clicks", ["account_id", "id"], unique=False)
    people = sa.text("visitor = 'person'")
    op.create_table(
        "link_files",
        sa.Column("id", BigId, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_link_files_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_files")),
        comment="Files that links lead to; an account has each content once.",
    )
    op.create_index("uq_link_files_account_id_public_id", "link_files", ["account_id", "public_id"], unique=True)
    op.create_index("uq_link_files_account_id_digest", "link_files", ["account_id", "digest"], unique=True)
    op.create_index("ix_link_files_expires_at", "link_files", ["expires_at"], unique=False)
    op.create_index(
        "ix_link_clicks_people",
        "link_clicks",
        ["account_id", "number", "at"],
        unique=False,
        sqlite_where=people,
        postgresql_where=people,
    )


def downgrade() -> None:
    for table in ("link_files", "link_clicks", "links", "link_targets"):
        op.drop_table(table)
