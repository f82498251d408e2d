"""Where the links of campaigns lead, the link of each recipient, and who followed them."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, Table, Text, text

from hub.store.metadata import BigId, UtcDateTime, core_metadata

_ALIVE = text("kind <> 'gone'")
_OF_PEOPLE = text("visitor = 'person'")

link_targets = Table(
    "link_targets",
    core_metadata,
    Column("campaign_id", String(26), ForeignKey("campaigns.id"), primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("account_id", BigId, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("url", Text, nullable=False),  # `file:ID` for a file, empty for the opt-out link
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_link_targets_account", "account_id", "campaign_id"),
    Index("ix_link_targets_expires_at", "expires_at", sqlite_where=_ALIVE, postgresql_where=_ALIVE),
    comment="What the links of a campaign lead to; place 0 is the opt-out link.",
)

links = Table(
    "links",
    core_metadata,
    Column("code", String(8), primary_key=True),
    Column("campaign_id", String(26), nullable=False),
    Column("position", Integer, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("number", String(16)),  # NULL once it leads nowhere
    Index("ix_links_campaign", "campaign_id", "place"),
    comment="The link of each recipient.",
)

link_clicks = Table(
    "link_clicks",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("public_id", String(26), nullable=False),
    Column("code", String(8), nullable=False),
    Column("account_id", BigId, nullable=False),
    Column("campaign_id", String(26), nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("number", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("visitor", String(8), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("brand", String(64)),
    Column("model", String(64)),
    Column("system", String(64)),
    Column("browser", String(64)),
    Index("uq_link_clicks_public_id", "public_id", unique=True),
    Index("ix_link_clicks_campaign", "campaign_id", "id"),
    Index("ix_link_clicks_account", "account_id", "id"),
    Index("ix_link_clicks_people", "account_id", "number", "at", sqlite_where=_OF_PEOPLE, postgresql_where=_OF_PEOPLE),
    comment="Visits of links, of people and of programs.",
)

link_files = Table(
    "link_files",
    core_metadata,
    Column("id", BigId, primary_key=True),
    Column("public_id", String(26), nullable=False),
    Column("account_id", BigId, ForeignKey("accounts.id"), nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of what is in it
    Column("name", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("uq_link_files_account_id_public_id", "account_id", "public_id", unique=True),
    Index("uq_link_files_account_id_digest", "account_id", "digest", unique=True),
    Index("ix_link_files_expires_at", "expires_at"),
    comment="Files that links lead to; an account has each content once.",
)
