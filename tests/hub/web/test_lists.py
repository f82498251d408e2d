"""Contact lists over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

LISTS = "/api/v1/lists"


@pytest.fixture
def clients(caller: Caller) -> str:
    """A list with Nina; its address."""
    made = call(caller, "post", LISTS, {"name": "Clients"})
    call(
        caller,
        "post",
        f"{made.headers['Location']}/contacts",
        {"contacts": [{"number": "0612345678", "info1": "Nina"}]},
    )
    return made.headers["Location"]


def call(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
    """Call the API with the account's token."""
    return caller.client.open(path, method=method.upper(), json=body, headers={**caller.bearer, **headers})


def test_people_are_brought_and_those_who_cannot_be_texted_are_named(caller: Caller, clients: str) -> None:
    """Each with its place and its reason."""
    people = [
        {"number": "06 12 34 56 78"},
        {"number": "01 42 68 53 00"},
        {"number": "0698765432", "fields": {"a": "b"}},
    ]
    answer = call(caller, "post", f"{clients}/contacts", {"contacts": people}).get_json()
    assert (answer["added"], answer["updated"]) == (1, 1)
    assert [(one["place"], one["number"], one["reason"]) for one in answer["refused"]] == [
        (1, "01 42 68 53 00", "landline")
    ]


def test_a_list_says_how_many_it_has(caller: Caller, clients: str) -> None:
    """And is among the account's."""
    one = call(caller, "get", clients).get_json()
    assert (one["name"], one["size"]) == ("Clients", 1)
    assert call(caller, "get", LISTS).get_json() == {"items": [one], "next": None}


def test_pages_lead_through_a_list(caller: Caller, clients: str) -> None:
    """By the cursor of the page before."""
    people = [{"number": f"06123456{number:02d}"} for number in range(5)]
    call(caller, "post", f"{clients}/contacts", {"contacts": people})
    seen, cursor = [], None
    while True:
        page = caller.get(f"{clients}/contacts", limit=2, **({"cursor": cursor} if cursor else {})).get_json()
        seen += [one["number"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == sorted({f"+336123456{number:02d}" for number in range(5)} | {"+33612345678"})


def test_a_contact_is_known_by_its_number_as_people_write_it(caller: Caller, clients: str) -> None:
    """In an address, too."""
    one = call(caller, "get", f"{clients}/contacts/0612345678").get_json()
    assert (one["number"], one["info1"]) == ("+33612345678", "Nina")


def test_who_edits_what_was_changed_meanwhile_is_told(caller: Caller, clients: str) -> None:
    """By the ETag of what they read."""
    path = f"{clients}/contacts/+33612345678"
    tag = call(caller, "get", path).headers["ETag"]
    first = call(caller, "patch", path, {"info1": "Nina M."}, **{"If-Match": tag})
    second = call(caller, "patch", path, {"info1": "Nina N."}, **{"If-Match": tag})
    assert (first.status_code, second.status_code, second.get_json()["code"]) == (200, 412, "changed_meanwhile")


def test_who_has_it_already_is_not_sent_it_again(caller: Caller, clients: str) -> None:
    """304, with nothing in it."""
    tag = call(caller, "get", clients).headers["ETag"]
    again = call(caller, "get", clients, **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_people_are_taken_off(caller: Caller, clients: str) -> None:
    """One by its address, several by their numbers; who is not there is not found."""
    several = call(caller, "post", f"{clients}/remove", {"numbers": ["+33698765432"]}).get_json()
    statuses = [call(caller, "delete", f"{clients}/contacts/0612345678").status_code for _ in range(2)]
    assert (several, statuses) == ({"removed": 0}, [204, 404])


def test_a_list_to_compare_with_must_be_the_accounts_own(caller: Caller, clients: str) -> None:
    """The fault names its place."""
    answer = call(caller, "post", f"{clients}/deduplicate", {"against": [4711]})
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "against[0]")


def test_a_list_says_how_many_it_lost_and_whether_to_go_on(caller: Caller, clients: str) -> None:
    """A short one is done in one call."""
    others = call(caller, "post", "/api/v1/lists", {"name": "Prospects"}).headers["Location"]
    call(caller, "post", f"{others}/contacts", {"contacts": [{"number": "0612345678"}]})
    answer = call(caller, "post", f"{clients}/deduplicate", {"against": [int(others.rpartition("/")[2])]})
    assert answer.get_json() == {"removed": 1, "next": None}


def test_a_list_is_a_file(caller: Caller, clients: str) -> None:
    """Named after it."""
    file = call(caller, "get", f"{clients}/contacts.csv")
    lines = file.get_data().decode("utf-8-sig").splitlines()
    name = f"list-{clients.rpartition('/')[2]}.csv"
    assert (file.mimetype, file.headers["Content-Disposition"]) == ("text/csv", f'attachment; filename="{name}"')
    assert lines[0].startswith("number;info1;info2;info3;info4")
    assert lines[1].startswith("+33612345678;")


def test_a_deleted_list_is_not_there(caller: Caller, clients: str) -> None:
    """At once."""
    statuses = [call(caller, method, clients).status_code for method in ("delete", "get", "delete")]
    assert statuses == [204, 404, 404]
