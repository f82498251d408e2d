"""Who calls, by any of the seven ways in which clients say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub import NotAuthenticated
from hub.plugin_kit import web_door
from hub_smsfactor_api.statuses import WRONG_PASSWORD, WRONG_TOKEN, Refused, Status

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

    from hub.plugin_kit import Guest
    from hub_smsfactor_api.node import Node

_NAMES = ("authentication", "authentification", "auth")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a caller shows: a token, or a name and a password."""

    token: str | None = None
    username: str | None = None
    password: str | None = None

    @property
    def is_something(self) -> bool:
        """Whether anything is shown."""
        return self.token is not None or (self.username is not None and self.password is not None)


def shown(headers: Headers, query: Node, body: Node) -> Shown:
    """What a request shows first: in `Authorization`, in headers of its own, in its document, in its query."""
    scheme, _, rest = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return Shown(token=rest.strip())
    asked = (
        Shown(username=headers.get("sfusername"), password=headers.get("sfpassword")),
        *(_shown_in(one) for one in _places(body)),
        _shown_in(query),
    )
    return next((one for one in asked if one.is_something), Shown())


def let_in(what: Shown) -> Guest:
    """Who that is; raises Refused (-1) with the words of the real server, and TooMany past the hub's limits."""
    door = web_door()
    if what.token is not None:
        try:
            return door.by_token(what.token)
        except NotAuthenticated:
            raise Refused(Status.AUTHENTICATION, WRONG_TOKEN) from None
    if what.username is None or what.password is None:
        raise Refused(Status.AUTHENTICATION, WRONG_TOKEN)
    try:
        return door.by_password(what.username, what.password)
    except NotAuthenticated:
        raise Refused(Status.AUTHENTICATION, WRONG_PASSWORD) from None


def _places(body: Node) -> list[Node]:
    """Where in a document it may stand: in a part of its own at the top or one level below, or among its fields."""
    tops = [body, *(one for parts in body.parts.values() for one in parts)]
    return [*(found for top in tops for found in top.all(*_NAMES)), body]


def _shown_in(node: Node) -> Shown:
    token, username, password = (_said(node, *names) for names in (("token",), ("username", "login"), ("password",)))
    return Shown((token or "").strip() or None, (username or "").strip() or None, password)


def _said(node: Node, *names: str) -> str | None:
    """What a part says; nothing where it is an object: `token` is one where tokens are made."""
    found = node.one(*names)
    return found.said() if found is not None else None
