"""Lists of contacts"""

import sqlalchemy as sa
from alembic import op

from hub.store.metadata import BigId, UtcDateTime

revision = "core_0009"
down_revision = "core_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_lists",
        sa.Column("id", BigId, nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("size", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_contact_lists_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_lists")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_contact_lists_account_id_name")),
        comment="Its row is locked by whoever changes its contacts, so that `size` is their number.",
        sqlite_autoincrement=True,  # an id is never that of another one, once it is deleted
    )
    op.create_table(
        "contacts",
        sa.Column("list_id", BigId, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("account_id", BigId, nullable=False),
        sa.Column("info1", sa.Text(), nullable=True),
        sa.Column("info2", sa.Text(), nullable=True),
        sa.Column("info3", sa.Text(), nullable=True),
        sa.Column("info4", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["contact_lists.id"], name=op.f("fk_contacts_list_id")),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_contacts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contacts_account_number", "contacts", ["account_id", "number"], unique=False)


def downgrade() -> None:
    for table in ("contacts", "contact_lists"):
        op.drop_table(table)
