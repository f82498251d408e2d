"""Lists of contacts, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.contacts import lists as room
from hub.contacts.lists import Lists
from hub.contacts.model import Deduplicated, NewContact, Taken
from hub.errors import Conflict, NotFound, RequestRefused
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from hub.contacts.model import ContactList
    from hub.store.engine import Store

NINA, OMAR, ZOE = "+33612345671", "+33612345672", "+33612345673"


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def lists(store: Store, clock: FakeClock) -> Lists:
    """The use cases."""
    return Lists(store, clock)


@pytest.fixture
def account(store: Store, clock: FakeClock) -> int:
    """Whose lists they are."""
    return Accounts(store, clock).create("Salon", "FR")[0].id


@pytest.fixture
def clients(lists: Lists, account: int) -> ContactList:
    """A list that is empty."""
    return lists.create(account, "Clients")


def numbers_on(lists: Lists, account: int, one: ContactList) -> list[str]:
    """Who is on a list."""
    return [contact.number for contact in lists.contacts(account, one.id)]


def test_a_list_has_each_number_once_and_knows_how_many(lists: Lists, account: int, clients: ContactList) -> None:
    """Twice in one go, and again later."""
    first = lists.put(account, clients.id, [NewContact(NINA), NewContact(OMAR), NewContact(NINA)])
    second = lists.put(account, clients.id, [NewContact(NINA), NewContact(ZOE)])
    assert (first, second) == (Taken(2, 0), Taken(1, 1))
    assert (lists.get(account, clients.id).size, numbers_on(lists, account, clients)) == (3, [NINA, OMAR, ZOE])


def test_what_is_given_replaces_what_was_known_and_the_rest_stays(
    lists: Lists, account: int, clients: ContactList, clock: FakeClock
) -> None:
    """A file of numbers alone wipes no names out; nor is the contact younger than it is."""
    lists.put(account, clients.id, [NewContact(NINA, "Nina", "Lyon", fields={"code": "A1"})])
    began = clock.now()
    clock.advance(minutes=1)
    lists.put(account, clients.id, [NewContact(NINA, info2="Paris")])
    one = lists.contact(account, clients.id, NINA)
    assert (one.info1, one.info2, one.fields, one.added_at) == ("Nina", "Paris", {"code": "A1"}, began)


def test_what_a_text_can_say_of_a_contact_are_its_fields(lists: Lists, account: int, clients: ContactList) -> None:
    """Those that it has."""
    lists.put(account, clients.id, [NewContact(NINA, "Nina", fields={"code": "A1"})])
    assert lists.contact(account, clients.id, NINA).merge_fields == {"info1": "Nina", "code": "A1"}


def test_an_edit_changes_what_it_names(lists: Lists, account: int, clients: ContactList) -> None:
    """None forgets."""
    lists.put(account, clients.id, [NewContact(NINA, "Nina", "Lyon", fields={"code": "A1"})])
    changed = lists.edit(account, clients.id, NINA, {"info2": None, "fields": {"code": "B2"}})
    assert (changed.info1, changed.info2, changed.fields) == ("Nina", None, {"code": "B2"})


def test_pages_go_by_number(lists: Lists, account: int, clients: ContactList) -> None:
    """And those that begin so can be asked for."""
    lists.put(account, clients.id, [NewContact(one) for one in (ZOE, NINA, OMAR, "+32470123456")])
    page = lists.contacts(account, clients.id, after=NINA, limit=1)
    found = lists.contacts(account, clients.id, prefix="+32")
    assert ([one.number for one in page], [one.number for one in found]) == ([OMAR], ["+32470123456"])


def test_who_is_taken_off_is_counted_no_more(lists: Lists, account: int, clients: ContactList) -> None:
    """A number that was not on it changes nothing."""
    lists.put(account, clients.id, [NewContact(NINA), NewContact(OMAR)])
    removed = lists.remove(account, clients.id, [NINA, ZOE])
    assert (removed, lists.get(account, clients.id).size) == (1, 1)


def test_a_list_can_lose_who_stands_in_others(lists: Lists, account: int, clients: ContactList) -> None:
    """The others keep them."""
    lists.put(account, clients.id, [NewContact(NINA), NewContact(OMAR)])
    others = lists.create(account, "Prospects")
    lists.put(account, others.id, [NewContact(OMAR), NewContact(ZOE)])
    done = lists.deduplicate(account, clients.id, [others.id])
    assert (done.removed, numbers_on(lists, account, clients), lists.get(account, others.id).size) == (1, [NINA], 2)


def test_a_long_list_is_compared_in_pieces(
    lists: Lists, account: int, clients: ContactList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call goes on where the one before ended; the size is exact in between, and again takes nobody off."""
    monkeypatch.setattr(room, "PIECE", 3)
    monkeypatch.setattr(room, "PIECES_AT_ONCE", 2)
    numbers = [f"+336123456{place:02}" for place in range(10)]
    lists.put(account, clients.id, list(map(NewContact, numbers)))
    others = lists.create(account, "Prospects")
    lists.put(account, others.id, list(map(NewContact, numbers[::2])))
    first = lists.deduplicate(account, clients.id, [others.id])
    size = lists.get(account, clients.id).size
    second = lists.deduplicate(account, clients.id, [others.id], after=first.next or "")
    again = lists.deduplicate(account, clients.id, [others.id])
    assert (first, size, second) == (Deduplicated(3, numbers[5]), 7, Deduplicated(2, None))
    assert (again, numbers_on(lists, account, clients)) == (Deduplicated(0, None), numbers[1::2])


