"""People who sign in for an account, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyotp
import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

USERS = "/api/v1/users"
PASSWORD = "quatre mots bien longs"
EVE = "eve@salon.example"


def call(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
    """Call the API with the account's token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return caller.client.open(path, method=method, json=body, headers={**caller.bearer, **named})


@pytest.fixture
def eve(caller: Caller) -> dict[str, Any]:
    """An owner."""
    body = {"email": EVE, "password": PASSWORD, "role": "owner"}
    made: dict[str, Any] = call(caller, "POST", USERS, body).get_json()
    return made


def test_a_person_is_let_in_and_listed(caller: Caller, eve: dict[str, Any]) -> None:
    """Without their password."""
    assert (eve["email"], eve["role"], eve["has_totp"]) == (EVE, "owner", False)
    assert call(caller, "GET", USERS).get_json() == {"items": [eve], "next": None}
    assert call(caller, "GET", f"{USERS}/{eve['id']}").get_json() == eve
    assert caller.hub.core.users.sign_in(EVE, PASSWORD).id == eve["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"password": "motdepasse123"}, 422, "too_common"),
        ({"password": "court"}, 422, "too_short"),
        ({"password": "max@salon.example"}, 422, "like_the_address"),
        ({"email": "eve"}, 422, "not_an_address"),
        ({"role": "king"}, 422, "not_a_choice"),
        ({"email": EVE.upper()}, 409, "email_taken"),
    ],
)
def test_who_cannot_be_let_in_is_refused_with_the_reason(
    caller: Caller, eve: dict[str, Any], body: dict[str, str], status: int, code: str
) -> None:
    """Nothing of a password is in the answer."""
    usual = {"email": "max@salon.example", "password": PASSWORD, "role": "viewer"}
    answer = call(caller, "POST", USERS, usual | body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert body.get("password", PASSWORD) not in answer.text
    assert call(caller, "GET", USERS).get_json()["items"] == [eve]


def test_a_role_is_changed_by_who_knows_the_one_before(caller: Caller, eve: dict[str, Any]) -> None:
    """412 to whoever read it earlier."""
    caller.hub.core.users.create(caller.hub.account.id, "max@salon.example", PASSWORD)
    path = f"{USERS}/{eve['id']}"
    tag = call(caller, "GET", path).headers["ETag"]
    changed = call(caller, "PATCH", path, {"role": "sender"}, If_Match=tag)
    late = call(caller, "PATCH", path, {"role": "viewer"}, If_Match=tag)
    assert (changed.status_code, changed.get_json()["role"], late.status_code) == (200, "sender", 412)
    assert call(caller, "GET", path).get_json()["role"] == "sender"


def test_the_last_owner_stays(caller: Caller, eve: dict[str, Any]) -> None:
    """409, whichever way."""
    path = f"{USERS}/{eve['id']}"
    answers = [call(caller, "PATCH", path, {"role": "viewer"}), call(caller, "DELETE", path)]
    assert [(one.status_code, one.get_json()["code"]) for one in answers] == [(409, "last_owner")] * 2


def test_a_password_is_reset(caller: Caller, eve: dict[str, Any]) -> None:
    """The person signs in with the new one."""
    answer = call(caller, "PUT", f"{USERS}/{eve['id']}/password", {"password": "quatre autres mots"})
    assert (answer.status_code, caller.hub.core.users.sign_in(EVE, "quatre autres mots").id) == (204, eve["id"])


def test_who_is_removed_is_gone(caller: Caller, eve: dict[str, Any]) -> None:
    """404 from then on."""
    other = caller.hub.core.users.create(caller.hub.account.id, "max@salon.example", PASSWORD)
    path = f"{USERS}/{eve['id']}"
    answers = [call(caller, "DELETE", path), call(caller, "DELETE", path), call(caller, "GET", path)]
    assert [one.status_code for one in answers] == [204, 404, 404]
    assert caller.hub.core.users.all(caller.hub.account.id) == (other,)


def test_codes_are_set_up_and_taken_away(caller: Caller, eve: dict[str, Any]) -> None:
    """On the person's password, and a first code."""
    path, clock = f"{USERS}/{eve['id']}/totp", caller.hub.clock
    begun = call(caller, "POST", path, {"password": PASSWORD})
    totp = pyotp.TOTP(begun.get_json()["secret"])
    confirmed = call(caller, "POST", f"{path}/confirm", {"code": totp.at(clock.now())})
    shown = call(caller, "GET", f"{USERS}/{eve['id']}").get_json()["has_totp"]
    recovery = confirmed.get_json()["recovery_codes"]
    removed = call(caller, "DELETE", path, {"password": PASSWORD, "code": recovery[0]})
    assert (begun.status_code, confirmed.status_code, len(recovery)) == (201, 200, 10)
    assert (shown, removed.status_code, caller.hub.core.users.sign_in(EVE, PASSWORD).has_totp) == (True, 204, False)


def test_who_sets_codes_up_must_know_the_persons_password(caller: Caller, eve: dict[str, Any]) -> None:
    """403: the token is right. Guesses are counted, like those at sign-in."""
    path = f"{USERS}/{eve['id']}/totp"
    guesses = [call(caller, "POST", path, {"password": "not the password"}) for _ in range(11)]
    said = [(one.status_code, one.get_json()["code"]) for one in guesses]
    assert said == [(403, "wrong_password")] * 10 + [(429, "rate_limited")]
    assert call(caller, "GET", USERS).status_code == 200


def test_a_wrong_code_confirms_nothing(caller: Caller, eve: dict[str, Any]) -> None:
    """403, and 409 before there is a secret."""
    path = f"{USERS}/{eve['id']}/totp"
    early = call(caller, "POST", f"{path}/confirm", {"code": "123456"})
    call(caller, "POST", path, {"password": PASSWORD})
    wrong = call(caller, "POST", f"{path}/confirm", {"code": "no code"})
    assert (early.status_code, early.get_json()["code"]) == (409, "totp_not_begun")
    assert (wrong.status_code, wrong.get_json()["code"]) == (403, "wrong_code")


def test_a_parent_lets_people_in_for_its_sub_account(caller: Caller, eve: dict[str, Any]) -> None:
    """With the header that names it; its own people are not those."""
    child = caller.hub.core.children.create(caller.hub.account.id, "Lyon")
    body = {"email": "lea@salon.example", "password": PASSWORD, "role": "owner"}
    made = call(caller, "POST", USERS, body, Hub_Account=str(child.id)).get_json()
    assert call(caller, "GET", USERS, Hub_Account=str(child.id)).get_json()["items"] == [made]
    assert call(caller, "GET", USERS).get_json()["items"] == [eve]
