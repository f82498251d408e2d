"""Use cases of API tokens: made, listed, revoked, and shown by who calls."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, or_, select, update

from hub.accounts.model import Caller, Scope, Token
from hub.accounts.reading import account_of_row, account_with, accounts_with_parents
from hub.accounts.secrets import NewToken, digest_of, new_token
from hub.accounts.tables import api_tokens as table
from hub.errors import Conflict, NotAuthenticated, NotFound, RequestRefused, StoreUnavailable
from hub.store.storable import is_storable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_NAME = 100
MOST_NETWORKS = 50
USE_NOTED_EVERY = timedelta(minutes=10)
"""How exact `last_used_at` is: a write per call would cost more than the call."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of accounts."""

    store: Store
    clock: Clock

    def make(
        self,
        account_id: int,
        name: str,
        *,
        scope: Scope = Scope.ALL,
        expires_at: datetime | None = None,
        networks: Collection[str] = (),
        by: Token | None = None,
    ) -> tuple[Token, NewToken]:
        """Make a token; its secret is shown this once. One that is made `by` another is never stronger than that.

        Raises RequestRefused for a bad name, a time that is past, a network that is none.
        """
        name = _checked_name(name)
        kept = _checked_networks(networks)
        now = self.clock.now()
        if expires_at is not None and expires_at <= now:
            raise RequestRefused.because("expires_at", "past", "This time is past already; choose a later one.")
        if by is not None:
            expires_at, kept = _no_stronger(by, scope, expires_at, kept)
        secret = new_token()
        with self.store.write("token") as connection:
            account_with(connection, account_id)
            token_id = store_token(connection, account_id, secret, name, now, scope, expires_at, kept)
        return Token(token_id, name, secret.hint, scope, now, expires_at, kept, None), secret

    def all(self, account_id: int) -> tuple[Token, ...]:
        """The tokens of an account that were not revoked, the oldest first; those that have expired, too."""
        mine = (table.c.account_id == account_id, table.c.revoked_at.is_(None))
        with self.store.read() as connection:
            return tuple(map(_as_token, connection.execute(select(table).where(*mine).order_by(table.c.id))))

    def revoke(self, account_id: int, token_id: int, *, by: Token | None = None) -> None:
        """Put an end to a token of an account; raises NotFound for one that is not there, or was revoked.

        Conflict where it is the one that is shown for it: whoever has no other would stand before a closed door.
        """
        if by is not None and by.id == token_id:
            message = "This is the token that you show; revoke it with another one, or on the command line."
            raise Conflict(message, code="token_in_use")
        mine = (table.c.account_id == account_id, table.c.id == token_id, table.c.revoked_at.is_(None))
        with self.store.write("revoke_token") as connection:
            if not connection.execute(update(table).where(*mine).values(revoked_at=self.clock.now())).rowcount:
                raise NotFound("This account has no token of that id.")

    def revoke_ending(self, account_id: int, hint: str) -> int:
        """Put an end to an account's tokens that end in these four characters; how many there were."""
        mine = (table.c.account_id == account_id, table.c.hint == hint, table.c.revoked_at.is_(None))
        with self.store.write("revoke_token") as connection:
            return connection.execute(update(table).where(*mine).values(revoked_at=self.clock.now())).rowcount

    def caller(self, secret: str, address: str | None = None) -> Caller:
        """Who shows this token, from this address where it is known.

        Raises NotAuthenticated for a token that is unknown, revoked, expired or not for that address, and for one of a
        locked account.
        """
        with self.store.read() as connection:
            row = connection.execute(_BY_DIGEST, {"digest": digest_of(secret)}).first()
        if row is None:
            raise NotAuthenticated("This token is not valid: it may be mistyped or revoked.")
        token, account = _as_token(row, "token_"), account_of_row(row)
        now = self.clock.now()
        if token.expires_at is not None and token.expires_at <= now:
            raise NotAuthenticated(f"This token expired on {token.expires_at:%Y-%m-%d}; make a new one.")
        if token.networks and not _is_in(address, token.networks):
            raise NotAuthenticated("This token is not for use from this address.")
        if account.locked:
            raise NotAuthenticated("This account is locked; ask the operator of the hub.")
        self._note_use(token, now)
        return Caller(account, token)

    def _note_use(self, token: Token, now: datetime) -> None:
        then = now - USE_NOTED_EVERY
        if token.last_used_at is not None and token.last_used_at > then:
            return
        long_ago = or_(table.c.last_used_at.is_(None), table.c.last_used_at <= then)
        with suppress(StoreUnavailable), self.store.write("token_used") as connection:
            connection.execute(update(table).where(table.c.id == token.id, long_ago).values(last_used_at=now))


