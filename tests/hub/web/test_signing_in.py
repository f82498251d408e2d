"""How often somebody may try to sign in, and that nobody is locked out by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from hub import sealing
from hub.errors import NotAuthenticated, TooMany
from hub.web.limiter import Limiter
from hub.web.signing_in import SignIn
from hub.web.windows import Windows

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from hub.testing.hub import TestHub

PASSWORD, WRONG = "quatre mots bien longs", "quatre mots de trop"
EVE = "eve@salon.example"
HOME, OFFICE = "192.0.2.1", "192.0.2.2"
FAILURES, GUESSES = 100, 10


@pytest.fixture
def door(hub: TestHub) -> SignIn:
    """A door that Eve may come through."""
    hub.core.users.create(hub.account.id, EVE, PASSWORD)
    return SignIn(hub.core.users, Limiter(Windows(), hub.core.tokens.caller, 600, FAILURES), GUESSES)


def guess(door: SignIn, address: str, times: int = GUESSES, email: str = EVE) -> None:
    """Try a wrong password so often; each attempt is heard."""
    for _ in range(times):
        with pytest.raises(NotAuthenticated), door.attempt(email, address):
            raise NotAuthenticated("This address and password do not belong together.")


def test_who_knows_the_password_comes_in(door: SignIn) -> None:
    """However the address is written."""
    assert door.sign_in(EVE.upper(), PASSWORD, None, HOME).email == EVE


def test_a_wrong_password_is_counted(door: SignIn) -> None:
    """After ten, even the right one must wait, and is told how long."""
    guess(door, OFFICE, GUESSES - 1)
    with pytest.raises(NotAuthenticated):
        door.sign_in(EVE, WRONG, None, OFFICE)
    with pytest.raises(TooMany) as refused:
        door.sign_in(EVE, PASSWORD, None, OFFICE)
    assert 0 < refused.value.retry_after.total_seconds() <= 2 * 3600


def test_guesses_from_many_addresses_are_counted_together(door: SignIn) -> None:
    """Who has a thousand addresses has ten guesses all the same, whether somebody of that name is there or not."""
    for email in (EVE, "nobody@salon.example"):
        for place in range(GUESSES):
            guess(door, f"198.51.100.{place}", 1, email)
        with pytest.raises(TooMany), door.attempt(email, "203.0.113.9"):
            pass


def test_nobody_is_locked_out_by_strangers_who_guess(door: SignIn) -> None:
    """From where she signed in before she comes in; from elsewhere she waits."""
    door.sign_in(EVE, PASSWORD, None, HOME)
    guess(door, OFFICE)
    assert door.sign_in(EVE, PASSWORD, None, HOME).email == EVE
    with pytest.raises(TooMany):
        door.sign_in(EVE, PASSWORD, None, OFFICE)


def test_guesses_from_where_one_is_known_are_counted_too(door: SignIn) -> None:
    """A colleague at her desk has ten, and they are not those of strangers."""
    door.sign_in(EVE, PASSWORD, None, HOME)
    guess(door, HOME)
    with pytest.raises(TooMany):
        door.sign_in(EVE, PASSWORD, None, HOME)
    assert door.sign_in(EVE, PASSWORD, None, OFFICE).email == EVE


def test_guesses_at_one_person_do_not_concern_another(door: SignIn, hub: TestHub) -> None:
    """As long as the address has not tried too many people."""
    hub.core.users.create(hub.account.id, "max@salon.example", PASSWORD)
    guess(door, OFFICE)
    assert door.sign_in("max@salon.example", PASSWORD, None, OFFICE).email == "max@salon.example"


def test_an_address_that_tries_many_people_must_wait(door: SignIn) -> None:
    """It is counted together with wrong tokens."""
    for place in range(FAILURES):
        guess(door, OFFICE, 1, f"{place}@salon.example")
    with pytest.raises(TooMany):
        door.sign_in(EVE, PASSWORD, None, OFFICE)
    assert door.sign_in(EVE, PASSWORD, None, HOME).email == EVE


def test_wrong_codes_are_counted_and_a_missing_one_is_not(door: SignIn, hub: TestHub) -> None:
    """Who knows the password guesses ten codes of a million."""
    user = hub.core.users.find(hub.account.id, EVE)
    totp = pyotp.TOTP(hub.core.second_factor.begin(hub.account.id, user.id, PASSWORD).secret)
    hub.core.second_factor.confirm(hub.account.id, user.id, totp.at(hub.clock.now()))
    with pytest.raises(NotAuthenticated, match="telephone"):
        door.sign_in(EVE, PASSWORD, None, OFFICE)
    guess(door, OFFICE, GUESSES - 1)
    with pytest.raises(NotAuthenticated, match="code"):
        door.sign_in(EVE, PASSWORD, "no code", OFFICE)
    hub.clock.advance(seconds=60)
    with pytest.raises(TooMany):
        door.sign_in(EVE, PASSWORD, totp.at(hub.clock.now()), OFFICE)


def test_the_operator_reads_of_guesses_once(door: SignIn, logs: list[MutableMapping[str, Any]]) -> None:
    """Without the person's address."""
    guess(door, OFFICE)
    lines = [line for line in logs if line["event"] == "password_guessed_at"]
    assert lines == [{"event": "password_guessed_at", "log_level": "warning", "address": OFFICE, "failures": 10}]


def test_codes_go_on_when_the_secret_key_is_changed(door: SignIn, hub: TestHub) -> None:
    """They are sealed again with the next one, and the old one may be forgotten."""
    core, user = hub.core, hub.core.users.find(hub.account.id, EVE)
    totp = pyotp.TOTP(core.second_factor.begin(hub.account.id, user.id, PASSWORD).secret)
    core.second_factor.confirm(hub.account.id, user.id, totp.at(hub.clock.now()))
    hub.clock.advance(seconds=60)
    sealing.rotate(core.store, core.keyring, core.clock, core.sealed)
    sealing.finish(core.store, core.keyring, core.clock, core.sealed)
    assert door.sign_in(EVE, PASSWORD, totp.at(hub.clock.now()), HOME).has_totp