def test_nobody_is_taken_off_by_no_other_list(lists: Lists, account: int, clients: ContactList) -> None:
    """It is done at once."""
    lists.put(account, clients.id, [NewContact(NINA)])
    assert lists.deduplicate(account, clients.id, []) == Deduplicated(0, None)


def test_a_list_is_not_compared_with_itself(lists: Lists, account: int, clients: ContactList) -> None:
    """It would be empty afterwards."""
    with pytest.raises(RequestRefused, match="with itself"):
        lists.deduplicate(account, clients.id, [clients.id])


def test_a_name_is_taken_once(lists: Lists, account: int, clients: ContactList) -> None:
    """By making and by renaming; free again once its list is deleted."""
    other = lists.create(account, "Prospects")
    with pytest.raises(Conflict):
        lists.create(account, " Clients ")
    with pytest.raises(Conflict):
        lists.rename(account, other.id, "Clients")
    lists.delete(account, clients.id)
    assert lists.rename(account, other.id, "Clients").name == "Clients"


def test_a_deleted_list_is_gone_at_once_and_emptied_in_pieces(
    lists: Lists, account: int, clients: ContactList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until nothing is left of it."""
    monkeypatch.setattr(room, "PIECE", 2)
    lists.put(account, clients.id, [NewContact(one) for one in (NINA, OMAR, ZOE)])
    lists.delete(account, clients.id)
    with pytest.raises(NotFound):
        lists.contacts(account, clients.id)
    assert (lists.all(account), lists.clear_deleted(), lists.clear_deleted()) == ((), 3, 0)


def test_nobody_sees_anothers_list(lists: Lists, clients: ContactList, store: Store, clock: FakeClock) -> None:
    """Nor learns that it is there."""
    stranger = Accounts(store, clock).create("Boutique", "FR")[0].id
    acts = (
        lambda: lists.get(stranger, clients.id),
        lambda: lists.put(stranger, clients.id, [NewContact(NINA)]),
        lambda: lists.contacts(stranger, clients.id),
        lambda: lists.delete(stranger, clients.id),
        lambda: lists.rename(stranger, clients.id, "Mine"),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (NewContact(NINA, "x" * 1001), "too_long"),
        (NewContact(NINA, fields={"info1": "x"}), "field_name"),
        (NewContact(NINA, fields={" ": "x"}), "field_name"),
        (NewContact(NINA, fields={f"f{number}": "x" for number in range(51)}), "too_many"),
    ],
)
def test_what_a_contact_cannot_hold_is_refused(
    lists: Lists, account: int, clients: ContactList, contact: NewContact, code: str
) -> None:
    """And nothing of it kept."""
    with pytest.raises(RequestRefused) as refused:
        lists.put(account, clients.id, [contact])
    assert (refused.value.faults[0].code, lists.get(account, clients.id).size) == (code, 0)


def test_two_who_fill_a_list_at_once_lose_and_double_nothing(lists: Lists, account: int, clients: ContactList) -> None:
    """They overlap in half of what they bring."""
    brought = [[NewContact(f"+3361234{number:04d}") for number in range(start, start + 200)] for start in (0, 100)]
    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(partial(lists.put, account, clients.id), brought))
    assert (sum(one.added for one in taken), lists.get(account, clients.id).size) == (300, 300)
    assert len(numbers_on(lists, account, clients)) == 300