def store_token(
    connection: Connection,
    account_id: int,
    token: NewToken,
    name: str,
    at: datetime,
    scope: Scope = Scope.ALL,
    expires_at: datetime | None = None,
    networks: Sequence[str] = (),
) -> int:
    """Keep a token, in the caller's transaction; its id."""
    row = {
        "account_id": account_id,
        "name": name,
        "digest": token.digest,
        "hint": token.hint,
        "created_at": at,
        "scope": scope,
        "expires_at": expires_at,
        "networks": ",".join(networks) or None,
    }
    return int(connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


# Made once: to build a statement costs more than to run it, and this is asked with every call.
_BY_DIGEST = (
    accounts_with_parents()
    .add_columns(*(one.label(f"token_{one.name}") for one in table.c if one.name not in {"account_id", "digest"}))
    .join(table, table.c.account_id == accounts_with_parents().selected_columns.id)
    .where(table.c.digest == bindparam("digest"), table.c.revoked_at.is_(None))
)


def _as_token(row: AnyRow, prefix: str = "") -> Token:
    def cell(name: str) -> object:
        return getattr(row, prefix + name)

    networks = str(cell("networks") or "").split(",") if cell("networks") else []
    return Token(
        cell("id"),  # type: ignore[arg-type]  # a row's cells are of the types of its columns
        cell("name"),  # type: ignore[arg-type]  # see above
        cell("hint"),  # type: ignore[arg-type]  # see above
        Scope(str(cell("scope"))),
        cell("created_at"),  # type: ignore[arg-type]  # see above
        cell("expires_at"),  # type: ignore[arg-type]  # see above
        tuple(networks),
        cell("last_used_at"),  # type: ignore[arg-type]  # see above
    )


def _is_in(address: str | None, networks: Sequence[str]) -> bool:
    try:
        known = ip_address(address or "")
    except ValueError:
        return False
    known = getattr(known, "ipv4_mapped", None) or known
    return any(known in ip_network(one) for one in networks)


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or not is_storable(name):
        message = f"Give the token a name of 1 to {LONGEST_NAME} printable characters, as in the name of what uses it."
        raise RequestRefused.because("name", "token_name", message)
    return name


def _checked_networks(networks: Collection[str]) -> tuple[str, ...]:
    if len(networks) > MOST_NETWORKS:
        raise RequestRefused.because("networks", "too_many", f"A token takes at most {MOST_NETWORKS} networks.")
    kept = []
    for place, one in enumerate(networks):
        try:
            kept.append(str(ip_network(one.strip())))
        except ValueError as error:
            message = f"This is no network, as 192.0.2.0/24 or 2001:db8::/32 are: {error}."
            raise RequestRefused.because(f"networks[{place}]", "not_a_network", message) from error
    return tuple(kept)


def _no_stronger(
    by: Token, scope: Scope, expires_at: datetime | None, networks: tuple[str, ...]
) -> tuple[datetime | None, tuple[str, ...]]:
    """The expiry and the networks of a token that another makes: what is not said is the maker's own."""
    if by.scope not in (Scope.ALL, scope):
        message = f"A token for {by.scope} cannot make one for {scope}."
        raise RequestRefused.because("scope", "stronger_token", message)
    if by.expires_at is not None:
        expires_at = min(expires_at or by.expires_at, by.expires_at)
    if by.networks and not all(_is_within(one, by.networks) for one in networks):
        message = "The token that you show is for fewer networks; name some of those."
        raise RequestRefused.because("networks", "stronger_token", message)
    return expires_at, networks or by.networks


def _is_within(network: str, others: Sequence[str]) -> bool:
    one = ip_network(network)
    return any(one.version == other.version and one.subnet_of(other) for other in map(ip_network, others))  # type: ignore[arg-type]  # of one version
