"""Numbers that are nobody's, over the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.contacts.unallocated import note_ends

if TYPE_CHECKING:
    from .conftest import Caller

PATH = "/api/v1/unallocated"
A, B, C = "+33612345601", "+33612345602", "+33612345603"


def nobodys(caller: Caller, *numbers: str, times: int = 2) -> None:
    """Campaign after campaign says so."""
    core = caller.hub.core
    for _ in range(times):
        with core.store.write("test") as connection:
            note_ends(connection, [((caller.hub.account.id, number), True) for number in numbers], core.clock.now())


def add(caller: Caller, **body: Any) -> Any:
    """Add some; the answer."""
    answer = caller.client.post(PATH, json=body, headers=caller.bearer)
    assert answer.status_code == 200
    return answer.get_json()


def test_proposed_numbers_are_listed_page_by_page(caller: Caller) -> None:
    """With how often and since when they are nobody's."""
    nobodys(caller, A, B, C)
    first = caller.get(PATH, limit=2).get_json()
    rest = caller.get(PATH, limit=2, cursor=first["next"]).get_json()
    moment = "2026-11-24T09:00:00Z"
    assert first["items"][0] == {"number": A, "campaigns": 2, "first_at": moment, "last_at": moment}
    assert [[one["number"] for one in page["items"]] for page in (first, rest)] == [[A, B], [C]]
    assert rest["next"] is None


def test_one_call_adds_all_of_them(caller: Caller) -> None:
    """From then on they are blocked."""
    nobodys(caller, A, B)
    assert add(caller) == {"added": [A, B], "already": [], "not_proposed": []}
    (message, _) = caller.send(A, C).get_json()["messages"]
    assert (message["state"], message["reason"]) == ("blocked", "unallocated")


def test_numbers_are_added_as_people_write_them_and_once(caller: Caller) -> None:
    """Asking again is answered, and changes nothing."""
    nobodys(caller, A, B)
    wanted = {"numbers": ["06 12 34 56 01", "+33612345603"]}
    assert add(caller, **wanted) == {"added": [A], "already": [], "not_proposed": [C]}
    assert add(caller, **wanted) == {"added": [], "already": [A], "not_proposed": [C]}


def test_no_numbers_at_all_adds_none(caller: Caller) -> None:
    """An empty list is not all of them."""
    nobodys(caller, A)
    assert add(caller, numbers=[]) == {"added": [], "already": [], "not_proposed": []}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"numbers": [A, "abc"]}, "numbers[1]", "unparsable"),
        ({"number": [A]}, "number", "unknown_field"),
        ({"numbers": A}, "numbers", "type"),
        ({"numbers": [A] * 1001}, "numbers", "too_long"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(caller: Caller, body: Any, field: str, code: str) -> None:
    """Field by field, and nothing is added."""
    nobodys(caller, A)
    answer = caller.client.post(PATH, json=body, headers=caller.bearer)
    (fault,) = answer.get_json()["errors"]
    assert (answer.status_code, fault["field"], fault["code"]) == (422, field, code)
    assert caller.hub.core.unallocated.count(caller.hub.account.id) == 1


def test_another_account_sees_nothing_of_it(caller: Caller) -> None:
    """Each has its own list."""
    nobodys(caller, A)
    _, token = caller.hub.core.accounts.create("Autre", "FR")
    headers = {"Authorization": f"Bearer {token.secret}"}
    assert caller.client.get(PATH, headers=headers).get_json() == {"items": [], "next": None}
