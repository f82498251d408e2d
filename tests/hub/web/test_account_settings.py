"""What an account says of itself, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from .conftest import Caller

PATH = "/api/v1/account/settings"
NOTHING = dict.fromkeys(("language", "reply_email", "notice_email", "identity", "auto_reply")) | {
    "require_consent": False
}


def patch(caller: Caller, body: Any) -> TestResponse:
    """Change settings."""
    return caller.client.patch(PATH, json=body, headers=caller.bearer)


def test_at_first_it_has_said_nothing(caller: Caller) -> None:
    """All of it is null."""
    assert caller.get(PATH).get_json() == NOTHING


def test_what_the_body_names_is_changed(caller: Caller) -> None:
    """The rest stays as it is, and null forgets."""
    patch(caller, {"language": "fr", "identity": "Salon"})
    answer = patch(caller, {"language": None, "reply_email": "a@salon.example"})
    said = NOTHING | {"identity": "Salon", "reply_email": "a@salon.example"}
    assert (answer.status_code, answer.get_json(), caller.get(PATH).get_json()) == (200, said, said)


def test_an_empty_body_changes_nothing(caller: Caller) -> None:
    """It names nothing."""
    patch(caller, {"language": "fr"})
    assert patch(caller, {}).get_json() == NOTHING | {"language": "fr"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reply_email": "zoe"}, "not_an_address"),
        ({"reply_email": "a@b.example\nBcc: c@d.example"}, "not_an_address"),
        ({"language": "fra"}, "not_a_language"),
        ({"identity": ""}, "text_form"),
        ({"colour": "blue"}, "unknown_field"),
    ],
)
def test_what_cannot_be_kept_is_refused(caller: Caller, body: dict[str, str], code: str) -> None:
    """Each with the field's name, and nothing is changed."""
    answer = patch(caller, body)
    (fault,) = answer.get_json()["errors"]
    assert (answer.status_code, fault["field"], fault["code"]) == (422, *body, code)
    assert caller.get(PATH).get_json() == NOTHING


def test_without_a_token_nothing_is_said(caller: Caller) -> None:
    """Whatever is asked."""
    assert (caller.client.get(PATH).status_code, caller.client.patch(PATH, json={}).status_code) == (401, 401)
