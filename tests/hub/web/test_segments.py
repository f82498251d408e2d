"""Segments over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

API = "/api/v1"
IN_LYON = {"not": {"not": {"field": "info1", "op": "is", "value": "Lyon"}}}


@pytest.fixture
def clients(caller: Caller) -> int:
    """A list with one person of Lyon, and one of Lille."""
    made = call(caller, "POST", "/lists", {"name": "Clients"}).get_json()["id"]
    people = [{"number": "0612345678", "info1": "Lyon"}, {"number": "0612345679", "info1": "Lille"}]
    call(caller, "POST", f"/lists/{made}/contacts", {"contacts": people})
    return int(made)


def call(caller: Caller, method: str, path: str, body: Any = None) -> TestResponse:
    """Call the API with the account's token."""
    return caller.client.open(API + path, method=method, json=body, headers=caller.bearer)


def test_a_rule_is_counted_before_it_is_saved(caller: Caller, clients: int) -> None:
    """Nothing is kept of it."""
    answer = call(caller, "POST", "/segments/count", {"list_id": clients, "rule": IN_LYON}).get_json()
    assert (answer, call(caller, "GET", "/segments").get_json()["items"]) == ({"count": 1}, [])


def test_a_segment_is_saved_counted_read_and_taken_away(caller: Caller, clients: int) -> None:
    """By its address."""
    made = call(caller, "POST", "/segments", {"list_id": clients, "name": "Lyon", "rule": IN_LYON})
    path = made.headers["Location"].removeprefix(API)
    assert call(caller, "GET", path).get_json() == made.get_json()
    assert made.get_json()["rule"] == IN_LYON
    assert call(caller, "GET", f"{path}/count").get_json() == {"count": 1}
    people = call(caller, "GET", f"{path}/contacts").get_json()["items"]
    assert [one["number"] for one in people] == ["+33612345678"]
    assert [call(caller, method, path).status_code for method in ("DELETE", "GET")] == [204, 404]


def test_a_segment_is_edited_unless_it_changed_meanwhile(caller: Caller, clients: int) -> None:
    """Who read it before another edited it does not undo that."""
    made = call(caller, "POST", "/segments", {"list_id": clients, "name": "Lyon", "rule": IN_LYON})
    path = made.headers["Location"]
    tag = caller.client.get(path, headers=caller.bearer).headers["ETag"]
    bodies = ({"name": "Ailleurs", "rule": IN_LYON["not"]}, {"name": "Lyon"})
    edits = [caller.client.patch(path, json=body, headers=caller.bearer | {"If-Match": tag}) for body in bodies]
    assert [one.status_code for one in edits] == [200, 412]
    assert edits[0].get_json() == made.get_json() | bodies[0] == caller.get(path).get_json()
    assert call(caller, "GET", f"{path.removeprefix(API)}/count").get_json() == {"count": 1}


def test_what_is_no_rule_is_told_what_one_looks_like(caller: Caller, clients: int) -> None:
    """By its field and its code."""
    answer = call(caller, "POST", "/segments/count", {"list_id": clients, "rule": {"consent": False}})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "rule_shape")


def test_who_clicked_can_be_asked_for(caller: Caller, clients: int) -> None:
    """Nobody has, on a hub whose texts have no links."""
    answer = call(caller, "POST", "/segments/count", {"list_id": clients, "rule": {"clicked_within_days": 7}})
    assert (answer.status_code, answer.get_json()) == (200, {"count": 0})
