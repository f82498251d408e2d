"""Lists, the blacklist and the NPAI list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub import InboundText
from hub.testing.databases import KINDS

from .conftest import FRIEND, OTHER

if TYPE_CHECKING:
    from hub.testing.databases import Databases

    from .conftest import Site


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


def contacts(*numbers: str, **infos: str) -> dict[str, Any]:
    """Contacts as a document has them."""
    return {"contacts": {"gsm": [{"value": number, **infos} for number in numbers]}}


def make_list(site: Site, *numbers: str, **more: Any) -> dict[str, Any]:
    """Make a list."""
    return site.post("/list", {"list": {"name": "Clients", **contacts(*numbers), **more}})


def test_a_list_is_made_with_its_contacts(site: Site) -> None:
    """What is no number is counted, and so is what comes twice."""
    made = make_list(site, FRIEND, OTHER, OTHER, "12")
    assert (made["contacts"], made["invalid"], made["duplicates"], made["id"].isdecimal()) == (3, 1, 1, True)
    (shown,) = site.get("/lists")["lists"]
    assert (shown["id"], shown["name"], shown["count"]) == (made["id"], "Clients", "2")


def test_two_lists_may_have_one_name_and_a_list_may_have_none(site: Site) -> None:
    """The second gets a number; without a name a list is called like the time when it was made."""
    make_list(site)
    make_list(site)
    site.post("/list", {"list": contacts(FRIEND)})
    names = [one["name"] for one in site.get("/lists")["lists"]]
    assert names == ["Clients", "Clients (2)", "2026-11-24 10:00:00"]


def test_what_is_said_twice_of_a_number_comes_together(site: Site) -> None:
    """A bare second entry forgets nothing of the first."""
    gsm = [{"value": FRIEND, "info1": "Bob", "info2": "a"}, {"value": FRIEND, "info2": "b"}, {"value": FRIEND}]
    made = site.post("/list", {"list": {"contacts": {"gsm": gsm}}})
    (shown,) = site.get(f"/list/{made['id']}")["list"]
    assert (made["contacts"], made["duplicates"], shown["info1"], shown["info2"]) == (3, 2, "Bob", "b")


def test_a_contact_does_not_swallow_another(site: Site) -> None:
    """One of the two would be lost."""
    made = make_list(site, FRIEND, OTHER)["id"]
    one = next(one["id"] for one in site.get(f"/list/{made}")["list"] if one["destination"] == FRIEND)
    assert site.put(f"/list/contact/{one}", {"destination": OTHER})["status"] == -7
    assert site.get(f"/list/{made}")["totalRecords"] == 2


def test_a_list_that_is_named_without_any_wrapping_is_filled(site: Site) -> None:
    """As some clients do."""
    made = make_list(site, FRIEND)["id"]
    assert site.post("/list", {"list": int(made), **contacts(OTHER)})["id"] == made
    assert site.get(f"/list/{made}")["totalRecords"] == 2


def test_an_object_is_the_id_of_no_list(site: Site) -> None:
    """And no new list is made of it."""
    assert site.post("/list", {"list": {"listId": {"a": 1}, **contacts(FRIEND)}})["status"] == -7
    assert site.get("/lists")["lists"] == []


def test_a_list_is_not_sent_to_without_credits(site: Site) -> None:
    """However soon the requests follow each other: each is paid for before its reply."""
    site.hub.core.accounts.add_credits(
        site.hub.account.id, 3 - site.hub.core.accounts.balance(site.hub.account.id).available
    )
    made = make_list(site, FRIEND, OTHER, "33612345670")["id"]
    body = {"sms": {"message": {"text": "Bonjour [info1]"}, "lists": [{"value": made}]}}
    assert [
        (reply["status"], reply.get("credits")) for reply in (site.post("/send/lists", body) for _ in range(2))
    ] == [
        (1, 0),
        (-3, None),
    ]
    site.hub.drain()
    assert {one.text for one in site.hub.carrier.taken} == {"Bonjour "}


@pytest.mark.parametrize("name", ["listId", "list"])
def test_a_list_is_filled_by_its_id(site: Site, name: str) -> None:
    """By either name of it; a number that it has already is counted all the same."""
    made = make_list(site, FRIEND)["id"]
    reply = site.post("/list", {"list": {name: made, **contacts(FRIEND, OTHER)}})
    assert (reply["id"], reply["contacts"]) == (made, 2)
    assert len(site.get("/lists")["lists"]) == 1


def test_a_list_is_shown_with_its_contacts(site: Site) -> None:
    """Each has an id of 24 digits, its number and four fields."""
    made = site.post("/list", {"list": {"name": "Clients", **contacts(FRIEND, info1="Ana")}})["id"]
    reply = site.get(f"/list/{made}")
    (one,) = reply["list"]
    assert (reply["name"], reply["contacts"], reply["totalRecords"]) == ("Clients", "1", 1)
    assert (len(one["id"]), one["destination"], one["info1"], one["info4"]) == (24, FRIEND, "Ana", None)


def test_the_pages_of_a_list_are_turned(site: Site) -> None:
    """By `start` and `length`."""
    made = make_list(site, FRIEND, OTHER)["id"]
    reply = site.get(f"/list/{made}", start=1, length=1)
    assert ([one["destination"] for one in reply["list"]], reply["totalRecords"]) == ([OTHER], 2)


def test_a_contact_is_edited_and_taken_off(site: Site) -> None:
    """What is not named stays; another number makes another id, which the answer tells."""
    made = site.post("/list", {"list": {"name": "Clients", **contacts(FRIEND, info1="Ana", info2="b")}})["id"]
    (one,) = site.get(f"/list/{made}")["list"]
    assert site.put(f"/list/contact/{one['id']}", {"info1": "Zoé"})["status"] == 1
    moved = site.put(f"/list/contact/{one['id']}", {"value": OTHER})["id"]
    (after,) = site.get(f"/list/{made}")["list"]
    assert (after["id"], after["destination"], after["info1"], after["info2"]) == (moved, OTHER, "Zoé", "b")
    assert [site.delete(f"/list/contact/{moved}")["status"] for _ in range(2)] == [1, -5]


def test_a_list_has_each_number_once(site: Site) -> None:
    """So there is nothing to remove."""
    made = make_list(site, FRIEND, FRIEND)["id"]
    assert site.put(f"/list/deduplicate/{made}")["removed"] == 0


def test_numbers_that_are_nobodys_leave_a_list(site: Site) -> None:
    """Those on the NPAI list, as it stands."""
    made = make_list(site, FRIEND, OTHER)["id"]
    assert site.post("/npai", {"npai": contacts(OTHER)})["added_contacts"] == 1
    assert site.put(f"/list/{made}/npai/clear")["removed"] == 1
    assert [one["destination"] for one in site.get(f"/list/{made}")["list"]] == [FRIEND]


def test_a_list_that_is_deleted_is_gone(site: Site) -> None:
    """And nobody sends to it."""
    made = make_list(site, FRIEND)["id"]
    assert site.delete(f"/list/{made}")["status"] == 1
    body = {"sms": {"message": {"text": "a"}, "lists": [{"value": made}]}}
    assert [site.get(f"/list/{made}")["status"], site.post("/send/lists", body)["status"]] == [-5, -5]


def test_a_list_of_another_account_is_nobodys(site: Site) -> None:
    """Its contacts too."""
    made = make_list(site, FRIEND)["id"]
    (one,) = site.get(f"/list/{made}")["list"]
    _, token = site.hub.core.accounts.create("Boutique Exemple", "FR")
    strange = {"headers": {"Authorization": f"Bearer {token.secret}"}}
    calls = [
        site.call("GET", f"/list/{made}", **strange),
        site.call("DELETE", f"/list/{made}", **strange),
        site.call("DELETE", f"/list/contact/{one['id']}", **strange),
        site.call("PUT", f"/list/contact/{one['id']}", {"info1": "x"}, **strange),
        site.call("POST", "/list", {"list": {"listId": made, **contacts(OTHER)}}, **strange),
    ]
    assert {one["status"] for one in calls} == {-5}


def test_the_blacklist_counts_what_is_given(site: Site) -> None:
    """Twice the same is twice two, as the official test suite asserts."""
    body = {"blacklist": contacts(FRIEND, OTHER, info1="Ana")}
    assert [site.post("/blacklist", body)["added_contacts"] for _ in range(2)] == [2, 2]
    reply = site.get("/blacklist")
    assert (reply["totalRecords"], reply["list"][0]["info1"]) == (2, "Ana")
    assert site.send(FRIEND)["blacklisted"] == 1


def test_what_the_account_blacklisted_itself_it_takes_off(site: Site) -> None:
    """And the proof is kept that it did."""
    site.post("/blacklist", {"blacklist": contacts(FRIEND)})
    (entry,) = site.get("/blacklist")["list"]
    assert [site.delete(f"/blacklist/contact/{entry['id']}")["status"] for _ in range(2)] == [1, -5]
    assert site.send(FRIEND)["sent"] == 1
    (proof,) = site.hub.core.suppressions.consents(site.hub.account.id)
    assert (proof.source, proof.by) == ("smsfactor", "token first")


def test_a_persons_stop_is_not_taken_back_without_a_proof(site: Site) -> None:
    """Which this API has no place for."""
    site.send(FRIEND)
    site.hub.drain()
    assert site.hub.carrier.sink is not None
    site.hub.carrier.sink.inbound([InboundText(f"+{FRIEND}", "36180", "STOP", "1")])
    (entry,) = site.get("/blacklist")["list"]
    assert site.delete(f"/blacklist/contact/{entry['id']}")["status"] == -7
    assert site.send(FRIEND)["blacklisted"] == 1


def test_the_npai_list_is_another_one(site: Site) -> None:
    """With the same shapes."""
    site.post("/npai", {"npai": contacts(FRIEND, info2="parti")})
    (entry,) = site.get("/npai")["list"]
    assert (entry["destination"], entry["info2"], site.get("/blacklist")["totalRecords"]) == (FRIEND, "parti", 0)
