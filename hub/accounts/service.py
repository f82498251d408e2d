"""Use cases of accounts: open one, find it, buy credits, say what it may do."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from hub.accounts import ledger
from hub.accounts.model import Account, AccountLimits, AccountSettings, Balance, Movement
from hub.accounts.reading import account_of_row, account_with, accounts_with_parents
from hub.accounts.said import checked_value
from hub.accounts.secrets import NewToken, new_token
from hub.accounts.tables import accounts
from hub.accounts.tokens import store_token
from hub.errors import Conflict, NotAllowed, NotEnoughCredits, NotFound, RequestRefused
from hub.sms.plans import home_plan
from hub.store.bulk import insert_returning

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.store.engine import Store

MAX_CREDITS = 10**12
_COUNTRY = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Accounts:
    """Who sends and pays."""

    store: Store
    clock: Clock

    def create(
        self, name: str, country: str, *, credits_: int = 0, countries: Collection[str] | None = None
    ) -> tuple[Account, NewToken]:
        """Open an account with its books, a first token and perhaps some credits.

        It may text `countries`; without a word only its own, with those that share its numbering plan.
        Raises RequestRefused for a bad name, country or amount, Conflict when the name is taken.
        """
        _checked_amount(credits_)
        token = new_token()
        with self.store.write("account") as connection:
            account_id = open_account(connection, name, country, self.clock.now(), countries=countries)
            self._buy(connection, account_id, credits_, note="opening")
            store_token(connection, account_id, token, "first", self.clock.now())
            return account_with(connection, account_id), token

    def get(self, account_id: int) -> Account:
        """The account of that id; raises NotFound."""
        with self.store.read() as connection:
            return account_with(connection, account_id)

    def find(self, name_or_id: str) -> Account:
        """The account of that name or id, as a person types it; raises NotFound."""
        with self.store.read() as connection:
            row = connection.execute(accounts_with_parents().where(accounts.c.name == name_or_id)).first()
            if row is None and name_or_id.isdecimal():
                row = connection.execute(accounts_with_parents().where(accounts.c.id == int(name_or_id[:18]))).first()
            if row is None:
                raise NotFound(f"There is no account {name_or_id!r}; `hub account list` shows those there are.")
            return account_of_row(row)

    def all(self) -> tuple[tuple[Account, Balance], ...]:
        """Every account with its balance, oldest first."""
        with self.store.read() as connection:
            rows = connection.execute(accounts_with_parents().order_by(accounts.c.id)).all()
            return tuple((account_of_row(row), ledger.balance(connection, row.id)) for row in rows)

    def balance(self, account_id: int) -> Balance:
        """What an account has, in credits."""
        with self.store.read() as connection:
            return ledger.balance(connection, account_id)

    def balances(self, account_ids: Collection[int]) -> dict[int, Balance]:
        """What accounts have, by their ids."""
        with self.store.read() as connection:
            return ledger.balances_of(connection, account_ids)

    def add_credits(self, account_id: int, amount: int, *, note: str | None = None) -> Balance:
        """Sell credits to an account, or take unused ones back (a negative amount)."""
        if amount == 0:
            raise RequestRefused.because("amount", "zero", "Give a number of credits other than 0.")
        _checked_amount(abs(amount))
        with self.store.write("credits") as connection:
            if account_with(connection, account_id).parent_id is not None:
                message = "A sub-account does not buy: its credits come from its parent account."
                raise NotAllowed(message, code="sub_account_cannot_buy")
            self._buy(connection, account_id, amount, note=note)
            return ledger.balance(connection, account_id)

    def lock(self, account_id: int, *, locked: bool) -> None:
        """Lock an account, or unlock it: a locked one can neither sign in nor send."""
        with self.store.write("lock") as connection:
            account_with(connection, account_id)
            connection.execute(update(accounts).where(accounts.c.id == account_id).values(locked=locked))

    def set_countries(self, account_id: int, countries: Collection[str] | None) -> Account:
        """Say which countries an account may text from now on; None for all that the hub texts."""
        return self._change(account_id, "account_countries", countries=_countries_kept(countries))

    def set_limits(self, account_id: int, limits: AccountLimits) -> Account:
        """Say what an account may do before its texts are held for review. Raises RequestRefused for a bad amount."""
        kept = {name: value for name, value in asdict(limits).items() if value is not None}
        for value in kept.values():
            _checked_amount(value)
        return self._change(account_id, "account_limits", limits=json.dumps(kept) if kept else None)

    def change_settings(self, account_id: int, settings: AccountSettings) -> Account:
        """Keep what an account says of itself. Raises RequestRefused for an address that is none, and the like."""
        return self.patch_settings(account_id, asdict(settings))

    def patch_settings(
        self,
        account_id: int,
        changes: Mapping[str, str | bool | None],
        check: Callable[[AccountSettings], None] = lambda _: None,
    ) -> Account:
        """Change what an account says of itself under these names, None to forget it; the rest stays.

        `check` may refuse, by what stands there; nothing is changed then. Raises
        RequestRefused for an address that is none, a language that is none, or a text that is empty or too long.
        """
        nothing = asdict(AccountSettings())
        changed: dict[str, Any] = {
            name: nothing.get(name) if said is None else checked_value(name, said) for name, said in changes.items()
        }
        with self.store.write("account_settings") as connection:
            one = select(accounts.c.settings).where(accounts.c.id == account_id).with_for_update()
            connection.execute(one)  # whoever changes another of them waits: none is lost
            found = account_with(connection, account_id).settings
            check(found)
            settings = replace(found, **changed)
            kept = {name: value for name, value in asdict(settings).items() if value != nothing[name]}
            mine = update(accounts).where(accounts.c.id == account_id)
            connection.execute(mine.values(settings=json.dumps(kept) if kept else None))
            return account_with(connection, account_id)

    def written_to(self) -> int:
        """How many accounts name an address that the hub is to write to."""
        with self.store.read() as connection:
            said = connection.execute(select(accounts.c.settings).where(accounts.c.settings.is_not(None))).scalars()
            return sum(not {"reply_email", "notice_email"}.isdisjoint(json.loads(one)) for one in said)

    def _change(self, account_id: int, transaction: str, **values: str | None) -> Account:
        with self.store.write(transaction) as connection:
            account_with(connection, account_id)
            connection.execute(update(accounts).where(accounts.c.id == account_id).values(**values))
            return account_with(connection, account_id)

    def _buy(self, connection: Connection, account_id: int, amount: int, *, note: str | None) -> None:
        movement = Movement.PURCHASE if amount > 0 else Movement.WITHDRAWAL
        try:
            ledger.move(connection, account_id, movement, abs(amount), at=self.clock.now(), note=note)
        except NotEnoughCredits as error:
            raise RequestRefused.because(
                "amount", "too_many", f"Only {error.available} credits are unused; no more can be taken back."
            ) from error


def open_account(
    connection: Connection,
    name: str,
    country: str,
    at: datetime,
    *,
    countries: Collection[str] | None = None,
    parent_id: int | None = None,
    draws: bool = False,
) -> int:
    """Open an account with its empty books, in the caller's transaction; its id.

    Raises RequestRefused for a bad name or country, Conflict when the name is taken.
    """
    name, country = checked_name(name), _checked_country(country)
    allowed = home_plan(country) if countries is None else countries
    row = {
        "name": name,
        "country": country,
        "created_at": at,
        "countries": _countries_kept(allowed),
        "parent_id": parent_id,
        "draws": draws,
    }
    new = insert_returning(connection, accounts, [row], accounts.c.id)
    if not new:
        raise name_taken(name)
    ledger.open_books(connection, new[0])
    return int(new[0])


def name_taken(name: str) -> Conflict:
    """What is said of a name that another account has."""
    return Conflict(f"There is already an account called {name!r}; choose another name.", code="name_taken")


def count(connection: Connection) -> int:
    """How many accounts there are."""
    return int(connection.execute(select(func.count()).select_from(accounts)).scalar_one())


def checked_name(name: str) -> str:
    """The name as it is kept; raises RequestRefused."""
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise RequestRefused.because("name", "account_name", "Give the account a name of printable characters.")
    if name.isdecimal():
        raise RequestRefused.because("name", "only_digits", "A name of digits only would be taken for an id.")
    return name


def _checked_country(country: str) -> str:
    if not _COUNTRY.fullmatch(country):
        raise RequestRefused.because("country", "unknown_country", "A country is given by its two letters, as in FR.")
    return country.upper()


def _countries_kept(countries: Collection[str] | None) -> str | None:
    return None if countries is None else ",".join(sorted({_checked_country(one) for one in countries}))


def _checked_amount(amount: int) -> None:
    if not 0 <= amount <= MAX_CREDITS:
        raise RequestRefused.because("credits", "out_of_range", f"Credits go from 0 to {MAX_CREDITS}.")
