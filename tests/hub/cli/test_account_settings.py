"""`hub account settings`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

NOTHING = dict.fromkeys(("language", "reply_email", "notice_email", "identity", "auto_reply")) | {
    "require_consent": False
}


def test_without_options_it_shows_what_was_said(shop: CommandLine) -> None:
    """For a program and for a person."""
    assert shop.json("account", "settings", "Salon Exemple") == {"id": 1, "settings": NOTHING}
    assert "reply email: -" in shop("account", "settings", "Salon Exemple").stdout


def test_options_change_what_they_name(shop: CommandLine) -> None:
    """And nothing else."""
    shop.json("account", "settings", "1", "--reply-email", "a@salon.example", "--language", "fr")
    found = shop.json("account", "settings", "1", "--identity", "Salon", "--auto-reply", "Merci", "--clear", "language")
    said = {"reply_email": "a@salon.example", "identity": "Salon", "auto_reply": "Merci"}
    assert found["settings"] == NOTHING | said


def test_it_is_listed_with_the_account(shop: CommandLine) -> None:
    """Where the rest of it stands."""
    shop.json("account", "settings", "1", "--notice-email", "a@salon.example")
    assert shop.json("account", "list")[0]["settings"] == NOTHING | {"notice_email": "a@salon.example"}


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("--reply-email", "zoe", "not_an_address"),
        ("--language", "fra", "not_a_language"),
        ("--identity", "", "text_form"),
    ],
)
def test_what_cannot_be_kept_is_refused(shop: CommandLine, option: str, value: str, code: str) -> None:
    """With its reason, and nothing is changed."""
    assert shop.refused("account", "settings", "1", option, value)[0] == code
    assert shop.json("account", "settings", "1")["settings"] == NOTHING
