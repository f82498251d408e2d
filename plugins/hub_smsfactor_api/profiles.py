"""What is said of accounts when they are opened, and the hub has no use for: kept, and answered again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from hub.plugin_kit import among, fetch, storable, upsert_rows
from hub_smsfactor_api.tables import profiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from hub import Hub

LONGEST = 500
FIELDS = (
    "email",
    "firstname",
    "lastname",
    "city",
    "phone",
    "address1",
    "address2",
    "zip",
    "company",
    "type",
    "sender",
    "description",
)


def profile_of(hub: Hub, account_id: int) -> Mapping[str, str]:
    """What was said of an account."""
    return profiles_of(hub, [account_id]).get(account_id, {})


def profiles_of(hub: Hub, account_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """What was said of accounts, by their ids."""
    with hub.read() as connection:
        rows = fetch(connection, select(profiles).where(among(connection, profiles.c.account_id, list(account_ids))))
    return {row.account_id: json.loads(row.said) for row in rows}


def keep_profile(hub: Hub, account_id: int, said: Mapping[str, str]) -> None:
    """Keep what was said of an account, in the place of what was before."""
    kept = {name: storable(value, LONGEST) for name, value in said.items() if value}
    with hub.write() as connection:
        upsert_rows(connection, profiles, [{"account_id": account_id, "said": json.dumps(kept)}])
