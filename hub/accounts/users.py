"""Use cases of users: people who sign in for an account, what they may do there, and their passwords."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select, update

from hub.accounts.model import Role, User
from hub.accounts.passwords import LONGEST, checked_password
from hub.accounts.reading import account_with
from hub.accounts.secrets import hash_password, password_matches
from hub.accounts.tables import accounts, user_recovery_codes, user_totp, users
from hub.errors import Conflict, NotAuthenticated, NotFound, RequestRefused
from hub.store.bulk import insert_returning
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from hub.accounts.second_factor import SecondFactor
    from hub.clock import Clock
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DO_NOT_BELONG = "This address and password do not belong together."


@dataclass(frozen=True, slots=True)
class Users:
    """The people of accounts. Each use case raises NotFound for a person who is not of that account.

    An account that has an owner keeps one: who would take the last one away hears Conflict (`last_owner`).
    """

    store: Store
    clock: Clock
    second_factor: SecondFactor

    def create(self, account_id: int, email: str, password: str, role: Role = Role.OWNER) -> User:
        """Let a person sign in for an account. Raises RequestRefused for a weak password or a bad address."""
        with self.store.read() as connection:
            account_with(connection, account_id)
        row = user_to_be(self.store, email, password, role)
        with self.store.write("user") as connection:
            account_with(connection, account_id)
            return insert_user(connection, account_id, row, self.clock.now())

    def all(self, account_id: int, *, after: int = 0, limit: int = 1000) -> tuple[User, ...]:
        """The people of an account, the oldest first, from the one after `after`."""
        query = _users().where(users.c.account_id == account_id, users.c.id > after).order_by(users.c.id).limit(limit)
        with self.store.read() as connection:
            return tuple(map(_as_user, connection.execute(query)))

    def get(self, account_id: int, user_id: int) -> User:
        """One of them."""
        with self.store.read() as connection:
            return _as_user(user_row(connection, account_id, user_id))

    def find(self, account_id: int, email: str) -> User:
        """The one who signs in with that address."""
        mine = (users.c.account_id == account_id, users.c.email == storable(email.lower()))
        with self.store.read() as connection:
            row = connection.execute(_users().where(*mine)).first()
        if row is None:
            raise NotFound(f"Nobody signs in to this account as {email!r}.")
        return _as_user(row)

    def set_role(
        self, account_id: int, user_id: int, role: Role, check: Callable[[User], None] = lambda _: None
    ) -> User:
        """Say what a person may do from now on; `check` may refuse, by what stands there."""
        with self.store.write("user") as connection:
            _take_turn(connection, account_id)
            before = _as_user(user_row(connection, account_id, user_id))
            check(before)
            if role is not Role.OWNER:
                _keep_an_owner(connection, before)
            connection.execute(update(users).where(users.c.id == user_id).values(role=role))
            return _as_user(user_row(connection, account_id, user_id))

    def remove(self, account_id: int, user_id: int) -> None:
        """Let a person sign in no more, and forget them."""
        with self.store.write("user") as connection:
            _take_turn(connection, account_id)
            _keep_an_owner(connection, _as_user(user_row(connection, account_id, user_id)))
            for table in (user_recovery_codes, user_totp):
                connection.execute(delete(table).where(table.c.user_id == user_id))
            connection.execute(delete(users).where(users.c.id == user_id))

    def reset_password(self, account_id: int, user_id: int, password: str) -> None:
        """Give a person another password, as an owner does. Raises RequestRefused for a weak one."""
        hashed = hash_password(checked_password(password, self.get(account_id, user_id).email))
        with self.store.write("user") as connection:
            user_row(connection, account_id, user_id)
            connection.execute(update(users).where(users.c.id == user_id).values(password_hash=hashed))

    def change_password(self, account_id: int, user_id: int, old: str, new: str) -> None:
        """Change one's own password. Raises NotAuthenticated for a wrong old one, RequestRefused for a weak new one."""
        with self.store.read() as connection:
            row = user_row(connection, account_id, user_id)
        require_password(row, old)
        hashed = hash_password(checked_password(new, row.email))
        with self.store.write("user") as connection:
            as_it_was = (users.c.id == user_id, users.c.password_hash == row.password_hash)
            if not connection.execute(update(users).where(*as_it_was).values(password_hash=hashed)).rowcount:
                raise Conflict("The password was changed meanwhile.", code="changed_meanwhile")

    def sign_in(self, email: str, password: str, code: str | None = None) -> User:
        """Who signs in with this password and, where they have set that up, this code; it takes as long for nobody.

        Raises NotAuthenticated, for what is right of a locked account too; its code is `code_needed` where the password
        is right and a code is missing. How often one may try is the caller's to count.
        """
        with self.store.read() as connection:
            row = connection.execute(_BY_EMAIL, {"email": storable(email.lower(), LONGEST_EMAIL)}).first()
            locked = row is not None and account_with(connection, row.account_id).locked
        if row is None:
            hash_password(password[:LONGEST])
            raise NotAuthenticated(_DO_NOT_BELONG)
        require_password(row, password)
        if locked:
            raise NotAuthenticated("This account is locked; ask the operator of the hub.")
        if row.confirmed_at is not None:
            self.second_factor.use(row.id, code)
        return _as_user(row)


