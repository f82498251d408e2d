"""Keep the links of messages, in the transaction that keeps the messages."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hub.links.files import keep_files
from hub.links.model import OPT_OUT, LinkKind
from hub.links.rules import ALPHABET, file_of
from hub.links.tables import link_targets, links
from hub.store.bulk import insert_new, insert_returning

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_CHANCE = SystemRandom()


def new_code(length: int) -> str:
    """A code that nobody can guess."""
    return "".join(_CHANCE.choices(ALPHABET, k=length))


def keep_targets(
    connection: Connection, account_id: int, campaign_id: str, urls: Sequence[str], expires_at: datetime
) -> None:
    """Keep where the links of a campaign lead, its first one first."""
    rows = [
        _target(account_id, campaign_id, place, LinkKind.FILE if file_of(url) else LinkKind.TARGET, url, expires_at)
        for place, url in enumerate(urls, start=1)
    ]
    insert_new(connection, link_targets, rows)
    keep_files(connection, account_id, urls, expires_at)


def keep_opt_out(connection: Connection, account_id: int, campaign_id: str, expires_at: datetime) -> None:
    """Keep that a campaign has opt-out links, if that is not known yet."""
    insert_new(connection, link_targets, [_target(account_id, campaign_id, OPT_OUT, LinkKind.OPT_OUT, "", expires_at)])


def targets_of(connection: Connection, campaign_id: str) -> tuple[str, ...]:
    """Where the links of a stored campaign lead, its first one first."""
    these = (link_targets.c.campaign_id == campaign_id, link_targets.c.place > OPT_OUT)
    query = select(link_targets.c.url).where(*these).order_by(link_targets.c.place)
    return tuple(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A code that was taken already: the text of the message at that position must have the new one instead."""

    position: int
    old: str
    new: str


def keep_links(connection: Connection, rows: Sequence[dict[str, Any]]) -> tuple[Redrawn, ...]:
    """Keep the links of messages. Codes that were taken already are drawn again, and the rows changed."""
    drawn = [row["code"] for row in rows]
    left = list(rows)
    while left:
        first = {row["code"]: row for row in reversed(left)}
        kept = set(insert_returning(connection, links, list(first.values()), links.c.code))
        left = [row for row in left if row["code"] not in kept or first[row["code"]] is not row]
        for row in left:
            row["code"] = new_code(len(row["code"]))
    return tuple(
        Redrawn(row["position"], old, row["code"]) for row, old in zip(rows, drawn, strict=True) if row["code"] != old
    )


def _target(
    account_id: int, campaign_id: str, place: int, kind: LinkKind, url: str, expires_at: datetime
) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "place": place,
        "account_id": account_id,
        "kind": kind,
        "url": url,
        "expires_at": expires_at,
    }
