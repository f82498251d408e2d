"""API tokens: /token."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub_smsfactor_api.numbers import read_id
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.times import written, written_or_none

if TYPE_CHECKING:
    from datetime import datetime

    from hub import Token
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

LONGEST_TTL = 100 * 366 * 86_400
"""Seconds."""


def create_token(asked: Asked) -> Reply:
    """POST /token; it is never stronger than the token that makes it."""
    return _create(asked, asked.account.id)


def create_token_for(asked: Asked) -> Reply:
    """POST /token/account/:id, for a sub-account."""
    child = asked.hub.rooms.children.get(asked.account.id, read_id(asked.ids[0], "sub-account"))
    return _create(asked, child.id)


def list_tokens(asked: Asked) -> Reply:
    """GET /token."""
    now = asked.hub.clock.now()
    return Reply({"tokens": [_shown(one, now) for one in asked.hub.rooms.tokens.all(asked.account.id)]})


def show_token(asked: Asked) -> Reply:
    """GET /token/:id."""
    token_id = read_id(asked.ids[0], "token")
    found = [one for one in asked.hub.rooms.tokens.all(asked.account.id) if one.id == token_id]
    if not found:
        raise Refused(Status.NOT_FOUND, "There is no token of that id.")
    return Reply({"token": _shown(found[0], asked.hub.clock.now())})


def delete_token(asked: Asked) -> Reply:
    """DELETE /token/:id."""
    token_id = read_id(asked.ids[0], "token")
    asked.hub.rooms.tokens.revoke(asked.account.id, token_id, by=asked.guest.token)
    return Reply({"deleted_token": str(token_id)})


def _create(asked: Asked, account_id: int) -> Reply:
    document = asked.body.inner("token")
    ttl = document.number("ttl", least=0, most=LONGEST_TTL)
    now = asked.hub.clock.now()
    networks = [one for value in document.values("allowed_ips") for one in value.replace(",", " ").split()]
    made, new = asked.hub.rooms.tokens.make(
        account_id,
        document.value("name") or written(now),
        expires_at=now + timedelta(seconds=ttl) if ttl else None,
        networks=networks,
        by=asked.guest.token,
    )
    return Reply({"token": new.secret, "token_id": str(made.id), "allowed_ips": list(made.networks)})


def _shown(one: Token, now: datetime) -> dict[str, Value]:
    lasts = None if one.expires_at is None else one.expires_at - one.created_at
    return {
        "name": one.name,
        "api_token_id": one.id,
        "created_at": written(one.created_at),
        "expired_at": written_or_none(one.expires_at),
        "ttl": None if lasts is None else round(lasts.total_seconds()),
        "is_active": str(int(one.expires_at is None or one.expires_at > now)),
        "allowed_ips": list(one.networks),
    }
