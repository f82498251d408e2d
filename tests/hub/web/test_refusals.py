"""What is refused, how it is said, and that nothing is stored of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.contacts.model import SuppressionKind
from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.databases import Databases

MOBILE = "+33612345678"


def errors_of(answer: Any) -> list[tuple[str, str]]:
    """The field and the code of everything that is to be mended."""
    return [(one["field"], one["code"]) for one in answer.get_json()["errors"]]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b'{"text": ', 400, "invalid_json"),
        (b"text=Bonjour", 400, "invalid_json"),
        (b"[]", 400, "object_expected"),
        (b'"text"', 400, "object_expected"),
        (b"null", 400, "object_expected"),
        (b"[" * 100_000, 400, "json_too_deep"),
        (b'{"text": NaN}', 400, "number_not_finite"),
        (b'{"text": 1e999}', 400, "number_not_finite"),
        (b'{"text": "a", "text": "b"}', 400, "duplicate_key"),
        (b'{"text": "caf\xe9"}', 400, "invalid_utf8"),
        (rb'{"text": "\ud800"}', 422, "unpaired_surrogate"),
        (rb'{"text": "a\u0000"}', 422, "control_character"),
        (b'{"text": ' + b"9" * 5000 + b"}", 422, "out_of_range"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(refused: Caller, data: bytes, status: int, code: str) -> None:
    """Never a stack trace, never a guess."""
    answer = refused.post(data)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["code"] == code


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/xml", "application/json; charset=utf-16"],
)
def test_a_body_that_is_not_json_is_not_read(refused: Caller, content_type: str | None) -> None:
    """415, even if it happens to look like JSON."""
    answer = refused.post(b'{"text": "a"}', content_type)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_told_the_limit(refused: Caller) -> None:
    """413 at one byte more than a megabyte."""
    answer = refused.post(b" " * (1024 * 1024 + 1))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert "1024 kB" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"recipent": "x"}, "recipent", "unknown_field"),
        ({"recipients": [{"to": MOBILE, "fieds": {}}]}, "recipients[0].fieds", "unknown_field"),
        ({"text": 5}, "text", "type"),
        ({"text": None}, "text", "type"),
        ({"recipients": MOBILE}, "recipients", "type"),
        ({"recipients": [33612345678]}, "recipients[0]", "type"),
        ({"recipients": [{"to": 33612345678}]}, "recipients[0].to", "type"),
        ({"recipients": [{"fields": {}}]}, "recipients[0].to", "missing"),
        ({"recipients": [{"to": MOBILE, "fields": {"name": 5}}]}, "recipients[0].fields.name", "type"),
        ({"recipients": []}, "recipients", "no_recipient"),
        ({"purpose": "alrt"}, "purpose", "not_a_choice"),
        ({"outside_window": True}, "outside_window", "not_a_choice"),
        ({"encoding": 7}, "encoding", "not_a_choice"),
        ({"sender": "S" * 17}, "sender", "too_long"),
        ({"sender": " "}, "sender", "sender_empty"),
        ({"text": ""}, "text", "empty_body"),
        ({"text": " \n\t"}, "text", "empty_body"),
        ({"text": "\u200b\ufeff\u2060"}, "text", "empty_body"),
        ({"text": "a" * 2001}, "text", "too_long"),
        ({"text": "\N{PARTY POPPER}" * 300}, "recipients[0].to", "too_many_segments"),
        (
            {"text": "Bonjour #nmae#", "recipients": [{"to": MOBILE, "fields": {"name": "N"}}]},
            "text",
            "unknown_variable",
        ),
        ({"send_at": "2020-01-01T09:30"}, "send_at", "schedule_past"),
        ({"send_at": "9999-12-31T23:59"}, "send_at", "schedule_too_far"),
        ({"send_at": "9999-12-31T23:59-12:00"}, "send_at", "schedule_too_far"),
        ({"send_at": "2027-03-28T02:30"}, "send_at", "schedule_gap"),
        ({"send_at": "soon"}, "send_at", "schedule_form"),
    ],
)
def test_a_faulty_field_is_named(refused: Caller, body: dict[str, Any], field: str, code: str) -> None:
    """422 with the field's path and the rule's code, and nothing is stored."""
    answer = refused.send(**body)
    assert (answer.status_code, errors_of(answer)) == (422, [(field, code)])
    assert refused.hub.core.campaigns.latest() == ()


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("", 422, "empty"),
        ("abc", 422, "unparsable"),
        ("+1", 422, "length"),
        ("3" * 300, 422, "length"),
        ("+3361234", 422, "length"),
        ("112", 422, "length"),
        ("36180", 422, "length"),
        ("+33612345678;ext=5", 422, "extension"),
        ("1-800-FLOWERS", 422, "letters"),
        ("0123456789", 422, "landline"),
        ("+33899123456", 403, "not_mobile"),
        ("+33810123456", 403, "not_mobile"),
        ("+870773111632", 403, "not_mobile"),
    ],
)
def test_a_number_that_cannot_be_texted_says_why(refused: Caller, number: str, status: int, code: str) -> None:
    """What is wrong with the number itself is 422; what the hub does not do is 403."""
    answer = refused.send(number)
    assert (answer.status_code, errors_of(answer)) == (status, [("recipients[0].to", code)])


def test_a_number_as_an_address_is_read(caller: Caller) -> None:
    """`tel:` is how web pages write numbers."""
    assert caller.send("tel:+33612345678").get_json()["messages"][0]["to"] == MOBILE


def test_a_mistyped_field_is_told_what_was_perhaps_meant(refused: Caller) -> None:
    """As a colleague would."""
    (error,) = refused.send(recipent=[MOBILE]).get_json()["errors"]
    assert "did you mean recipients?" in error["message"]


def test_every_fault_is_named_at_once(refused: Caller) -> None:
    """Mending one to find the next is a waste of time."""
    answer = refused.send(text=5, purpose="alrt", sendr="x")
    assert errors_of(answer) == [("purpose", "not_a_choice"), ("text", "type"), ("sendr", "unknown_field")]


def test_a_country_that_the_operator_left_out_is_forbidden(databases: Databases, tmp_path: Path) -> None:
    """403: the number is right."""
    settings_ = {"HUB_COMPLIANCE_ALLOWED_COUNTRIES": "FR"}
    caller = Caller(make_hub(tmp_path, databases.fresh("sqlite"), settings=settings_))
    answer = caller.send("+32470123456")
    assert (answer.status_code, answer.get_json()["code"]) == (403, "country_not_allowed")
    caller.hub.core.close()


def test_a_person_who_said_stop_is_not_texted(caller: Caller) -> None:
    """403, alerts included."""
    account = caller.hub.account.id
    caller.hub.core.suppressions.add(account, MOBILE, SuppressionKind.OPT_OUT, source="test")
    answer = caller.send()
    assert (answer.status_code, answer.get_json()["code"]) == (403, "opted_out")


def test_what_the_account_cannot_pay_is_refused_whole(caller: Caller) -> None:
    """402 with both figures; nothing is stored and nothing is set aside."""
    caller.hub.core.accounts.add_credits(caller.hub.account.id, -999)
    answer = caller.send(MOBILE, "+33612345679")
    content = answer.get_json()
    assert (answer.status_code, content["code"], content["needed"], content["available"]) == (
        402,
        "insufficient_credit",
        2,
        1,
    )
    assert caller.hub.core.campaigns.latest() == ()


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
    """401, and how to show one, before anything else of the request is looked at."""
    headers = {} if shown is None else {"Authorization": shown}
    answer = refused.client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="hub"')


def test_a_revoked_token_opens_nothing(caller: Caller) -> None:
    """From the moment it is revoked."""
    caller.hub.core.accounts.revoke_token(caller.hub.account.id, caller.hub.token[-4:])
    assert caller.get("/api/v1/account").status_code == 401


@pytest.mark.parametrize("key", ["", "k" * 256, "with space", "cl\u00e9", "tab\t"])
def test_a_key_that_is_none_is_refused(refused: Caller, key: str) -> None:
    """400: one to 255 visible ASCII characters."""
    answer = refused.send(headers={"Idempotency-Key": key})
    assert (answer.status_code, errors_of(answer)) == (400, [("Idempotency-Key", "idempotency_key_form")])


def test_a_key_used_for_something_else_is_refused(caller: Caller) -> None:
    """422: two requests under one key are a mistake of the client's."""
    caller.send(headers={"Idempotency-Key": "k"})
    answer = caller.send(text="Autre chose", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_key_from_many_at_once_makes_one_campaign(databases: Databases, tmp_path: Path, kind: str) -> None:
    """Those who come second are answered again (201), or are told to come back (409 with Retry-After)."""
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
    """As a faulty field is."""
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
    """Whatever a client sends, the answer is a yes or a reasoned no, never 500."""
    assert caller.send(headers=headers, **body).status_code in {201, 202, 400, 402, 403, 422}


def test_a_country_that_the_account_may_not_text_is_forbidden(caller: Caller) -> None:
    """403, and the sentence says where that is changed (B17)."""
    caller.hub.core.accounts.set_countries(caller.hub.account.id, {"FR"})
    answer = caller.send("+32470123456")
    content = answer.get_json()
    assert (answer.status_code, content["code"]) == (403, "country_not_allowed")
    assert "`hub account countries ACCOUNT --add BE`" in content["detail"]
