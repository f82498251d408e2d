"""What mail needs of a site before anybody writes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert

from hub.clock import SystemClock
from hub.sealing import Keyring, open_vault
from hub_mail_to_sms.tables import mail_addresses

if TYPE_CHECKING:
    from .site import Site


def give_address(site: Site, local_part: str) -> None:
    """Give account 1 that secret address, sealed with the site's key as the hub does."""
    site.data_dir.mkdir(exist_ok=True)
    vault = open_vault(site.store, Keyring(site.data_dir), SystemClock())
    secret = {"sealed": vault.seal(local_part), "lookup": vault.lookup(local_part)}
    with site.store.write("test") as connection:
        row = {"account_id": 1, "created_at": datetime.now(UTC), **secret}
        connection.execute(insert(mail_addresses).values(row))
