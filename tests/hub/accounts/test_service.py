"""Accounts, tokens, credits and who may sign in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from hub.accounts.model import AccountLimits, AccountSettings, Balance
from hub.accounts.service import MAX_CREDITS, count
from hub.accounts.tables import accounts as accounts_table
from hub.accounts.tables import api_tokens
from hub.errors import Conflict, NotAuthenticated, NotFound, RequestRefused
from hub.sms.plans import home_plan

if TYPE_CHECKING:
    from hub.accounts.model import Account
    from hub.accounts.service import Accounts
    from hub.accounts.tokens import Tokens


def account_by(tokens: Tokens, secret: str) -> Account:
    """Whose token this is."""
    return tokens.caller(secret).account


def test_a_new_account_has_a_name_a_country_credits_and_a_token(accounts: Accounts, tokens: Tokens) -> None:
    """Everything it needs to send."""
    account, token = accounts.create("  Salon   Exemple ", "fr", credits_=50)
    assert (account.name, account.country, account.locked) == ("Salon Exemple", "FR", False)
    assert (accounts.balance(account.id), account_by(tokens, token.secret)) == (Balance(50, 0, 0), account)


@pytest.mark.parametrize(
    ("name", "country", "credits_", "code"),
    [
        ("", "FR", 0, "account_name"),
        (" \t", "FR", 0, "account_name"),
        ("a\x00b", "FR", 0, "account_name"),
        ("a\ud800", "FR", 0, "account_name"),
        ("12345", "FR", 0, "only_digits"),
        ("Salon", "FRA", 0, "unknown_country"),
        ("Salon", "", 0, "unknown_country"),
        ("Salon", "F\x00", 0, "unknown_country"),
        ("Salon", "FR", -1, "out_of_range"),
        ("Salon", "FR", MAX_CREDITS + 1, "out_of_range"),
    ],
)
def test_an_account_that_makes_no_sense_is_refused(
    accounts: Accounts, name: str, country: str, credits_: int, code: str
) -> None:
    """Nothing of it is stored."""
    with pytest.raises(RequestRefused) as refused:
        accounts.create(name, country, credits_=credits_)
    assert (refused.value.code, accounts.all()) == (code, ())


def test_a_name_is_taken_once(accounts: Accounts) -> None:
    """The second one hears so, and leaves nothing behind."""
    accounts.create("Salon", "FR")
    with pytest.raises(Conflict) as refused:
        accounts.create("Salon", "BE")
    assert (refused.value.code, len(accounts.all())) == ("name_taken", 1)


def test_an_account_is_found_by_name_or_id(accounts: Accounts) -> None:
    """As a person types it."""
    account, _ = accounts.create("Salon", "FR")
    assert accounts.find("Salon") == accounts.find(str(account.id)) == accounts.get(account.id) == account


@pytest.mark.parametrize("typed", ["Boutique", "0", "999999999999999999999999", ""])
def test_what_is_not_there_is_not_found(accounts: Accounts, typed: str) -> None:
    """Whatever was typed."""
    with pytest.raises(NotFound):
        accounts.find(typed)


def test_all_accounts_come_with_their_balances(accounts: Accounts) -> None:
    """Oldest first."""
    for name, credits_ in (("B", 1), ("A", 2)):
        accounts.create(name, "FR", credits_=credits_)
    assert [(account.name, balance.available) for account, balance in accounts.all()] == [("B", 1), ("A", 2)]
    with accounts.store.read() as connection:
        assert count(connection) == 2


# --- credits ---


def test_credits_are_sold_and_taken_back(accounts: Accounts) -> None:
    """Unused ones."""
    account, _ = accounts.create("Salon", "FR")
    bought = accounts.add_credits(account.id, 100, note="invoice 1")
    assert (bought, accounts.add_credits(account.id, -40)) == (Balance(100, 0, 0), Balance(60, 0, 0))


@pytest.mark.parametrize(("amount", "code"), [(0, "zero"), (-101, "too_many"), (MAX_CREDITS + 1, "out_of_range")])
def test_credits_that_make_no_sense_are_refused(accounts: Accounts, amount: int, code: str) -> None:
    """The balance stays as it was."""
    account, _ = accounts.create("Salon", "FR", credits_=100)
    with pytest.raises(RequestRefused) as refused:
        accounts.add_credits(account.id, amount)
    assert (refused.value.code, accounts.balance(account.id).available) == (code, 100)


def test_nobody_has_no_balance_to_change(accounts: Accounts) -> None:
    """There is no such account."""
    with pytest.raises(NotFound):
        accounts.add_credits(999, 1)


# --- tokens ---


def test_tokens_are_stored_as_hashes_only(accounts: Accounts, tokens: Tokens) -> None:
    """Who reads the database cannot send."""
    account, first = accounts.create("Salon", "FR")
    _, second = tokens.make(account.id, "shop")
    with accounts.store.read() as connection:
        stored = " ".join(str(row) for row in connection.execute(select(api_tokens)))
    assert first.digest in stored
    assert first.secret not in stored
    assert second.secret not in stored


def test_a_revoked_token_opens_nothing_and_the_others_still_do(accounts: Accounts, tokens: Tokens) -> None:
    """By its last four characters."""
    account, first = accounts.create("Salon", "FR")
    _, second = tokens.make(account.id, "shop")
    revoked = (tokens.revoke_ending(account.id, first.hint), tokens.revoke_ending(account.id, first.hint))
    with pytest.raises(NotAuthenticated):
        account_by(tokens, first.secret)
    assert (revoked, account_by(tokens, second.secret)) == ((1, 0), account)


def test_another_accounts_token_cannot_be_revoked(accounts: Accounts, tokens: Tokens) -> None:
    """Only one's own."""
    account, token = accounts.create("Salon", "FR")
    other, _ = accounts.create("Boutique", "FR")
    assert (tokens.revoke_ending(other.id, token.hint), account_by(tokens, token.secret)) == (0, account)


