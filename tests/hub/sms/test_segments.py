"""Alphabets and segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.alphabet import GSM_BASIC, GSM_CHARACTERS, GSM_EXTENSION, alphabet_of, offending
from hub.sms.model import Alphabet
from hub.sms.segments import segment

GSM_TEXTS = st.text(st.sampled_from(sorted(GSM_CHARACTERS)), max_size=900)
WIDE_TEXTS = st.text(st.sampled_from("ab\u00ea\u20ac\U0001f600\U0001f1eb"), max_size=400)
ANY_TEXT = st.one_of(GSM_TEXTS, WIDE_TEXTS, st.text(max_size=400))
ROOM = {Alphabet.GSM: (160, 153), Alphabet.UCS2: (70, 67)}


def _units(text: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.UCS2:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    return sum(2 if char in GSM_EXTENSION else 1 for char in text)


def test_the_basic_table_has_every_code_but_escape() -> None:
    """128 codes, less ESC, each character once."""
    assert len(GSM_BASIC) == len(set(GSM_BASIC)) == 127


def test_the_basic_table_stands_in_code_order() -> None:
    """Digits and capitals sit where they do in ASCII, which fixes all rows around them."""
    with_escape = GSM_BASIC[:27] + "\x1b" + GSM_BASIC[27:]
    assert [with_escape[code] for code in (0x00, 0x0A, 0x24, 0x30, 0x40, 0x41, 0x5F, 0x61, 0x7F)] == list(
        "@\n\u00a40\u00a1A\u00a7a\u00e0"
    )


@pytest.mark.parametrize("char", ["`", "\t", "\x1b", "\u00e7", "\u00ea", "\u00c0", "\u2019", "\u00a0", "\u0391"])
def test_one_foreign_character_makes_the_whole_text_ucs2(char: str) -> None:
    """French has many of them."""
    assert alphabet_of(f"abc{char}def") is Alphabet.UCS2


def test_offending_characters_are_named_once_in_order() -> None:
    """The order is that of the text."""
    assert offending("\u00ee \u00ea \u00ee \u00e9 \u20ac") == ("\u00ee", "\u00ea")


def test_an_empty_text_is_one_empty_part() -> None:
    """Refusing it is the business of whoever accepts messages."""
    assert segment("").parts == ("",)


def test_a_gsm_text_can_be_counted_as_ucs2() -> None:
    """The sender may ask for UCS-2, where extension characters cost one unit."""
    assert segment("\u20ac" * 71, Alphabet.UCS2).part_units == (67, 4)


def test_a_foreign_text_cannot_be_counted_as_gsm() -> None:
    """It would be sent wrong."""
    with pytest.raises(ValueError, match="outside the GSM alphabet"):
        segment("\u00ea", Alphabet.GSM)


@pytest.mark.parametrize(
    ("text", "part_units"),
    [
        ("\u20ac" * 153, (152, 152, 2)),
        ("a" * 152 + "\u20ac" + "b" * 152, (152, 153, 1)),
        ("\U0001f600" * 67, (66, 66, 2)),
        ("\f" * 80, (160,)),
    ],
)
def test_parts_are_filled_greedily_and_pairs_stay_whole(text: str, part_units: tuple[int, ...]) -> None:
    """Dividing units by the room of a part gives too few segments."""
    assert segment(text).part_units == part_units


@given(ANY_TEXT)
def test_parts_join_to_the_text(text: str) -> None:
    """Nothing is lost or repeated at a cut."""
    assert "".join(segment(text).parts) == text


@given(ANY_TEXT)
def test_units_are_what_the_parts_take(text: str) -> None:
    """Counted anew from each part."""
    cut = segment(text)
    assert cut.part_units == tuple(_units(part, cut.alphabet) for part in cut.parts)
    assert cut.units == sum(cut.part_units)


@given(ANY_TEXT)
def test_no_part_is_over_its_room(text: str) -> None:
    """160 or 70 alone, 153 or 67 beside a header."""
    cut = segment(text)
    single, part = ROOM[cut.alphabet]
    assert max(cut.part_units) <= (single if cut.segments == 1 else part)


@given(ANY_TEXT)
def test_a_part_ends_only_where_the_next_character_does_not_fit(text: str) -> None:
    """Greedy, so never more segments than needed."""
    cut = segment(text)
    room = ROOM[cut.alphabet][1]
    for part, after in zip(cut.parts, cut.parts[1:], strict=False):
        assert _units(part + after[0], cut.alphabet) > room
