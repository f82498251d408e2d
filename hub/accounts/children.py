"""Use cases of sub-accounts: opened, named, locked and given credits by their parent account.

A sub-account has credits of its own, or draws on its parent's: then what it lacks comes from there, text by text. It
never buys, and has no sub-accounts itself. What it sends is its own in every figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from hub.accounts import ledger
from hub.accounts.model import Role
from hub.accounts.reading import account_of_row, account_with, accounts_with_parents
from hub.accounts.service import MAX_CREDITS, checked_name, name_taken, open_account
from hub.accounts.tables import accounts, credit_transfers
from hub.accounts.users import insert_user, user_to_be
from hub.errors import Conflict, NotAllowed, NotEnoughCredits, NotFound, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Connection

    from hub.accounts.model import Account, Balance
    from hub.clock import Clock
    from hub.store.engine import Store


@dataclass(frozen=True, slots=True)
class Children:
    """The sub-accounts of accounts. Each use case raises NotFound for an account that is not the parent's."""

    store: Store
    clock: Clock

    def create(
        self,
        parent_id: int,
        name: str,
        country: str | None = None,
        *,
        draws: bool = False,
        credits_: int = 0,
        countries: Collection[str] | None = None,
        owner: tuple[str, str] | None = None,
    ) -> Account:
        """Open a sub-account, perhaps with credits of its parent's; its country and countries are the parent's.

        `owner` is the address and password of a person who signs in for it from then on. Raises as making a user does,
        RequestRefused for a bad name, country or amount, NotAllowed where the parent is a sub-account itself,
        Conflict when the name is taken, NotEnoughCredits.
        """
        person = None if owner is None else user_to_be(self.store, *owner, Role.OWNER)
        now = self.clock.now()
        with self.store.write("account") as connection:
            parent = account_with(connection, parent_id)
            if parent.parent_id is not None:
                message = "A sub-account has no sub-accounts; its parent account can open another one."
                raise NotAllowed(message, code="sub_account_of_sub_account")
            allowed = _countries(parent, countries)
            home = parent.country if country is None else country
            child_id = open_account(connection, name, home, now, countries=allowed, parent_id=parent_id, draws=draws)
            if allowed is None:
                connection.execute(update(accounts).where(accounts.c.id == child_id).values(countries=None))
            self._transfer(connection, parent_id, child_id, _checked_credits(credits_, least=0), "opening")
            if person is not None:
                insert_user(connection, child_id, person, now)
            return account_with(connection, child_id)

    def all(self, parent_id: int, *, after: int = 0, limit: int = 1000) -> tuple[Account, ...]:
        """The sub-accounts of an account, the oldest first, from the one after `after`."""
        mine = (accounts.c.parent_id == parent_id, accounts.c.id > after)
        query = accounts_with_parents().where(*mine).order_by(accounts.c.id).limit(limit)
        with self.store.read() as connection:
            return tuple(map(account_of_row, connection.execute(query)))

    def get(self, parent_id: int, child_id: int) -> Account:
        """One of them."""
        with self.store.read() as connection:
            return _child(connection, parent_id, child_id)

    def change(
        self,
        parent_id: int,
        child_id: int,
        changes: Mapping[str, Any],
        check: Callable[[Account], None] = lambda _: None,
    ) -> Account:
        """Change its `name`, whether it `draws`, whether it is `locked`; `check` may refuse, by what stands there."""
        values = {name: checked_name(value) if name == "name" else value for name, value in changes.items()}
        try:
            with self.store.write("sub_account") as connection:
                check(_child(connection, parent_id, child_id, lock=True))
                if values:
                    connection.execute(update(accounts).where(accounts.c.id == child_id).values(values))
                return account_with(connection, child_id)
        except IntegrityError as error:
            raise name_taken(values["name"]) from error

    def transfer(self, parent_id: int, child_id: int, credits_: int, *, key: str | None = None) -> Balance:
        """Give it credits, or take unused ones back (below zero); with a key once, however often it is asked for.

        What it has then. Raises NotEnoughCredits, and Conflict where the key was for another transfer.
        """
        if credits_ == 0:
            raise RequestRefused.because("credits", "zero", "Give a number of credits other than 0.")
        _checked_credits(abs(credits_), least=1)
        with self.store.write("transfer") as connection:
            _child(connection, parent_id, child_id)
            ledger.lock_books(connection, {parent_id, child_id})  # two with one key take turns
            if not _was_made(connection, parent_id, child_id, credits_, key):
                self._transfer(connection, parent_id, child_id, credits_, "transfer", key=key)
            return ledger.balance(connection, child_id)

    def reset(self, parent_id: int, child_id: int) -> int:
        """Give all its unused credits back to the parent; how many there were."""
        with self.store.write("transfer") as connection:
            _child(connection, parent_id, child_id)
            ledger.lock_books(connection, {parent_id, child_id})
            unused = ledger.balance(connection, child_id).available
            self._transfer(connection, parent_id, child_id, -unused, "reset")
        return unused

    def _transfer(
        self, connection: Connection, parent_id: int, child_id: int, credits_: int, why: str, *, key: str | None = None
    ) -> None:
        if credits_ == 0:
            return
        now = self.clock.now()
        giver, taker = (parent_id, child_id) if credits_ > 0 else (child_id, parent_id)
        try:
            ledger.transfer(connection, giver, taker, abs(credits_), at=now, note=f"{why} {giver} to {taker}")
        except NotEnoughCredits as error:
            raise NotEnoughCredits(abs(credits_), error.available) from error
        row = {"parent_id": parent_id, "child_id": child_id, "credits": credits_, "at": now, "key": key}
        connection.execute(insert(credit_transfers).values(row))


def _child(connection: Connection, parent_id: int, child_id: int, *, lock: bool = False) -> Account:
    if lock:  # on its own: a row that an outer join may leave out cannot be locked
        connection.execute(select(accounts.c.id).where(accounts.c.id == child_id).with_for_update())
    mine = (accounts.c.id == child_id, accounts.c.parent_id == parent_id)
    row = connection.execute(accounts_with_parents().where(*mine)).first()
    if row is None:
        raise NotFound("This account has no sub-account of that id.")
    return account_of_row(row)


def _countries(parent: Account, wanted: Collection[str] | None) -> Collection[str] | None:
    """Those that a sub-account may text: never one that its parent may not."""
    if wanted is None or parent.countries is None:
        return wanted if wanted is not None else parent.countries
    beyond = sorted(set(wanted) - parent.countries)
    if beyond:
        message = f"The parent account may not text {', '.join(beyond)}; leave that out."
        raise RequestRefused.because("countries", "country_not_allowed", message)
    return wanted


def _checked_credits(credits_: int, *, least: int) -> int:
    if not least <= credits_ <= MAX_CREDITS:
        raise RequestRefused.because("credits", "out_of_range", f"Credits go from {least} to {MAX_CREDITS}.")
    return credits_


def _was_made(connection: Connection, parent_id: int, child_id: int, credits_: int, key: str | None) -> bool:
    if key is None:
        return False
    mine = (credit_transfers.c.parent_id == parent_id, credit_transfers.c.key == key)
    row = connection.execute(select(credit_transfers).where(*mine)).first()
    if row is not None and (row.child_id, row.credits) != (child_id, credits_):
        raise Conflict(
            "This idempotency key was used for a different request; take a new key for a new request.",
            code="idempotency_key_reused",
        )
    return row is not None
