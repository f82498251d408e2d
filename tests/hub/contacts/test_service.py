"""Numbers that must not be texted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.contacts.model import Proof, SuppressionKind
from hub.contacts.service import Suppressions, suppressed
from hub.errors import NotFound, RequestRefused
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

PROOF = Proof("J'accepte de recevoir vos SMS", "form", "operator")
OPT_OUT, NPAI = SuppressionKind.OPT_OUT, SuppressionKind.UNALLOCATED
FR = "+33612345678"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def suppressions(store: Store, clock: FakeClock) -> Suppressions:
    """The use cases."""
    return Suppressions(store, clock)


@pytest.fixture
def account(store: Store, clock: FakeClock) -> int:
    """Whose list it is."""
    return Accounts(store, clock).create("Salon", "FR")[0].id


def look_up(store: Store, account: int, *numbers: str) -> dict[str, SuppressionKind]:
    """Which of them must not be texted."""
    with store.read() as connection:
        return suppressed(connection, account, numbers)


def test_a_number_is_suppressed_once(suppressions: Suppressions, account: int) -> None:
    """The second time it was already; its first date and source stay."""
    first = suppressions.add(account, FR, OPT_OUT, source="inbound", note="STOP")
    assert (first, suppressions.add(account, FR, OPT_OUT, source="console")) == (True, False)
    (one,) = suppressions.all(account)
    assert (one.number, one.kind, one.source, one.note) == (FR, OPT_OUT, "inbound", "STOP")


def test_the_latest_suppression_comes_first(suppressions: Suppressions, account: int, clock: FakeClock) -> None:
    """With the time at which it was made."""
    for number in ("+33612345671", "+33612345672"):
        suppressions.add(account, number, OPT_OUT, source="inbound")
        clock.advance(minutes=1)
    assert [one.number[-1] for one in suppressions.all(account)] == ["2", "1"]


@pytest.mark.parametrize("order", [(OPT_OUT, NPAI), (NPAI, OPT_OUT)])
def test_a_stop_weighs_more_than_a_number_that_is_nobodys(
    suppressions: Suppressions, account: int, order: tuple[SuppressionKind, ...]
) -> None:
    """Whichever came first."""
    for kind in order:
        suppressions.add(account, FR, kind, source="test")
    assert look_up(suppressions.store, account, FR) == {FR: OPT_OUT}


def test_each_account_has_a_list_of_its_own(suppressions: Suppressions, account: int) -> None:
    """A stop to one is none to another."""
    other = Accounts(suppressions.store, suppressions.clock).create("Boutique", "FR")[0].id
    suppressions.add(account, FR, OPT_OUT, source="inbound")
    assert (look_up(suppressions.store, other, FR), suppressions.all(other)) == ({}, ())


def test_many_numbers_are_looked_up_at_once(suppressions: Suppressions, account: int) -> None:
    """All in one statement; those that are not there are not in the answer."""
    numbers = [f"+336{number:08d}" for number in range(2001)]
    stopped = {numbers[0], numbers[1000], numbers[-1]}
    for number in stopped:
        suppressions.add(account, number, OPT_OUT, source="import")
    assert look_up(suppressions.store, account, *numbers).keys() == stopped


def test_nothing_is_found_among_no_numbers(suppressions: Suppressions, account: int) -> None:
    """An empty question has an empty answer."""
    suppressions.add(account, FR, OPT_OUT, source="inbound")
    assert look_up(suppressions.store, account) == {}


def test_a_suppression_is_removed_on_a_proof_that_is_kept(
    suppressions: Suppressions, account: int, clock: FakeClock
) -> None:
    """Who, when, on which words, from where, and who recorded it."""
    suppressions.add(account, FR, OPT_OUT, source="inbound")
    removed = suppressions.remove(account, FR, OPT_OUT, PROOF)
    (kept,) = suppressions.consents(account)
    assert (suppressions.all(account), kept) == ((), removed)
    assert (kept.number, kept.kind, kept.notice, kept.source, kept.by, kept.at) == (
        FR,
        OPT_OUT,
        PROOF.notice,
        "form",
        "operator",
        clock.now(),
    )


def test_without_words_there_is_no_proof(suppressions: Suppressions, account: int) -> None:
    """The number stays as it was."""
    suppressions.add(account, FR, OPT_OUT, source="inbound")
    with pytest.raises(RequestRefused, match="how the person agreed"):
        suppressions.remove(account, FR, OPT_OUT, Proof(" \n", "form", "operator"))
    assert (len(suppressions.all(account)), suppressions.consents(account)) == (1, ())


def test_only_the_suppression_that_was_named_is_removed(suppressions: Suppressions, account: int) -> None:
    """A number that has an owner again may still have said stop."""
    for kind in (OPT_OUT, NPAI):
        suppressions.add(account, FR, kind, source="test")
    suppressions.remove(account, FR, NPAI, PROOF)
    assert look_up(suppressions.store, account, FR) == {FR: OPT_OUT}


def test_what_is_not_suppressed_leaves_no_proof(suppressions: Suppressions, account: int) -> None:
    """It is said instead."""
    with pytest.raises(NotFound):
        suppressions.remove(account, FR, OPT_OUT, PROOF)
    assert suppressions.consents(account) == ()


def test_a_stop_after_a_consent_counts_again(suppressions: Suppressions, account: int) -> None:
    """The proof stays."""
    suppressions.add(account, FR, OPT_OUT, source="inbound")
    suppressions.remove(account, FR, OPT_OUT, PROOF)
    assert suppressions.add(account, FR, OPT_OUT, source="inbound")
    assert len(suppressions.consents(account)) == 1
