"""Which passwords are taken."""

from __future__ import annotations

import pytest

from hub.accounts.passwords import checked_password
from hub.errors import RequestRefused

EVE = "eve@example.org"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "too_short"),
        ("x" * 1025, "too_long"),
        ("eve@example.org", "like_the_address"),
        ("my EVE@example.org", "like_the_address"),
        ("eve123456789!", "like_the_address"),
        ("aaaabbbbcccc", "too_common"),
        ("123456789012", "too_common"),
        ("Password1234!", "too_common"),
        ("MotDePasse2026", "too_common"),
        ("azertyazerty", "too_common"),
        ("passwordpasswordpass", "too_common"),
        ("qwertyuiop[]", "too_common"),
        ("correct horse battery staple", "too_common"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(password: str, code: str) -> None:
    """With how to choose a better one."""
    with pytest.raises(RequestRefused) as refused:
        checked_password(password, EVE)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "password", ["twelve chars", "p\u00e2t\u00e9 de campagne", "\U0001f511 cl\u00e9 de la boutique", "x7Kp2mQ9vLz4"]
)
def test_any_other_password_does(password: str) -> None:
    """Whatever it is written in."""
    assert checked_password(password, EVE) == password
