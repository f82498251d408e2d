"""Sub-accounts and tokens over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

ACCOUNTS, TOKENS = "/api/v1/accounts", "/api/v1/tokens"


def call(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
    """Call the API with the account's token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.client.open(path, method=method, json=body, headers={**caller.bearer, **named})


@pytest.fixture
def lyon(caller: Caller) -> dict[str, Any]:
    """A sub-account with ten credits."""
    made: dict[str, Any] = call(caller, "POST", ACCOUNTS, {"name": "Lyon", "credits": 10}).get_json()
    return made


def test_a_sub_account_is_opened_and_listed(caller: Caller, lyon: dict[str, Any]) -> None:
    """With what it was given."""
    assert (lyon["name"], lyon["country"], lyon["balance"]["available"]) == ("Lyon", "FR", 10)
    assert call(caller, "GET", ACCOUNTS).get_json() == {"items": [lyon], "next": None}
    assert call(caller, "GET", f"{ACCOUNTS}/{lyon['id']}").get_json() == lyon


def test_its_token_sends_with_its_credits(caller: Caller, lyon: dict[str, Any]) -> None:
    """Made by its parent, who acts for it."""
    secret = call(caller, "POST", TOKENS, {"name": "caisse", "scope": "send"}, Hub_Account=str(lyon["id"])).get_json()
    caller.hub.token = secret["secret"]
    sent = caller.send()
    assert (sent.status_code, caller.hub.core.accounts.balance(lyon["id"]).reserved) == (201, 1)


def test_credits_move_once_per_key(caller: Caller, lyon: dict[str, Any]) -> None:
    """A client that lost the answer asks again."""
    path = f"{ACCOUNTS}/{lyon['id']}/transfer"
    answers = [call(caller, "POST", path, {"credits": 5}, Idempotency_Key="k").get_json() for _ in range(2)]
    assert [one["available"] for one in answers] == [15, 15]


def test_more_than_there_is_is_not_given(caller: Caller, lyon: dict[str, Any]) -> None:
    """402, with what is needed and what there is."""
    answer = call(caller, "POST", f"{ACCOUNTS}/{lyon['id']}/transfer", {"credits": 5000})
    assert (answer.status_code, answer.get_json()["needed"], answer.get_json()["available"]) == (402, 5000, 990)


def test_a_reset_brings_the_unused_credits_back(caller: Caller, lyon: dict[str, Any]) -> None:
    """All of them."""
    assert call(caller, "POST", f"{ACCOUNTS}/{lyon['id']}/reset").get_json() == {"returned": 10}


def test_a_locked_sub_account_is_acted_for_by_nobody(caller: Caller, lyon: dict[str, Any]) -> None:
    """Until it is unlocked."""
    path = f"{ACCOUNTS}/{lyon['id']}"
    call(caller, "PATCH", path, {"locked": True})
    locked = call(caller, "GET", "/api/v1/account", Hub_Account=str(lyon["id"]))
    call(caller, "PATCH", path, {"locked": False})
    free = call(caller, "GET", "/api/v1/account", Hub_Account=str(lyon["id"]))
    assert (locked.status_code, locked.get_json()["code"], free.status_code) == (403, "account_locked", 200)


def test_who_edits_what_was_changed_meanwhile_is_told(caller: Caller, lyon: dict[str, Any]) -> None:
    """By the ETag of what they read."""
    path = f"{ACCOUNTS}/{lyon['id']}"
    tag = call(caller, "GET", path).headers["ETag"]
    first = call(caller, "PATCH", path, {"draws": True}, If_Match=tag)
    second = call(caller, "PATCH", path, {"draws": False}, If_Match=tag)
    assert (first.get_json()["draws"], second.status_code) == (True, 412)


def test_a_secret_is_shown_once(caller: Caller) -> None:
    """The list has its last four characters."""
    made = call(caller, "POST", TOKENS, {"name": "caisse", "networks": ["127.0.0.0/8"]}).get_json()
    listed = call(caller, "GET", TOKENS)
    assert made["secret"] not in listed.text
    assert [one["hint"] for one in listed.get_json()["items"]][-1] == made["secret"][-4:]


def test_a_revoked_token_opens_nothing_any_more(caller: Caller) -> None:
    """At once."""
    made = call(caller, "POST", TOKENS, {"name": "caisse"}).get_json()
    statuses = [call(caller, "DELETE", f"{TOKENS}/{made['id']}").status_code for _ in range(2)]
    caller.hub.token = made["secret"]
    assert (statuses, call(caller, "GET", TOKENS).status_code) == ([204, 404], 401)


def test_the_token_that_is_shown_is_not_revoked_by_itself(caller: Caller) -> None:
    """Nobody stands before a door that they have closed."""
    (mine,) = call(caller, "GET", TOKENS).get_json()["items"]
    answer = call(caller, "DELETE", f"{TOKENS}/{mine['id']}")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "token_in_use")


def test_an_end_is_read_as_people_write_it(caller: Caller) -> None:
    """A fault names the field."""
    made = call(caller, "POST", TOKENS, {"name": "x", "expires_at": "2030-01-01T00:00:00+01:00"}).get_json()
    wrong = call(caller, "POST", TOKENS, {"name": "x", "expires_at": "tomorrow"})
    assert (made["expires_at"], wrong.get_json()["errors"][0]["field"]) == ("2029-12-31T23:00:00Z", "expires_at")
