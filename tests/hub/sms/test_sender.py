"""Holding a sender against a country's rules."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.sender import SenderKind, SenderProblem, classify_sender, sender_problem

FRANCE = partial(sender_problem, allowed="alnum", max_len=11, allow_space=False, need_letter=True)
GERMANY = partial(sender_problem, allowed="alnum", max_len=11, allow_space=True, need_letter=True)
BELGIUM = partial(sender_problem, allowed="numeric", max_len=15, allow_space=False, need_letter=False)
SWITZERLAND = partial(sender_problem, allowed="any", max_len=11, allow_space=True, need_letter=False)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("36180", SenderKind.SHORT_CODE),
        ("8812", SenderKind.SHORT_CODE),
        ("123456", SenderKind.SHORT_CODE),
        ("33612345678", SenderKind.LONG_NUMBER),
        ("+33612345678", SenderKind.LONG_NUMBER),
        ("+8812", SenderKind.LONG_NUMBER),
        ("MyShop", SenderKind.ALNUM),
        ("1001Nuits", SenderKind.ALNUM),
        ("36 180", SenderKind.ALNUM),
        ("\u0663\u0666\u0661", SenderKind.ALNUM),
    ],
)
def test_a_sender_is_a_name_a_short_code_or_a_number(text: str, kind: SenderKind) -> None:
    """Carriers are told which."""
    assert classify_sender(text) is kind


@pytest.mark.parametrize("text", ["ABC", "MyShop", "1001Nuits", "ABCDEFGHIJK"])
def test_three_to_eleven_letters_and_digits_are_a_sender_in_france(text: str) -> None:
    """Operators' rule for alphanumeric senders."""
    assert FRANCE(text) is None


@pytest.mark.parametrize(
    ("text", "code", "remedy"),
    [
        ("", "sender_empty", "write one"),
        ("   ", "sender_empty", "write one"),
        ("Caf\u00e9", "sender_accent", "\u00e9 is not allowed in a sender: write Cafe."),
        ("L\u00b4\u0152uvre", "sender_accent", "\u0152 is not allowed in a sender: write L'OEuvre."),
        ("Sm\u00f8rrebr\u00f8d", "sender_accent", "write Smorrebrod."),
        ("\u041c\u0438\u0440", "sender_accent", "letters from A to Z"),
        ("Mon Shop", "sender_space", "write MonShop."),
        (" MyShop", "sender_space", "write MyShop."),
        ("L'Atelier!", "sender_character", "' ! is not allowed in a sender: write LAtelier."),
        ("My_Shop", "sender_character", "write MyShop."),
        ("My\u00a0Shop", "sender_character", "U+00A0 is not allowed"),
        ("\u2764\u2764\u2764", "sender_character", "write letters and digits."),
        ("ABCDEFGHIJKLM", "sender_too_long", "too long by 2: 11 characters at most"),
        ("AB", "sender_too_short", "3 characters at least"),
        ("36180", "sender_only_digits", "add a letter"),
    ],
)
def test_a_problem_says_which_rule_is_broken_and_how_to_mend_it(text: str, code: str, remedy: str) -> None:
    """One problem at a time, characters before lengths."""
    problem = FRANCE(text)
    assert problem is not None
    assert problem.code == code
    assert remedy in problem.message


def test_a_country_may_allow_spaces_within() -> None:
    """Not around, where nobody sees them."""
    assert GERMANY("Mon Shop") is None
    assert GERMANY("Mon Shop ") == SenderProblem(
        "sender_space", "Spaces are not allowed around a sender: write Mon Shop."
    )


def test_a_name_of_digits_passes_where_no_letter_is_needed() -> None:
    """The rule is the country's."""
    assert sender_problem("1234", allowed="alnum", max_len=11, allow_space=False, need_letter=False) is None


@pytest.mark.parametrize("text", ["MyShop", "+8812", "88 12", "\u0668\u0668\u0661"])
def test_a_numeric_country_takes_digits_only(text: str) -> None:
    """ASCII ones."""
    problem = BELGIUM(text)
    assert problem is not None
    assert problem.code == "sender_not_numeric"


def test_a_numeric_country_takes_a_short_code() -> None:
    """Four digits, say."""
    assert BELGIUM("8812") is None


@pytest.mark.parametrize("text", ["Caf\u00e9 & Co", "36180", "L'Atelier!"])
def test_any_means_any_character_that_can_be_carried(text: str) -> None:
    """A sender travels in the GSM alphabet."""
    assert SWITZERLAND(text) is None


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("F\u00eate", "write Fete."),
        ("\u041c\u0438\u0440", "common letters"),
        ("My\nShop", "U+000A"),
        ("a\tbc", "U+0009"),
    ],
)
def test_any_does_not_mean_what_no_phone_shows(text: str, remedy: str) -> None:
    """Letters outside the alphabet, line ends, controls."""
    problem = SWITZERLAND(text)
    assert problem is not None
    assert problem.code == "sender_character"
    assert remedy in problem.message


def test_a_registered_name_is_written_like_any_name() -> None:
    """Whether it is registered is not known to this rule."""
    registered = partial(sender_problem, allowed="registered", max_len=11, allow_space=True, need_letter=True)
    assert registered("My Shop") is None
    assert registered("Caf\u00e9") is not None


def test_where_none_is_allowed_no_sender_will_do() -> None:
    """North America has no sender names."""
    problem = sender_problem("MyShop", allowed="none", max_len=11, allow_space=False, need_letter=False)
    assert problem == SenderProblem("sender_fixed", "No sender can be chosen for this country: leave it empty.")


def test_an_unknown_choice_is_a_mistake_of_the_caller() -> None:
    """A policy row with a typing error must not let everything through."""
    with pytest.raises(ValueError, match="'alphanum' is none of alnum"):
        sender_problem("MyShop", allowed="alphanum", max_len=11, allow_space=False, need_letter=False)


@given(st.text(max_size=15))
def test_what_passes_in_france_is_ascii_letters_and_digits(text: str) -> None:
    """Three to eleven of them, and one letter at least."""
    if FRANCE(text) is None:
        assert text.isascii()
        assert text.isalnum()
        assert not text.isdigit()
        assert 3 <= len(text) <= 11
