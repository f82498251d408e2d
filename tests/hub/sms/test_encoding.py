"""Preparing a text for departure."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import RequestRefused
from hub.sms.alphabet import GSM_CHARACTERS, alphabet_of
from hub.sms.encoding import prepare
from hub.sms.model import Alphabet, Change, EncodingMode
from hub.sms.segments import segment
from hub.sms.typography import MARKS

MODES = st.sampled_from(EncodingMode)
TEXTS = st.one_of(
    st.text(),
    st.text(st.sampled_from(sorted(GSM_CHARACTERS | MARKS.keys())), max_size=400),
    st.text(st.sampled_from("ae\u0301\u200b\r\n\x1b\t\u2026\u00ea\U0001f600")),
)


@pytest.mark.parametrize("mode", EncodingMode)
def test_a_raw_escape_is_never_passed_through(mode: EncodingMode) -> None:
    """It would turn the next septet into another character; it is taken out, and that is reported."""
    prepared = prepare("a\x1be", mode)
    assert prepared.text == "ae"
    assert prepared.changes == (Change("\x1b", "", 1),)


@pytest.mark.parametrize("mode", EncodingMode)
def test_every_line_end_becomes_a_line_feed(mode: EncodingMode) -> None:
    """CRLF would be billed twice; no reader sees a difference, so no change is reported."""
    prepared = prepare("a\r\nb\rc\fd\ve", mode)
    assert (prepared.text, prepared.changes) == ("a\nb\nc\nd\ne", ())


def test_a_tab_becomes_a_space_and_no_longer_forces_ucs2() -> None:
    """A tab has no place in either alphabet of a phone."""
    assert prepare("a\tb", EncodingMode.AUTO).segmentation.alphabet is Alphabet.GSM


def test_a_decomposed_text_is_composed_before_it_is_counted() -> None:
    """Decomposed accents would force UCS-2."""
    prepared = prepare("e\u0301te\u0301", EncodingMode.AUTO)
    assert (prepared.text, prepared.segmentation.units) == ("\u00e9t\u00e9", 3)


def test_auto_keeps_every_letter() -> None:
    """The accent is worth UCS-2 unless the sender says otherwise."""
    prepared = prepare("f\u00eate \u2019", EncodingMode.AUTO)
    assert (prepared.text, prepared.segmentation.alphabet) == ("f\u00eate \u2019", Alphabet.UCS2)


def test_smart_auto_rewrites_marks_where_that_makes_the_text_fit() -> None:
    """The case that typographic apostrophes are so often alone in."""
    prepared = prepare("l\u2019\u00e9t\u00e9", EncodingMode.AUTO, smart=True)
    assert (prepared.text, prepared.segmentation.alphabet) == ("l'\u00e9t\u00e9", Alphabet.GSM)
    assert prepared.changes == (Change("\u2019", "'", 1),)


def test_smart_auto_leaves_a_text_alone_that_stays_ucs2_anyway() -> None:
    """Rewriting would cost beauty and gain nothing."""
    text = "l\u2019\u00eatre"
    assert prepare(text, EncodingMode.AUTO, smart=True).text == text


def test_smart_auto_never_costs_a_segment_more() -> None:
    """Sixty ellipses are one segment of UCS-2, and two of GSM."""
    prepared = prepare("\u2026" * 60, EncodingMode.AUTO, smart=True)
    assert (prepared.segmentation.alphabet, prepared.segmentation.segments) == (Alphabet.UCS2, 1)


def test_gsm_mode_marks_what_it_cannot_write() -> None:
    """A question mark stands for it, and is reported."""
    prepared = prepare("c\u0153ur \U0001f600\U0001f600", EncodingMode.GSM)
    assert prepared.text == "coeur ??"
    assert prepared.changes == (Change("\u0153", "oe", 1), Change("\U0001f600", "?", 2))


@pytest.mark.parametrize(("length", "part_units"), [(160, (160,)), (161, (153, 8))])
def test_a_plain_text_is_cut_beyond_one_segment(length: int, part_units: tuple[int, ...]) -> None:
    """The shortcut for plain texts ends where a second segment begins."""
    assert prepare("a" * length, EncodingMode.AUTO).segmentation.part_units == part_units


def test_unicode_mode_is_ucs2_even_for_plain_text() -> None:
    """The sender asked for it."""
    assert prepare("a" * 71, EncodingMode.UNICODE).segmentation.part_units == (67, 4)


@pytest.mark.parametrize("mode", EncodingMode)
def test_a_lone_surrogate_is_refused(mode: EncodingMode) -> None:
    """No encoding carries half a character."""
    with pytest.raises(RequestRefused) as refused:
        prepare("a\ud83d", mode)
    assert refused.value.code == "lone_surrogate"


@given(TEXTS, MODES, st.booleans())
def test_any_other_text_can_be_prepared(text: str, mode: EncodingMode, smart: bool) -> None:  # noqa: FBT001 - drawn
    """And what comes out is composed, cut as it stands, and in the alphabet it was cut for."""
    prepared = prepare(text, mode, smart=smart)
    assert unicodedata.is_normalized("NFC", prepared.text)
    assert prepared.segmentation == segment(prepared.text, prepared.segmentation.alphabet)


@given(TEXTS, MODES, st.booleans())
def test_no_control_character_leaves(text: str, mode: EncodingMode, smart: bool) -> None:  # noqa: FBT001 - drawn
    """But the line feed, none is meant for a phone."""
    prepared = prepare(text, mode, smart=smart)
    assert not [char for char in prepared.text if unicodedata.category(char) == "Cc" and char != "\n"]


@given(TEXTS)
def test_gsm_mode_always_fits_gsm(text: str) -> None:
    """At any price."""
    assert alphabet_of(prepare(text, EncodingMode.GSM).text) is Alphabet.GSM


@given(TEXTS, MODES, st.booleans())
def test_preparing_twice_changes_nothing_more(text: str, mode: EncodingMode, smart: bool) -> None:  # noqa: FBT001 - drawn
    """A stored text can be prepared again."""
    once = prepare(text, mode, smart=smart)
    again = prepare(once.text, mode, smart=smart)
    assert (again.text, again.changes) == (once.text, ())
