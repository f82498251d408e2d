"""`hub account user` and what else there is for people who sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import CommandLine

NINA = "nina@shop.example"
PASSWORD = ("--password", "four words do well")


def test_a_person_may_sign_in_with_a_password_that_is_asked_for(shop: CommandLine) -> None:
    """Twice, and never shown."""
    result = shop("account", "user", "1", NINA, stdin="four words do well\nfour words do well\n")
    assert result.exit_code == 0
    assert f"{NINA} can sign in for Salon Exemple as owner." in result.stdout
    assert "four words" not in result.output


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("nowhere", "four words do well", "not_an_address"),
        ("a@b.c", "short", "too_short"),
        ("a@b.c", "motdepasse123", "too_common"),
    ],
)
def test_a_bad_address_or_password_is_refused(shop: CommandLine, email: str, password: str, code: str) -> None:
    """With its reason."""
    assert shop.refused("account", "user", "1", email, "--password", password)[0] == code


def test_people_are_listed_with_their_roles(shop: CommandLine) -> None:
    """By name or id of the account."""
    shop("account", "user", "1", NINA, "--role", "sender", *PASSWORD)
    (listed,) = shop.json("account", "users", "Salon Exemple")
    assert (listed["email"], listed["role"], listed["has_totp"]) == (NINA, "sender", False)
    assert NINA in shop("account", "users", "1").stdout


def test_a_role_is_changed(shop: CommandLine) -> None:
    """But that of the last owner."""
    shop("account", "user", "1", "max@shop.example", *PASSWORD)
    shop("account", "user", "1", NINA, "--role", "viewer", *PASSWORD)
    assert shop("account", "role", "1", NINA, "manager").stdout == f"{NINA} is manager of Salon Exemple.\n"
    assert shop.refused("account", "role", "1", "max@shop.example", "viewer")[0] == "last_owner"


def test_a_password_is_replaced(shop: CommandLine) -> None:
    """It is not shown, and weak ones are refused."""
    shop("account", "user", "1", NINA, *PASSWORD)
    replaced = shop("account", "password", "1", NINA, "--password", "four other words")
    assert replaced.stdout == f"{NINA} signs in with the new password.\n"
    assert shop.refused("account", "password", "1", NINA, "--password", "short")[0] == "too_short"


def test_who_has_no_codes_has_none_to_take_away(shop: CommandLine) -> None:
    """It is said."""
    shop("account", "user", "1", NINA, *PASSWORD)
    assert shop("account", "totp-off", "1", NINA).stdout == f"{NINA} was not asked for codes.\n"


def test_a_person_is_removed(shop: CommandLine) -> None:
    """But the last owner."""
    shop("account", "user", "1", "max@shop.example", *PASSWORD)
    shop("account", "user", "1", NINA, "--role", "viewer", *PASSWORD)
    assert shop("account", "remove-user", "1", NINA).stdout == f"{NINA} signs in no more for Salon Exemple.\n"
    assert shop.refused("account", "remove-user", "1", "max@shop.example")[0] == "last_owner"


@pytest.mark.parametrize(
    "words",
    [
        ("role", "1", NINA, "viewer"),
        ("password", "1", NINA, *PASSWORD),
        ("totp-off", "1", NINA),
        ("remove-user", "1", NINA),
    ],
)
def test_who_is_not_there_is_not_found(shop: CommandLine, words: tuple[str, ...]) -> None:
    """By any command."""
    assert shop.refused("account", *words)[0] == "not_found"
