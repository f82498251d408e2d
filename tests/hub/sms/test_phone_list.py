"""Cutting a line of numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.model import PhoneNumber
from hub.sms.phone import parse_number, shorten, split_numbers

FRENCH = st.from_regex(r"06[0-24-8][0-9]{7}", fullmatch=True)


def _spaced(number: str) -> str:
    return " ".join(number[start : start + 2] for start in range(0, 10, 2))


def _abroad(number: str) -> str:
    return f"+33 {number[1]} {_spaced(number[2:])}".strip()


STYLES = (str, _spaced, _abroad, lambda number: _spaced(number).replace(" ", "."))
SEPARATORS = (" ", ", ", ",", ";", " ; ", "\n", "\t", " / ", " et ", " & ", " - ", " | ", "\u00a0", " and ")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ()),
        (" ; , / -", ()),
        ("0612345678 0687654321", ("0612345678", "0687654321")),
        ("06 12 34 56 78 06 87 65 43 21", ("06 12 34 56 78", "06 87 65 43 21")),
        ("+33 6 12 34 56 78", ("+33 6 12 34 56 78",)),
        ("06 12 34 56 78 et 07.49.12.34.56", ("06 12 34 56 78", "07.49.12.34.56")),
        ("0612345678/0687654321", ("0612345678", "0687654321")),
        ("06/12/34/56/78", ("06/12/34/56/78",)),
        ("06/12/34/56/78 / 06/87/65/43/21", ("06/12/34/56/78", "06/87/65/43/21")),
        ("06/12/34/56/78, 06/87/65/43/21", ("06/12/34/56/78", "06/87/65/43/21")),
        ("06 - 12 - 34 - 56 - 78", ("06 - 12 - 34 - 56 - 78",)),
        ("3,3612345678E+10, 0612345678", ("3,3612345678E+10", "0612345678")),
        ("3,36E+10", ("3,36E+10",)),
        ("06 12 34 56 78 poste 5", ("06 12 34 56 78 poste 5",)),
        ("+33612345678;ext=5; 0612345678", ("+33612345678;ext=5", "0612345678")),
        ("06 12 34 56 78 01 23 45 67 89", ("06 12 34 56 78", "01 23 45 67 89")),
        ("0612345678\u060c0687654321\u3001+32470123456", ("0612345678", "0687654321", "+32470123456")),
        ("0612345678\r\n\r\n0612345678", ("0612345678", "0612345678")),
    ],
)
def test_a_line_is_cut_between_numbers(text: str, pieces: tuple[str, ...]) -> None:
    """And nowhere within one; duplicates are for the caller to count."""
    assert split_numbers(text, "FR") == pieces


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Paul 0612345678, Marie: 06 87 65 43 21", ("Paul", "0612345678", "Marie", "06 87 65 43 21")),
        ("07 12 34 56 78 06 12 34 56 78", ("07 12 34 56 78", "06 12 34 56 78")),
        ("06 12 34 56 06 12 34 56 79", ("06 12 34 56", "06 12 34 56 79")),
        ("bonjour tout le monde", ("bonjour tout le monde",)),
        ("06 12 34 56 78 36180", ("06 12 34 56 78", "36180")),
    ],
)
def test_what_is_no_number_stays_as_a_piece(text: str, pieces: tuple[str, ...]) -> None:
    """So that it can be reported, and does not spoil its neighbours."""
    assert split_numbers(text, "FR") == pieces


@pytest.mark.parametrize(
    ("text", "region", "pieces"),
    [
        ("0470 12 34 56 0471 12 34 56", "BE", ("0470 12 34 56", "0471 12 34 56")),
        ("621 123 456 621 123 457", "LU", ("621 123 456", "621 123 457")),
        ("75 12 34 76 12 34", "NC", ("75 12 34", "76 12 34")),
        ("212 555 1234 646 555 1234", "US", ("212 555 1234", "646 555 1234")),
        ("0151 23456789", "DE", ("0151 23456789",)),
        ("+41 79 123 45 67 +32 470 12 34 56", None, ("+41 79 123 45 67", "+32 470 12 34 56")),
    ],
)
def test_the_region_tells_where_a_number_ends(text: str, region: str | None, pieces: tuple[str, ...]) -> None:
    """Groups of digits mean different things in different countries."""
    assert split_numbers(text, region) == pieces


def test_numbers_are_cut_before_a_zero_rather_than_after_a_shorter_number() -> None:
    """`0491 58 89` is a landline too, and `41 0414 39 49 43` a number of Switzerland: neither was meant."""
    pieces = ("0420 67 21 84", "0491 58 89 41", "0414 39 49 43")
    assert split_numbers(" ".join(pieces), "BE") == pieces


@given(
    st.lists(st.tuples(FRENCH, st.sampled_from(STYLES), st.sampled_from(SEPARATORS)), min_size=1, max_size=8),
)
def test_numbers_joined_in_any_style_come_apart_again(
    written: list[tuple[str, type[str], str]],
) -> None:
    """Whatever separates them, however each is spaced."""
    text = "".join(style(number) + separator for number, style, separator in written)
    outcomes = [parse_number(piece, "FR") for piece in split_numbers(text, "FR")]
    assert [outcome.e164 for outcome in outcomes if isinstance(outcome, PhoneNumber)] == [
        f"+33{number[1:]}" for number, _, _ in written
    ]


@given(st.text(st.sampled_from("0123456789+ ,;/.-()aE\u00e9\n\u00a0"), max_size=80))
def test_no_letter_and_no_digit_is_lost(text: str) -> None:
    """Only separators are."""
    kept = "".join(split_numbers(text, "FR"))
    assert list(filter(str.isalnum, kept)) == list(filter(str.isalnum, text))


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+33612345678", "+33*****678"), ("0612345678", "061*****678"), ("36180", "*****"), ("", "*****")],
)
def test_a_number_is_shortened_for_the_log(number: str, shown: str) -> None:
    """The number of stars says nothing of what they hide."""
    assert shorten(number) == shown