def user_to_be(store: Store, email: str, password: str, role: Role) -> dict[str, Any]:
    """What is kept of a new person, for `insert_user`; to hash is slow: what would be refused is, before.

    Raises RequestRefused for a weak password or a bad address, Conflict for an address that can sign in.
    """
    email = _checked_email(email)
    checked_password(password, email)
    with store.read() as connection:
        if connection.execute(_BY_EMAIL, {"email": email}).first():
            raise _email_taken(email)
    return {"email": email, "password_hash": hash_password(password), "role": role}


def insert_user(connection: Connection, account_id: int, row: dict[str, Any], at: datetime) -> User:
    """Let a person sign in for an account, in the caller's transaction. Raises Conflict for an address that can."""
    new = insert_returning(connection, users, [row | {"account_id": account_id, "created_at": at}], users.c.id)
    if not new:
        raise _email_taken(row["email"])
    return User(new[0], account_id, row["email"], row["role"], at)


def user_row(connection: Connection, account_id: int, user_id: int) -> AnyRow:
    """The row of a person of that account, in the caller's transaction; raises NotFound."""
    row = connection.execute(_users().where(users.c.id == user_id, users.c.account_id == account_id)).first()
    if row is None:
        raise NotFound("This account has no user of that id.")
    return row


def require_password(row: AnyRow, password: str) -> None:
    """Raise NotAuthenticated unless it is that person's."""
    if not password_matches(row.password_hash, password[:LONGEST]):
        raise NotAuthenticated(_DO_NOT_BELONG)


def _users() -> Select[*tuple[Any, ...]]:
    """A query of users, each with when they set up codes."""
    query = select(users, user_totp.c.confirmed_at)
    return query.outerjoin_from(users, user_totp, user_totp.c.user_id == users.c.id)


_BY_EMAIL = _users().where(users.c.email == bindparam("email"))


def _as_user(row: AnyRow) -> User:
    return User(row.id, row.account_id, row.email, Role(row.role), row.created_at, row.confirmed_at is not None)


def _take_turn(connection: Connection, account_id: int) -> None:
    """One at a time: two owners who take each other's role away would leave none. Nobody who texts waits for it."""
    mine = select(accounts.c.id).where(accounts.c.id == account_id)
    connection.execute(mine.with_for_update(key_share=True))


def _keep_an_owner(connection: Connection, leaves: User) -> None:
    """Raise Conflict for an owner without whom the account has none."""
    owners = select(func.count()).where(users.c.account_id == leaves.account_id, users.c.role == Role.OWNER)
    if leaves.role is Role.OWNER and connection.execute(owners.where(users.c.id != leaves.id)).scalar_one() == 0:
        message = "This is the last owner of the account; make somebody else an owner first."
        raise Conflict(message, code="last_owner")


def _email_taken(email: str) -> Conflict:
    return Conflict(f"{email} can sign in already.", code="email_taken")


def _checked_email(email: str) -> str:
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise RequestRefused.because("email", "not_an_address", f"{email[:LONGEST_EMAIL]!r} is not an e-mail address.")
    return email.lower()
