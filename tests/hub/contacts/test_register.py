"""The register of consents, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.contacts.model import ConsentFilter, NewConsent, Proof, SuppressionFilter, SuppressionKind
from hub.contacts.register import Register, consented
from hub.contacts.service import Suppressions, opt_out
from hub.errors import RequestRefused
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

NINA, OMAR = "+33612345671", "+33612345672"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def account(store: Store, clock: FakeClock) -> int:
    """Whose register it is."""
    return Accounts(store, clock).create("Salon", "FR")[0].id


@pytest.fixture
def register(store: Store, clock: FakeClock) -> Register:
    """The use cases."""
    return Register(store, clock)


@pytest.fixture
def suppressions(store: Store, clock: FakeClock) -> Suppressions:
    """Those of opt-outs."""
    return Suppressions(store, clock)


def yes(number: str, clock: FakeClock, source: str = "website") -> NewConsent:
    """What a person agreed to an hour ago."""
    return NewConsent(number, "J'accepte", clock.now() - timedelta(hours=1), source, "Nina", ip="192.0.2.7")


def agreed(store: Store, account: int, *numbers: str) -> set[str]:
    """Whose consent is in force."""
    with store.read() as connection:
        return consented(connection, account, numbers)


def test_a_consent_is_kept_as_its_source_told_it(register: Register, account: int, clock: FakeClock) -> None:
    """When, which words, whose, from which address."""
    register.record(account, [yes(NINA, clock)], "account 1")
    (kept,) = register.page(account)
    assert (kept.number, kept.notice, kept.name, kept.ip) == (NINA, "J'accepte", "Nina", "192.0.2.7")
    assert (kept.given_at, kept.at) == (clock.now() - timedelta(hours=1), clock.now())


def test_the_same_consent_again_changes_nothing(register: Register, account: int, clock: FakeClock) -> None:
    """A file may be brought twice."""
    both = [yes(NINA, clock), yes(OMAR, clock), yes(NINA, clock)]
    added = [register.record(account, both, "account 1") for _ in range(2)]
    assert (added, len(register.page(account))) == ([2, 0], 2)


def test_a_stop_withdraws_what_was_agreed(register: Register, account: int, clock: FakeClock, store: Store) -> None:
    """Of that person, and of nobody else."""
    register.record(account, [yes(NINA, clock), yes(OMAR, clock)], "account 1")
    row = {
        "account_id": account,
        "number": NINA,
        "kind": SuppressionKind.OPT_OUT,
        "at": clock.now(),
        "source": "inbound",
    }
    with store.write("test") as connection:
        opt_out(connection, [row])
    assert agreed(store, account, NINA, OMAR) == {OMAR}
    assert [one.number for one in register.page(account, which=ConsentFilter(in_force=False))] == [NINA]


def test_a_stop_by_hand_withdraws_it_too(
    register: Register, suppressions: Suppressions, account: int, clock: FakeClock, store: Store
) -> None:
    """However the wish came."""
    register.record(account, [yes(NINA, clock)], "account 1")
    suppressions.add(account, NINA, SuppressionKind.OPT_OUT, source="operator")
    assert agreed(store, account, NINA) == set()


def test_what_is_older_than_a_stop_is_withdrawn_from_the_start(
    register: Register, suppressions: Suppressions, account: int, clock: FakeClock, store: Store
) -> None:
    """An old file brings nobody back."""
    suppressions.add(account, NINA, SuppressionKind.OPT_OUT, source="operator")
    register.record(account, [yes(NINA, clock)], "account 1")
    assert agreed(store, account, NINA) == set()


def test_a_proof_that_took_an_opt_out_away_is_a_consent(suppressions: Suppressions, account: int, store: Store) -> None:
    """The person agreed to be texted again; that a number has an owner again is no such word."""
    for number, kind in ((NINA, SuppressionKind.OPT_OUT), (OMAR, SuppressionKind.UNALLOCATED)):
        suppressions.add(account, number, kind, source="operator")
        suppressions.remove(account, number, kind, Proof("Oui", "api", "account 1"))
    assert agreed(store, account, NINA, OMAR) == {NINA}


def test_consents_can_be_withdrawn_without_a_stop(
    register: Register, account: int, clock: FakeClock, store: Store
) -> None:
    """Once."""
    register.record(account, [yes(NINA, clock)], "account 1")
    assert ([register.withdraw(account, [NINA]) for _ in range(2)], agreed(store, account, NINA)) == ([1, 0], set())


def test_consents_are_found_by_number_source_and_time(register: Register, account: int, clock: FakeClock) -> None:
    """Each alone."""
    register.record(account, [yes(NINA, clock), yes(OMAR, clock, "shop")], "account 1")
    wanted = (ConsentFilter(number=NINA), ConsentFilter(source="shop"), ConsentFilter(since=clock.now()))
    assert [[one.number for one in register.page(account, which=one)] for one in wanted] == [[NINA], [OMAR], []]


def test_what_nobody_said_yet_is_refused(register: Register, account: int, clock: FakeClock) -> None:
    """A time to come."""
    with pytest.raises(RequestRefused, match="still to come"):
        register.record(account, [NewConsent(NINA, "Oui", clock.now() + timedelta(hours=1), "website")], "account 1")


def test_anothers_consent_is_none_of_mine(register: Register, account: int, clock: FakeClock, store: Store) -> None:
    """Neither shown nor in force."""
    register.record(account, [yes(NINA, clock)], "account 1")
    other = Accounts(store, clock).create("Boutique", "FR")[0].id
    assert (register.page(other), agreed(store, other, NINA)) == ((), set())


def test_suppressions_are_found_by_kind_and_time(suppressions: Suppressions, account: int, clock: FakeClock) -> None:
    """Each alone."""
    suppressions.add_many(account, [NINA], SuppressionKind.OPT_OUT, source="api", note="Par téléphone")
    clock.advance(minutes=1)
    suppressions.add_many(account, [OMAR], SuppressionKind.UNALLOCATED, source="file")
    wanted = (SuppressionFilter((SuppressionKind.OPT_OUT,)), SuppressionFilter(since=clock.now()))
    assert [[one.number for one in suppressions.every(account, one)] for one in wanted] == [[NINA], [OMAR]]
