"""What mail needs of a site before anybody writes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert

from hub.bootstrap import build
from hub_mail_to_sms.tables import mail_addresses

if TYPE_CHECKING:
    from .site import Site


def give_address(site: Site, local_part: str) -> None:
    """Give account 1 that secret address, sealed with the site's own key."""
    core = build(environ=site.environ)
    row = {
        "account_id": 1,
        "sealed": core.vault.seal(local_part),
        "lookup": core.vault.lookup(local_part),
        "created_at": datetime.now(UTC),
    }
    core.close()
    with site.store.write("test") as connection:
        connection.execute(insert(mail_addresses).values(row))
