from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.compliance.senders import sender_violation

if TYPE_CHECKING:
    from hub.compliance.policies import PolicyBook


def code(book: PolicyBook, region: str, sender: str, registered: tuple[str, ...] = ()) -> str | None:
    """The code of the violation, if any."""
    violation = sender_violation(
        book.countries[region], sender, denylist=book.defaults.sender_denylist, registered=registered
    )
    return violation.code if violation else None


@pytest.mark.parametrize(
    ("region", "sender"),
    [
        ("FR", "MaBoutique1"),
        ("FR", "abc"),
        ("BE", "8812"),
        ("CH", "Café & Co"),
        ("LU", "Ma Boutique"),
        ("DE", "Mein Laden"),
        ("GB", "The Shop"),
        ("RE", "Boutique"),
    ],
)
def test_a_sender_that_the_country_allows_passes(book: PolicyBook, region: str, sender: str) -> None:
    """Letters and digits, digits only, anything, letters with spaces."""
    assert code(book, region, sender) is None


@pytest.mark.parametrize(
    ("region", "sender", "expected"),
    [
        ("FR", "Ma Boutique", "sender_space"),
        ("FR", "Boulangerie2", "sender_too_long"),
        ("FR", "12345", "sender_only_digits"),
        ("FR", "Café", "sender_accent"),
        ("FR", "", "sender_empty"),
        ("BE", "Boutique", "sender_not_numeric"),
        ("US", "Boutique", "sender_fixed"),
        ("CA", "12345", "sender_fixed"),
    ],
)
def test_the_country_s_rule_is_held_against_a_sender(book: PolicyBook, region: str, sender: str, expected: str) -> None:
    """The codes are those of the sender's own room."""
    assert code(book, region, sender) == expected


@pytest.mark.parametrize("sender", ["INFO", "info", "Infos", "SMS", "STOP", "Police"])
def test_a_name_that_says_nothing_or_passes_for_another_is_forbidden(book: PolicyBook, sender: str) -> None:
    """However it is written."""
    assert code(book, "FR", sender) == "sender_forbidden"


@pytest.mark.parametrize("sender", ["I N F O", "1-1-2", "Infò"])
def test_a_forbidden_name_cannot_be_dressed_up(book: PolicyBook, sender: str) -> None:
    """Switzerland allows any character, and still not these."""
    assert code(book, "CH", sender) == "sender_forbidden"


@pytest.mark.parametrize(
    ("region", "sender", "expected"),
    [
        ("ES", "Tienda", None),
        ("ES", "TIENDA", "sender_not_registered"),
        ("IT", "negozio", None),
        ("IT", "NEGOZIO", None),
        ("IT", "Bottega", "sender_not_registered"),
    ],
)
def test_a_registered_sender_is_one_of_the_list(
    book: PolicyBook, region: str, sender: str, expected: str | None
) -> None:
    """Spain minds capitals, Italy does not."""
    assert code(book, region, sender, registered=("Tienda", "Negozio")) == expected


def test_an_italian_sender_starts_with_a_letter(book: PolicyBook) -> None:
    """AGCOM 42/13; elsewhere a digit may come first."""
    assert code(book, "IT", "1Negozio", registered=("1Negozio",)) == "sender_digit_first"
    assert code(book, "FR", "1Boutique") is None


def test_the_sentence_names_the_country(book: PolicyBook) -> None:
    """A campaign to many countries must know which one refuses."""
    violation = sender_violation(book.countries["BE"], "Boutique")
    assert violation is not None
    assert violation.message.startswith("Belgium: ")
