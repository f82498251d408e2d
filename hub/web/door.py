"""How a plugin that is an API of its own lets callers in: by the same tokens, passwords and limits as the hub's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from flask import current_app, g, request

from hub.accounts.model import Role, Scope
from hub.accounts.roles import SCOPES
from hub.web.bridge import OWNER
from hub.web.requests import body_of
from hub.web.signing_in import SignIn

if TYPE_CHECKING:
    from flask import Flask

    from hub.accounts.model import Account, Token
    from hub.bootstrap import Core
    from hub.web.limiter import Limiter

_NAME = "hub.door"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who was let in: for which account, by which token (None: by a password), and what they may do.

    `owns` says whether they may do what is its owners' alone: tokens, users, sub-accounts. `name` is theirs in words.
    """

    account: Account
    token: Token | None
    scopes: frozenset[Scope]
    owns: bool
    name: str


@dataclass(frozen=True, slots=True)
class Door:
    """Lets callers of the request at hand in. Raises NotAuthenticated, and TooMany past the limits of `[web]`."""

    core: Core
    limiter: Limiter

    def by_token(self, token: str) -> Guest:
        """Who shows this token."""
        caller = self.limiter.enter(token, request.remote_addr or "")
        has = caller.token.scope
        scopes = frozenset(Scope) if has is Scope.ALL else frozenset({has})
        name = f"token {caller.token.name}"
        return _noted(Guest(caller.account, caller.token, scopes, owns=has is Scope.ALL, name=name))

    def by_password(self, email: str, password: str) -> Guest:
        """Who signs in with this password. Whoever has set up codes cannot come in by this way."""
        users = SignIn(self.core.users, self.limiter, self.core.settings.web.wrong_passwords_per_hour)
        user = users.sign_in(email, password, None, request.remote_addr or "")
        account = self.core.account(user.account_id)
        return _noted(Guest(account, None, SCOPES[user.role], owns=user.role is Role.OWNER, name=f"user {user.id}"))


def install_door(app: Flask, core: Core, limiter: Limiter) -> None:
    """Let plugins' routes in an application find the door."""
    app.extensions[_NAME] = Door(core, limiter)


def web_door() -> Door:
    """The door of the application that answers the request at hand."""
    return cast("Door", current_app.extensions[_NAME])


def whole_body() -> bytes:
    """The body of the request at hand; raises werkzeug's RequestEntityTooLarge, RequestTimeout."""
    return body_of(request)


def _noted(guest: Guest) -> Guest:
    """From here on it is known whose request it is."""
    request.environ[OWNER] = f"account {guest.account.id}"
    g.account = guest.account
    return guest
