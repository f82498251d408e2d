"""The secrets of webhooks, sealed: the one that counts, and old ones that still sign for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, or_, select, update

from hub.events.signing import new_secret
from hub.events.tables import webhook_secrets as table
from hub.registry import SealedColumn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.vault import Vault

OLD_SIGNS_FOR = timedelta(hours=24)
SEALED = SealedColumn("webhook_secrets", "id", "clear", "sealed", "lookup")


def make_secret(connection: Connection, vault: Vault, webhook_id: int, at: datetime) -> str:
    """Make a secret; one that there was signs for a day more, and what is older does not."""
    secret = new_secret()
    connection.execute(delete(table).where(table.c.webhook_id == webhook_id, table.c.until.is_not(None)))
    old = update(table).where(table.c.webhook_id == webhook_id)
    connection.execute(old.values(until=at + OLD_SIGNS_FOR))
    _keep(connection, vault, webhook_id, secret)
    return secret


def take_secret(connection: Connection, vault: Vault, webhook_id: int, secret: str) -> None:
    """Keep a secret that the receiver's owner chose, instead of any other; an empty one is none."""
    forget_secrets(connection, webhook_id)
    if secret:
        _keep(connection, vault, webhook_id, secret)


def forget_secrets(connection: Connection, webhook_id: int) -> None:
    """Drop every secret of a webhook."""
    connection.execute(delete(table).where(table.c.webhook_id == webhook_id))


def _keep(connection: Connection, vault: Vault, webhook_id: int, secret: str) -> None:
    row = {"webhook_id": webhook_id, "sealed": vault.seal(secret), "lookup": vault.lookup(secret)}
    connection.execute(insert(table).values(row))


def sealed_secrets(connection: Connection, webhook_id: int, at: datetime) -> Sequence[str]:
    """What signs at a time, sealed, the newest first."""
    signs = or_(table.c.until.is_(None), table.c.until > at)
    query = select(table.c.sealed).where(table.c.webhook_id == webhook_id, signs).order_by(table.c.id.desc())
    return connection.execute(query).scalars().all()
