"""What is refused, how it is said, and that nothing is stored of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.databases import Databases

MOBILE = "+33612345678"


def errors_of(answer: Any) -> list[tuple[str, str]]:
    """The field and the code of everything that is to be mended."""
    return [(one["field"], one["code"]) for one in answer.get_json()["errors"]]


def test_a_body_that_is_too_large_is_told_the_limit(refused: Caller) -> None:
    """(B10) 413 at one byte more than a megabyte."""
    answer = refused.post(b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert "1024 kB" in answer.get_json()["detail"]


def test_every_fault_is_named_at_once(refused: Caller) -> None:
    """Mending one to find the next is a waste of time."""
    answer = refused.send(text=5, purpose="alrt", sendr="x")
    assert errors_of(answer) == [("purpose", "not_a_choice"), ("text", "type"), ("sendr", "unknown_field")]


def test_a_country_that_the_operator_left_out_is_forbidden(databases: Databases, tmp_path: Path) -> None:
    """(B17) 403: the number is right."""
    settings_ = {"HUB_COMPLIANCE_ALLOWED_COUNTRIES": "FR"}
    caller = Caller(make_hub(tmp_path, databases.fresh("sqlite"), settings=settings_))
    answer = caller.send("+32470123456")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "country_not_allowed")
    caller.hub.core.close()


def test_a_locked_account_is_not_let_in(caller: Caller) -> None:
    """Its token is worth nothing while the lock is on."""
    caller.hub.core.accounts.lock(caller.hub.account.id, locked=True)
    assert caller.send().status_code == 401


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer ", "Bearer hub_live_wrong", "Basic dXNlcjpwYXNz", "hub_live_x", "Bearer \u00e9\u00e9"],
)
@pytest.mark.parametrize("path", ["/api/v1/account", "/api/v1/messages", "/api/v1/campaigns/x"])
def test_without_a_valid_token_nothing_is_shown(refused: Caller, shown: str | None, path: str) -> None:
    """(B30) 401, and how to show one, before anything else of the request is looked at."""
    headers = {} if shown is None else {"Authorization": shown}
    answer = refused.client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="hub"')


def test_a_revoked_token_opens_nothing(caller: Caller) -> None:
    """(B30) From the moment it is revoked."""
    caller.hub.core.tokens.revoke_ending(caller.hub.account.id, caller.hub.token[-4:])
    assert caller.get("/api/v1/account").status_code == 401


@pytest.mark.parametrize("key", ["", "k" * 256, "k" * 300, "with space", "cl\u00e9", "tab\t"])
def test_a_key_that_is_none_is_refused(refused: Caller, key: str) -> None:
    """(B29) 400: one to 255 visible ASCII characters."""
    answer = refused.send(headers={"Idempotency-Key": key})
    assert (answer.status_code, errors_of(answer)) == (400, [("Idempotency-Key", "idempotency_key_form")])


def test_a_key_used_for_something_else_is_refused(caller: Caller) -> None:
    """(B29) 422: two requests under one key are a mistake of the client's."""
    caller.send(headers={"Idempotency-Key": "k"})
    answer = caller.send(text="Autre chose", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_key_from_many_at_once_makes_one_campaign(databases: Databases, tmp_path: Path, kind: str) -> None:
    """(B29) Those who come second are answered again (201), or are told to come back (409 with Retry-After)."""
    caller = Caller(make_hub(tmp_path, databases.fresh(kind)))
    answers: list[Any] = []
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        answers.append(caller.send(headers={"Idempotency-Key": "k"}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcomes = {(answer.status_code, answer.headers.get("Retry-After")) for answer in answers}
    assert outcomes <= {(201, None), (409, "1")}
    assert len(caller.hub.core.campaigns.latest()) == 1
    caller.hub.core.close()


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({}, "campaign", "missing"),
        ({"campaign": "x", "state": "gone"}, "state[0]", "not_a_choice"),
        ({"campaign": "x", "limit": "0"}, "limit", "out_of_range"),
        ({"campaign": "x", "limit": str(2**40)}, "limit", "out_of_range"),
        ({"campaign": "x", "limit": "ten"}, "limit", "type"),
        ({"campaign": "x", "cursor": "-1"}, "cursor", "form"),
        ({"campaign": "x", "page": "2"}, "page", "unknown_field"),
    ],
)
def test_a_faulty_parameter_is_named(refused: Caller, query: dict[str, str], field: str, code: str) -> None:
    """(B12) As a faulty field is."""
    answer = refused.get("/api/v1/messages", **query)
    assert (answer.status_code, errors_of(answer)) == (422, [(field, code)])


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(["purpose", "text", "sender", "recipients", "send_at", "outside_window", "encoding", "x"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(FIELDS, JSON_VALUES),
    headers=st.fixed_dictionaries({}, optional={"Idempotency-Key": st.text("k\u00e9 ", max_size=3)}),
)
def test_no_body_makes_the_hub_stumble(caller: Caller, body: dict[str, Any], headers: dict[str, str]) -> None:
    """(B1 to B28) Whatever a client sends, the answer is a yes or a reasoned no, never 500."""
    assert caller.send(headers=headers, **body).status_code in {201, 202, 400, 402, 403, 422}


def test_a_country_that_the_account_may_not_text_is_forbidden(caller: Caller) -> None:
    """403, and the sentence says where that is changed (B17)."""
    caller.hub.core.accounts.set_countries(caller.hub.account.id, {"FR"})
    answer = caller.send("+32470123456")
    content = answer.get_json()
    assert (answer.status_code, content["code"]) == (403, "country_not_allowed")
    assert "`hub account countries ACCOUNT --add BE`" in content["detail"]
