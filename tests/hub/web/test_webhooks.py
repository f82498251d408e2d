"""Webhooks over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.events.model import EventType

if TYPE_CHECKING:
    from .conftest import Caller

WEBHOOKS = "/api/v1/webhooks"
BODY = {"url": "https://salon.example/hook", "types": ["balance.low"]}


def call(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Call the API with the account's token."""
    return caller.client.open(path, method=method.upper(), json=body, headers={**caller.bearer, **headers})


@pytest.fixture
def made(caller: Caller) -> str:
    """A webhook; its address."""
    return str(call(caller, "post", WEBHOOKS, BODY).headers["Location"])


def test_the_secret_is_shown_once(caller: Caller) -> None:
    """When it is made, and never again."""
    answer = call(caller, "post", WEBHOOKS, BODY)
    assert (answer.status_code, answer.json["secret"][:6]) == (201, "whsec_")
    later = [call(caller, "get", path).json for path in (WEBHOOKS, answer.headers["Location"])]
    assert "secret" not in str(later)


def test_another_secret_is_another(caller: Caller, made: str) -> None:
    """It is shown once too."""
    secrets = {call(caller, "post", f"{made}/secret").json["secret"] for _ in range(2)}
    assert len(secrets) == 2


def test_it_is_edited_and_deleted(caller: Caller, made: str) -> None:
    """And not there any more."""
    changed = call(caller, "patch", made, {"types": ["message.settled"], "state": "disabled"})
    assert (changed.json["types"], changed.json["state"]) == (["message.settled"], "disabled")
    gone = call(caller, "delete", made)
    assert (gone.status_code, call(caller, "get", made).status_code) == (204, 404)


def test_an_edit_of_what_has_changed_is_refused(caller: Caller, made: str) -> None:
    """By its ETag."""
    tag = call(caller, "get", made).headers["ETag"]
    call(caller, "patch", made, {"types": ["message.settled"]})
    assert call(caller, "patch", made, {"state": "disabled"}, **{"If-Match": tag}).status_code == 412


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**BODY, "url": "http://127.0.0.1/"}, "url_private"),
        ({**BODY, "url": "ftp://salon.example/"}, "url_form"),
        ({**BODY, "types": ["webhook.test"]}, "event_types"),
    ],
)
def test_what_cannot_be_called_is_refused_with_its_rule(caller: Caller, body: dict[str, Any], code: str) -> None:
    """422, with the field."""
    answer = call(caller, "post", WEBHOOKS, body)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)


def test_there_are_twenty_at_most(caller: Caller) -> None:
    """Each is a call more for whatever happens."""
    answers = [call(caller, "post", WEBHOOKS, BODY).status_code for _ in range(21)]
    assert answers == [201] * 20 + [409]


def test_a_test_waits_to_be_sent_and_can_be_sent_again(caller: Caller, made: str) -> None:
    """Under one id; an id of nobody's is not found."""
    tried = call(caller, "post", f"{made}/test")
    again = call(caller, "post", f"{made}/events/{tried.json['event_id']}/replay")
    unknown = call(caller, "post", f"{made}/events/{'0' * 26}/replay")
    assert (tried.status_code, again.json, unknown.status_code) == (202, tried.json, 404)


def test_another_accounts_webhook_is_not_there(caller: Caller, made: str) -> None:
    """Answered like one that nobody has."""
    other, _ = caller.hub.core.accounts.create("Boutique Exemple", "FR")
    foreign = caller.hub.core.webhooks.create(other.id, "https://salon.example/hook", [EventType.BALANCE_LOW])
    theirs = made.rpartition("/")[0] + f"/{foreign.webhook.id}"
    answers = [call(caller, "get", path) for path in (theirs, f"{theirs}/attempts", f"{WEBHOOKS}/4711")]
    assert [one.status_code for one in answers] == [404] * 3


def test_the_attempts_are_listed_page_by_page(caller: Caller, made: str) -> None:
    """Nothing was called yet."""
    assert call(caller, "get", f"{made}/attempts?limit=1").json == {"items": [], "next": None}
