"""Sub-accounts and their credits, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from hub.accounts import ledger
from hub.accounts.model import Balance
from hub.errors import Conflict, NotAllowed, NotEnoughCredits, NotFound, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.accounts.children import Children
    from hub.accounts.model import Account
    from hub.accounts.service import Accounts
    from hub.accounts.tokens import Tokens
    from hub.store.engine import Store


@pytest.fixture
def parent(accounts: Accounts) -> Account:
    """An account with a hundred credits."""
    return accounts.create("Salon", "FR", credits_=100)[0]


@pytest.fixture
def child(children: Children, parent: Account) -> Account:
    """Its sub-account, with ten of them."""
    return children.create(parent.id, "Lyon", credits_=10)


@pytest.fixture(autouse=True)
def books_agree(store: Store) -> object:
    """After every test, each balance is the sum of its entries."""
    yield
    with store.read() as connection:
        assert ledger.audit(connection) == ()


def free(accounts: Accounts, *of: Account) -> list[int]:
    """The free credits of accounts."""
    return [accounts.balance(one.id).available for one in of]


def test_it_begins_with_credits_of_its_parents(accounts: Accounts, parent: Account, child: Account) -> None:
    """Which the parent no longer has; its country and countries are the parent's."""
    assert free(accounts, parent, child) == [90, 10]
    assert (child.country, child.countries, child.parent_id) == (parent.country, parent.countries, parent.id)


def test_what_the_parent_does_not_have_it_cannot_give(accounts: Accounts, children: Children, parent: Account) -> None:
    """Then there is no sub-account either."""
    with pytest.raises(NotEnoughCredits):
        children.create(parent.id, "Nantes", credits_=101)
    assert (children.all(parent.id), free(accounts, parent)) == ((), [100])


def test_credits_go_both_ways(accounts: Accounts, children: Children, parent: Account, child: Account) -> None:
    """Below zero they come back."""
    there = children.transfer(parent.id, child.id, 20)
    back = children.transfer(parent.id, child.id, -5)
    assert (there.available, back.available, free(accounts, parent)) == (30, 25, [75])


@pytest.mark.parametrize("credits_", [91, -11])
def test_a_transfer_never_overdraws(
    accounts: Accounts, children: Children, parent: Account, child: Account, credits_: int
) -> None:
    """Neither of them."""
    with pytest.raises(NotEnoughCredits):
        children.transfer(parent.id, child.id, credits_)
    assert free(accounts, parent, child) == [90, 10]


def test_a_key_moves_credits_once(accounts: Accounts, children: Children, parent: Account, child: Account) -> None:
    """Asked again it says what there is; asked for something else it is refused."""
    for _ in range(3):
        children.transfer(parent.id, child.id, 5, key="k")
    with pytest.raises(Conflict) as refused:
        children.transfer(parent.id, child.id, 6, key="k")
    assert (refused.value.code, free(accounts, parent, child)) == ("idempotency_key_reused", [85, 15])


def test_a_key_at_once_moves_credits_once(
    accounts: Accounts, children: Children, parent: Account, child: Account
) -> None:
    """Eight times at the same moment."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: children.transfer(parent.id, child.id, 5, key="k"), range(8)))
    assert free(accounts, parent, child) == [85, 15]


def test_the_last_credits_go_once(accounts: Accounts, children: Children, parent: Account, child: Account) -> None:
    """Two ask for them at the same moment."""

    def ask(_: int) -> bool:
        try:
            children.transfer(parent.id, child.id, 90)
        except NotEnoughCredits:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(ask, range(2)))
    assert (sorted(taken), free(accounts, parent, child)) == ([False, True], [0, 100])


def test_a_reset_gives_the_unused_credits_back(
    accounts: Accounts, children: Children, parent: Account, child: Account
) -> None:
    """A second one finds none."""
    returned = (children.reset(parent.id, child.id), children.reset(parent.id, child.id))
    assert (returned, free(accounts, parent, child)) == ((10, 0), [100, 0])


def test_a_sub_account_does_not_buy(accounts: Accounts, child: Account) -> None:
    """Nor is anything sold to it."""
    for amount in (5, -5):
        with pytest.raises(NotAllowed) as refused:
            accounts.add_credits(child.id, amount)
        assert refused.value.code == "sub_account_cannot_buy"


def test_a_sub_account_has_none_of_its_own(children: Children, child: Account) -> None:
    """One level is all."""
    with pytest.raises(NotAllowed) as refused:
        children.create(child.id, "Lyon 2")
    assert refused.value.code == "sub_account_of_sub_account"


def test_it_may_not_text_where_its_parent_may_not(children: Children, parent: Account) -> None:
    """Fewer countries are fine."""
    assert children.create(parent.id, "Paris", countries=["FR"]).countries == frozenset({"FR"})
    with pytest.raises(RequestRefused, match="may not text US"):
        children.create(parent.id, "Ailleurs", countries=["FR", "US"])


def test_it_is_locked_with_its_parent(
    accounts: Accounts, children: Children, tokens: Tokens, parent: Account, child: Account
) -> None:
    """And free again with it."""
    accounts.lock(parent.id, locked=True)
    during = children.get(parent.id, child.id).locked, accounts.get(child.id).locked
    accounts.lock(parent.id, locked=False)
    assert (during, children.get(parent.id, child.id).locked) == ((True, True), False)
    assert tokens.caller(tokens.make(child.id, "x")[1].secret).account.id == child.id


def test_it_is_locked_by_its_parent(accounts: Accounts, children: Children, parent: Account, child: Account) -> None:
    """Alone."""
    changed = children.change(parent.id, child.id, {"locked": True, "name": "Lyon 1"})
    assert (changed.locked, changed.name, accounts.get(parent.id).locked) == (True, "Lyon 1", False)


def test_a_name_that_is_taken_stays_with_whoever_has_it(children: Children, parent: Account, child: Account) -> None:
    """Another account's, too."""
    with pytest.raises(Conflict):
        children.change(parent.id, child.id, {"name": "Salon"})


def test_nobody_reaches_anothers_sub_account(accounts: Accounts, children: Children, child: Account) -> None:
    """It is as if it were not there; and so is one's own account."""
    other, _ = accounts.create("Boutique", "FR", credits_=5)
    acts: list[Callable[[], object]] = [
        lambda: children.get(other.id, child.id),
        lambda: children.transfer(other.id, child.id, 1),
        lambda: children.transfer(other.id, other.id, 1),
        lambda: children.reset(other.id, child.id),
        lambda: children.change(other.id, child.id, {"locked": True}),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert accounts.balance(child.id) == Balance(10, 0, 0)
