"""API tokens: for how long, from where, by whom; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.accounts.model import Scope
from hub.errors import Conflict, NotAuthenticated, NotFound, RequestRefused

if TYPE_CHECKING:
    from hub.accounts.model import Account
    from hub.accounts.service import Accounts
    from hub.accounts.tokens import Tokens
    from hub.testing.clock import FakeClock


@pytest.fixture
def account(accounts: Accounts) -> Account:
    """Whose they are."""
    return accounts.create("Salon", "FR")[0]


def test_a_token_says_what_it_is_for(tokens: Tokens, account: Account) -> None:
    """To who shows it, and in the list, where its secret is not."""
    made, new = tokens.make(account.id, " caisse  1 ", scope=Scope.SEND)
    shown = tokens.caller(new.secret).token
    assert (shown.name, shown.scope, shown.hint) == ("caisse 1", Scope.SEND, new.secret[-4:])
    assert [(one.name, one.scope) for one in tokens.all(account.id)] == [("first", Scope.ALL), (made.name, made.scope)]


def test_a_token_ends_when_it_was_said_to(tokens: Tokens, account: Account, clock: FakeClock) -> None:
    """To the second, and it says so."""
    _, new = tokens.make(account.id, "essai", expires_at=clock.now() + timedelta(hours=1))
    clock.advance(minutes=59)
    assert tokens.caller(new.secret).account.id == account.id
    clock.advance(minutes=1)
    with pytest.raises(NotAuthenticated, match="expired on"):
        tokens.caller(new.secret)


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("2001:db8::1", True),
        ("::ffff:192.0.2.7", True),
        (None, False),
        ("", False),
        ("no address", False),
    ],
)
def test_a_token_of_a_network_is_good_there(
    tokens: Tokens, account: Account, address: str | None, *, opens: bool
) -> None:
    """Where the address is not known, it is not good."""
    _, new = tokens.make(account.id, "bureau", networks=["192.0.2.0/24", "2001:db8::/32"])
    if opens:
        assert tokens.caller(new.secret, address).account.id == account.id
    else:
        with pytest.raises(NotAuthenticated, match="address"):
            tokens.caller(new.secret, address)


def test_when_it_was_last_shown_is_known_to_ten_minutes(tokens: Tokens, account: Account, clock: FakeClock) -> None:
    """Not written down with every call."""
    _, new = tokens.make(account.id, "caisse")
    seen = []
    for _ in range(3):
        tokens.caller(new.secret)
        seen.append(tokens.all(account.id)[-1].last_used_at)
        clock.advance(minutes=6)
    assert (seen[0], seen[0] == seen[1], seen[2] == clock.now() - timedelta(minutes=6)) == (seen[1], True, True)


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"networks": ["192.0.2.7/24"]}, "networks[0]"),
        ({"networks": ["192.0.2.0/24", "here"]}, "networks[1]"),
        ({"networks": ["192.0.2.0/24"] * 51}, "networks"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    tokens: Tokens, account: Account, wishes: dict[str, object], field: str
) -> None:
    """The fault names the field."""
    with pytest.raises(RequestRefused) as refused:
        tokens.make(account.id, **{"name": "caisse", **wishes})  # type: ignore[arg-type]  # one of them is wrong
    assert refused.value.faults[0].field == field


def test_a_token_that_would_be_over_is_refused(tokens: Tokens, account: Account, clock: FakeClock) -> None:
    """Now is too late already."""
    with pytest.raises(RequestRefused, match="past"):
        tokens.make(account.id, "x", expires_at=clock.now())


def test_a_token_makes_none_that_is_stronger(tokens: Tokens, account: Account, clock: FakeClock) -> None:
    """Neither for longer, nor for more networks; what is not said is its own."""
    end = clock.now() + timedelta(days=1)
    by, _ = tokens.make(account.id, "admin", expires_at=end, networks=["192.0.2.0/24"])
    made, _ = tokens.make(account.id, "x", expires_at=end + timedelta(days=1), by=by)
    narrower, _ = tokens.make(account.id, "y", networks=["192.0.2.128/25"], by=by)
    assert (made.expires_at, made.networks, narrower.networks) == (end, ("192.0.2.0/24",), ("192.0.2.128/25",))
    with pytest.raises(RequestRefused, match="fewer networks"):
        tokens.make(account.id, "z", networks=["0.0.0.0/0"], by=by)


@pytest.mark.parametrize("scope", [Scope.ALL, Scope.READ])
def test_a_narrow_token_makes_none_for_anything_else(tokens: Tokens, account: Account, scope: Scope) -> None:
    """It could not, and it may not."""
    by, _ = tokens.make(account.id, "caisse", scope=Scope.SEND)
    with pytest.raises(RequestRefused, match="cannot make"):
        tokens.make(account.id, "x", scope=scope, by=by)


def test_a_token_is_revoked_once(tokens: Tokens, account: Account) -> None:
    """And opens nothing from then on."""
    made, new = tokens.make(account.id, "caisse")
    tokens.revoke(account.id, made.id)
    with pytest.raises(NotAuthenticated):
        tokens.caller(new.secret)
    with pytest.raises(NotFound):
        tokens.revoke(account.id, made.id)


def test_nobody_locks_themselves_out(tokens: Tokens, account: Account) -> None:
    """The token that is shown stays."""
    made, _ = tokens.make(account.id, "caisse")
    with pytest.raises(Conflict):
        tokens.revoke(account.id, made.id, by=made)
