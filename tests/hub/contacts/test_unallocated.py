"""Numbers that are nobody's, as an account decides on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.contacts.model import SuppressionKind
from hub.contacts.service import Suppressions, suppressed
from hub.contacts.unallocated import Added, Proposal, Unallocated, note_ends
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.store.engine import Store

A, B, C = "+33612345601", "+33612345602", "+33612345603"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def account(store: Store, clock: FakeClock) -> int:
    """Whose list it is."""
    return Accounts(store, clock).create("Salon", "FR")[0].id


@pytest.fixture
def unallocated(store: Store, clock: FakeClock) -> Unallocated:
    """The use cases."""
    return Unallocated(store, clock)


def nobodys(unallocated: Unallocated, account: int, *numbers: str, times: int = 2) -> None:
    """Campaign after campaign says so."""
    for _ in range(times):
        with unallocated.store.write("test") as connection:
            note_ends(connection, [((account, number), True) for number in numbers], unallocated.clock.now())


def test_a_proposal_says_how_often_and_since_when(unallocated: Unallocated, account: int, clock: FakeClock) -> None:
    """So that a person can judge whether it is a port."""
    nobodys(unallocated, account, A, times=1)
    clock.advance(days=9)
    nobodys(unallocated, account, A, times=1)
    now = clock.now()
    assert unallocated.proposed(account) == (Proposal(A, 2, now - timedelta(days=9), now),)


def test_proposals_come_page_by_page(unallocated: Unallocated, account: int) -> None:
    """In the order of the numbers."""
    nobodys(unallocated, account, C, A, B)
    first = unallocated.proposed(account, limit=2)
    rest = unallocated.proposed(account, after=first[-1].number)
    assert ([one.number for one in first], [one.number for one in rest], unallocated.count(account)) == ([A, B], [C], 3)


def test_one_call_adds_all_that_are_proposed(unallocated: Unallocated, account: int, store: Store) -> None:
    """As unallocated, by `npai`; what is not proposed yet is left alone."""
    nobodys(unallocated, account, A, B)
    nobodys(unallocated, account, C, times=1)
    assert unallocated.add(account) == Added((A, B))
    listed = Suppressions(store, unallocated.clock).all(account)
    assert [(one.kind, one.source, one.note) for one in listed] == [
        (SuppressionKind.UNALLOCATED, "npai", "2 campaigns in a row, 2026-11-24 to 2026-11-24")
    ] * 2
    assert (unallocated.proposed(account), {one.number for one in listed}) == ((), {A, B})


def test_adding_again_changes_nothing(unallocated: Unallocated, account: int) -> None:
    """And says so."""
    nobodys(unallocated, account, A)
    first, again = unallocated.add(account, [A, A]), unallocated.add(account, [A, A])
    assert (first, again, unallocated.add(account)) == (Added((A,)), Added((), (A,)), Added(()))


def test_only_what_is_proposed_can_be_added(unallocated: Unallocated, account: int, store: Store) -> None:
    """One word of a carrier is not enough, whoever asks."""
    nobodys(unallocated, account, A)
    nobodys(unallocated, account, B, times=1)
    assert unallocated.add(account, [A, B, C]) == Added((A,), (), (B, C))
    with store.read() as connection:
        assert suppressed(connection, account, [A, B, C]) == {A: SuppressionKind.UNALLOCATED}


def test_what_is_on_the_list_is_not_proposed_again(unallocated: Unallocated, account: int) -> None:
    """A campaign that was on its way may still say so."""
    nobodys(unallocated, account, A)
    unallocated.add(account)
    nobodys(unallocated, account, A)
    assert (unallocated.proposed(account), unallocated.count(account)) == ((), 0)


def test_an_opt_out_stays_one_beside_it(unallocated: Unallocated, account: int, store: Store) -> None:
    """It weighs more."""
    Suppressions(store, unallocated.clock).add(account, A, SuppressionKind.OPT_OUT, source="test")
    nobodys(unallocated, account, A)
    unallocated.add(account)
    with store.read() as connection:
        assert suppressed(connection, account, [A]) == {A: SuppressionKind.OPT_OUT}


def test_of_one_batch_the_last_word_on_a_number_counts(unallocated: Unallocated, account: int) -> None:
    """A delivery resets what came before it, in the batch or in the table."""
    nobodys(unallocated, account, A, B)
    with unallocated.store.write("test") as connection:
        ends = [((account, A), True), ((account, A), False), ((account, B), False), ((account, B), True)]
        note_ends(connection, ends, unallocated.clock.now())
    assert unallocated.proposed(account) == ()


def test_nothing_to_say_asks_nothing(unallocated: Unallocated) -> None:
    """Most transactions have none."""
    with unallocated.store.write("test") as connection:
        note_ends(connection, [], unallocated.clock.now())
    assert unallocated.proposed(1) == ()