@pytest.mark.parametrize("shown", ["", "hub_live_", "hub_live_" + "x" * 43, "\x00", "\ud800", "' OR 1=1 --"])
def test_what_is_no_token_opens_nothing(accounts: Accounts, tokens: Tokens, shown: str) -> None:
    """Whatever it is."""
    accounts.create("Salon", "FR")
    with pytest.raises(NotAuthenticated):
        account_by(tokens, shown)


def test_an_account_that_is_not_there_is_not_found(accounts: Accounts) -> None:
    """By no id."""
    with pytest.raises(NotFound):
        accounts.get(999)


def test_an_account_that_is_not_there_cannot_be_locked(accounts: Accounts) -> None:
    """Nor unlocked."""
    with pytest.raises(NotFound):
        accounts.lock(999, locked=True)


# --- what an account may do ---


def test_a_new_account_may_text_its_own_numbering_plan(accounts: Accounts) -> None:
    """And nothing else, until somebody says so."""
    assert accounts.create("A", "BE")[0].countries == home_plan("BE")
    assert accounts.create("B", "FR")[0].countries == home_plan("FR")


def test_an_account_may_be_opened_for_other_countries(accounts: Accounts) -> None:
    """Those that are given, and only they; in any letters."""
    assert accounts.create("A", "FR", countries=["fr", "BE"])[0].countries == frozenset({"FR", "BE"})
    assert accounts.create("B", "FR", countries=[])[0].countries == frozenset()


@pytest.mark.parametrize("countries", [frozenset({"BE"}), frozenset(), None])
def test_an_account_s_countries_are_kept(accounts: Accounts, countries: frozenset[str] | None) -> None:
    """Some, none, or all that the hub texts."""
    account, _ = accounts.create("A", "FR")
    changed = accounts.set_countries(account.id, countries)
    assert (changed.countries, accounts.get(account.id)) == (countries, changed)


def test_an_account_s_limits_are_kept(accounts: Accounts) -> None:
    """Those that differ; None is as the hub has it."""
    account, _ = accounts.create("A", "FR")
    limits = AccountLimits(day_credits=5, recipient_per_hour=0, patterns=False)
    assert accounts.set_limits(account.id, limits).limits == limits
    assert accounts.set_limits(account.id, AccountLimits()).limits == AccountLimits()


def test_what_a_newer_hub_has_kept_of_an_account_is_passed_over(accounts: Accounts) -> None:
    """During an upgrade both work on the same account."""
    account, _ = accounts.create("A", "FR")
    with accounts.store.write("test") as connection:
        row = {"limits": '{"day_credits": 5, "month_credits": 9}', "settings": '{"language": "fr", "colour": "red"}'}
        connection.execute(update(accounts_table).values(**row))
    found = accounts.get(account.id)
    assert (found.limits, found.settings.language) == (AccountLimits(day_credits=5), "fr")


def test_a_limit_below_nothing_is_refused(accounts: Accounts) -> None:
    """And nothing is changed."""
    account, _ = accounts.create("A", "FR")
    with pytest.raises(RequestRefused, match="Credits go from 0"):
        accounts.set_limits(account.id, AccountLimits(day_credits=-1))
    assert accounts.get(account.id).limits == AccountLimits()


def test_nobody_s_limits_cannot_be_changed(accounts: Accounts) -> None:
    """There must be an account."""
    with pytest.raises(NotFound):
        accounts.set_countries(99, {"FR"})


def test_what_an_account_says_of_itself_is_kept(accounts: Accounts) -> None:
    """And what it does not say again is forgotten."""
    account, _ = accounts.create("A", "FR")
    said = AccountSettings(language="fr", reply_email="a@salon.example")
    assert (accounts.change_settings(account.id, said).settings, accounts.get(account.id).settings) == (said, said)
    assert accounts.change_settings(account.id, AccountSettings()).settings == AccountSettings()


def test_a_change_to_one_setting_leaves_the_others(accounts: Accounts) -> None:
    """None forgets one."""
    account, _ = accounts.create("A", "FR")
    accounts.patch_settings(account.id, {"language": "fr", "identity": "Salon"})
    changed = accounts.patch_settings(account.id, {"language": None, "reply_email": "a@salon.example"})
    assert changed.settings == AccountSettings(identity="Salon", reply_email="a@salon.example")


def test_changes_at_the_same_time_are_all_kept(accounts: Accounts) -> None:
    """Two people in two windows."""
    account, _ = accounts.create("A", "FR")
    changes = [{"language": "fr"}, {"identity": "Salon"}, {"auto_reply": "Merci"}, {"reply_email": "a@b.example"}] * 3
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda change: accounts.patch_settings(account.id, change), changes))
    assert accounts.get(account.id).settings == AccountSettings("fr", "a@b.example", None, "Salon", "Merci")


def test_nobody_says_anything_of_itself(accounts: Accounts) -> None:
    """There must be an account."""
    with pytest.raises(NotFound):
        accounts.patch_settings(99, {"language": "fr"})


def test_accounts_that_are_to_be_written_to_are_counted(accounts: Accounts) -> None:
    """Those that name an address, for whichever mail."""
    each = {"A": {"reply_email": "a@b.example"}, "B": {"notice_email": "a@b.example"}, "C": {"language": "fr"}}
    for name, said in each.items():
        accounts.patch_settings(accounts.create(name, "FR")[0].id, said)
    assert accounts.written_to() == 2
