"""The account of the token, its sub-accounts, the people who sign in, and tokens."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING

from hub.client.calls import MOST, Calls, said
from hub.client.values import Account, Balance, NewToken, Settings, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class SubAccount:
    """An account of the account's; `draws`: what it lacks is taken from its parent's credits."""

    id: int
    name: str
    country: str
    draws: bool
    locked: bool
    created_at: datetime
    balance: Balance


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in: `owner`, `manager`, `sender` or `viewer`; `has_totp`: with a code of a telephone too."""

    id: int
    email: str
    role: str
    created_at: datetime
    has_totp: bool


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret for an app that shows codes, in base 32, and the same for a QR code; shown this once."""

    secret: str
    uri: str


class Accounts(Calls):
    """The account that the token belongs to."""

    def get(self) -> Account:
        """Its name and its credits."""
        return self._ask(Account, "GET", "/account")

    def settings(self) -> Settings:
        """What it says of itself."""
        return self._ask(Settings, "GET", "/account/settings")

    def change(self, **settings: str | None) -> Settings:
        """Change settings by name; None forgets one.

        Raises Changed where somebody else changed them between our look and our edit, and then changes nothing.
        """
        return self._edit(Settings, "/account/settings", dict(settings))


class SubAccounts(Calls):
    """Sub-accounts; `Client.acting_for` makes the calls of one."""

    def all(self) -> Iterator[SubAccount]:
        """The account's sub-accounts, the oldest first."""
        return self._pages(SubAccount, "/accounts", limit=MOST)

    def create(self, name: str, *, country: str | None = None, draws: bool = False, credits_: int = 0) -> SubAccount:
        """Open one, with so many credits of its parent's."""
        body = said({"name": name, "country": country, "draws": draws, "credits": credits_})
        return self._ask(SubAccount, "POST", "/accounts", body=body)

    def get(self, account_id: int) -> SubAccount:
        """Look at one."""
        return self._ask(SubAccount, "GET", f"/accounts/{account_id}")

    def change(
        self, account_id: int, *, name: str | None = None, draws: bool | None = None, locked: bool | None = None
    ) -> SubAccount:
        """Change what is given. Raises Changed where it was changed meanwhile."""
        return self._edit(SubAccount, f"/accounts/{account_id}", said({"name": name, "draws": draws, "locked": locked}))

    def transfer(self, account_id: int, credits_: int, *, key: str | None = None) -> Balance:
        """Give it credits, or take some back below zero: once, by `key` or one that the client makes."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._ask(
            Balance, "POST", f"/accounts/{account_id}/transfer", body={"credits": credits_}, headers=headers
        )

    def reset(self, account_id: int) -> int:
        """Take back what it has not used; how many credits that were."""
        return int(self.wire.json("POST", f"/accounts/{account_id}/reset")["returned"])


class Users(Calls):
    """The people who sign in for the account."""

    def all(self) -> Iterator[User]:
        """All of them, the oldest first."""
        return self._pages(User, "/users", limit=MOST)

    def create(self, email: str, password: str, role: str) -> User:
        """Let a person in."""
        return self._ask(User, "POST", "/users", body={"email": email, "password": password, "role": role})

    def get(self, user_id: int) -> User:
        """Look at a person."""
        return self._ask(User, "GET", f"/users/{user_id}")

    def set_role(self, user_id: int, role: str) -> User:
        """Change what a person may do. Raises Changed where that was changed meanwhile."""
        return self._edit(User, f"/users/{user_id}", {"role": role})

    def remove(self, user_id: int) -> None:
        """Let a person in no more."""
        self.wire.call("DELETE", f"/users/{user_id}")

    def reset_password(self, user_id: int, password: str) -> None:
        """Give a person another password."""
        self.wire.call("PUT", f"/users/{user_id}/password", body={"password": password}, again=True)

    def begin_totp(self, user_id: int, password: str) -> Enrolment:
        """Begin to set up codes, on the person's own password; nothing changes before `confirm_totp`."""
        return self._ask(Enrolment, "POST", f"/users/{user_id}/totp", body={"password": password})

    def confirm_totp(self, user_id: int, code: str) -> tuple[str, ...]:
        """Ask for codes from now on; the recovery codes, each good once, which are shown this once."""
        return tuple(self.wire.json("POST", f"/users/{user_id}/totp/confirm", body={"code": code})["recovery_codes"])

    def remove_totp(self, user_id: int, password: str, code: str) -> None:
        """Ask for codes no more."""
        self.wire.call("DELETE", f"/users/{user_id}/totp", body={"password": password, "code": code})


class Tokens(Calls):
    """API tokens of the account."""

    def all(self) -> list[Token]:
        """All that hold."""
        return self._items(Token, self.wire.json("GET", "/tokens"))

    def create(
        self,
        name: str,
        *,
        scope: str = "all",
        expires_at: datetime | str | None = None,
        networks: Sequence[str] = (),
    ) -> NewToken:
        """Make one, perhaps until a moment and for some networks (CIDR); its secret is shown this once."""
        body = said({"name": name, "scope": scope, "expires_at": expires_at, "networks": list(networks) or None})
        return self._ask(NewToken, "POST", "/tokens", body=body)

    def revoke(self, token_id: int) -> None:
        """Make it worthless at once."""
        self.wire.call("DELETE", f"/tokens/{token_id}")
