"""What an account may say of itself."""

from __future__ import annotations

import pytest

from hub.accounts.model import AccountSettings
from hub.accounts.said import checked_setting, settings_from
from hub.errors import RequestRefused


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("reply_email", " Zoe@salon.example ", "Zoe@salon.example"),
        ("notice_email", "zoé@café.example", "zoé@café.example"),
        ("language", "FR", "fr"),
        ("identity", "Salon Exemple, 01 23 45 67 89", "Salon Exemple, 01 23 45 67 89"),
        ("auto_reply", "Merci, nous vous rappelons.", "Merci, nous vous rappelons."),
    ],
)
def test_what_can_be_kept_is_kept(name: str, said: str, kept: str) -> None:
    """Without blanks around it, a language in small letters."""
    assert checked_setting(name, said) == kept


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("reply_email", "", "not_an_address"),
        ("reply_email", "zoe", "not_an_address"),
        ("reply_email", "a@b.example, c@d.example", "not_an_address"),
        ("reply_email", "a@b.example\r\nBcc: c@d.example", "not_an_address"),
        ("reply_email", "<a@b.example>", "not_an_address"),
        ("notice_email", f"{'a' * 65}@b.example", "not_an_address"),
        ("notice_email", f"a@{'b' * 250}.example", "not_an_address"),
        ("language", "français", "not_a_language"),
        ("identity", "  ", "text_form"),
        ("identity", "x" * 161, "text_form"),
        ("auto_reply", "a\0b", "text_form"),
        ("favourite_colour", "blue", "unknown_setting"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(name: str, said: str, code: str) -> None:
    """Before a mail is lost on it."""
    with pytest.raises(RequestRefused) as refused:
        checked_setting(name, said)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (name, code)


def test_what_a_newer_hub_kept_beside_it_is_passed_over() -> None:
    """While machines are upgraded one after the other."""
    assert settings_from('{"language": "fr", "from_the_future": 1}') == AccountSettings(language="fr")
