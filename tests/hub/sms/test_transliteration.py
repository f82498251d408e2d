"""Rewriting a text for the GSM alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.sms.alphabet import GSM_CHARACTERS, offending
from hub.sms.model import Change
from hub.sms.transliteration import transliterate
from hub.sms.typography import MARKS, SIGNS

TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(sorted(MARKS)), st.sampled_from(sorted(SIGNS))))


@pytest.mark.parametrize("table", [MARKS, SIGNS], ids=["marks", "signs"])
def test_the_tables_write_gsm_only(table: dict[str, str]) -> None:
    """A rewriting that is itself foreign would gain nothing."""
    assert GSM_CHARACTERS.issuperset("".join(table.values()))


@pytest.mark.parametrize("table", [MARKS, SIGNS], ids=["marks", "signs"])
def test_the_tables_leave_gsm_characters_alone(table: dict[str, str]) -> None:
    """Every letter that travels as it is stays as it is."""
    assert GSM_CHARACTERS.isdisjoint(table)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u00ab\u202foui\u00a0\u00bb", '" oui "'),
        ("\u201cnon\u201d, \u201epeut-\u00eatre\u2033", '"non", "peut-\u00eatre"'),
        ("l\u2018\u2019\u201b\u02bc\u00b4`heure", "l''''''heure"),
        ("8h\u201320h \u2014 lun\u2010sam \u2212 5", "8h-20h - lun-sam - 5"),
        ("Attendez\u2026 Vite\u203c", "Attendez... Vite!!"),
        ("\u2039ok\u203a \u201aa", "<ok> ,a"),
        ("\u00bd \u00bc \u00be \u2153 6\u00f72 1\u20442", "1/2 1/4 3/4 1/3 6/2 1/2"),
        ("\uff21\uff42\uff13\uff01 \uff40", "Ab3! '"),
        ("1\u00a0000\u202f\u20ac\u2003net\t!", "1 000 \u20ac net !"),
        ("a\u200b\u200c\u2060\ufeff\u00adb\u2028c", "ab c"),
        ("\u2022 un \u25cf deux", "- un - deux"),
        ("\u1d18\u0280\u1d0f\u1d0d\u1d0f", "PROMO"),
        ("cr\u00e9er\u00b7rice", "cr\u00e9er.rice"),
    ],
)
def test_the_smart_level_rewrites_typographic_marks(text: str, written: str) -> None:
    """One space for any space, whatever its breadth."""
    assert transliterate(text, strip=False)[0] == written


@pytest.mark.parametrize("text", ["\u00e7a", "f\u00eate", "c\u0153ur", "No\u00ebl", "\u00c0", "\U0001f600", "\u00b0"])
def test_the_smart_level_keeps_every_letter(text: str) -> None:
    """An accent that GSM lacks is not a typographic mark."""
    assert transliterate(text, strip=False) == (text, ())


def test_a_family_of_emoji_stays_joined_at_the_smart_level() -> None:
    """Its joiners are no typographic marks."""
    family = "\U0001f468\u200d\U0001f469"
    assert transliterate(family, strip=False)[0] == family


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\u00e7a f\u00eate No\u00ebl \u00c0 c\u0153ur \u0152UVRE", "ca fete Noel A coeur OEUVRE"),
        ("d\u00e9j\u00e0 o\u00f9 r\u00e8gle \u00c9t\u00e9", "d\u00e9j\u00e0 o\u00f9 r\u00e8gle \u00c9t\u00e9"),
        ("e\u0301te\u0301 ho\u0302tel", "\u00e9t\u00e9 hotel"),
        ("20\u00b0C m\u00b2 n\u00ba 5\u2030", "20oC m2 no 50/00"),
        ("\u0141\u00f3d\u017a \u011eazi \u1ed9", "Lodz Gazi o"),
        ("\u2122 \u00a9 \u2192 \u00d7 \ufb01n", "TM (c) -> x fin"),
        ("\U0001d5e3\U0001d5e5\U0001d5e2", "PRO"),
        ("\u2764\ufe0f", "\u2764"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\U0001f469"),
    ],
)
def test_the_strip_level_spells_letters_out(text: str, written: str) -> None:
    """Accents that GSM has are kept, composed or not."""
    assert transliterate(text, strip=True)[0] == written


def test_changes_are_counted_in_order_of_appearance() -> None:
    """Marks first, then letters."""
    _, changes = transliterate("\u00eatre \u2019 \u00ea \u2019", strip=True)
    assert changes == (Change("\u2019", "'", 2), Change("\u00ea", "e", 2))


@given(TEXTS)
def test_what_the_strip_level_leaves_was_in_the_text(text: str) -> None:
    """Its output is GSM, but for characters that have no plain writing and stay what they were."""
    written, changes = transliterate(text, strip=True)
    assert set(offending(written)).isdisjoint(change.found for change in changes)


@given(TEXTS, st.booleans())
def test_rewriting_twice_changes_nothing_more(text: str, strip: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    """What was written is never itself rewritten."""
    once, _ = transliterate(text, strip=strip)
    assert transliterate(once, strip=strip) == (once, ())


@given(st.text(st.sampled_from(sorted(GSM_CHARACTERS))), st.booleans())
def test_a_gsm_text_is_never_rewritten(text: str, strip: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
    """Neither level touches what already travels."""
    assert transliterate(text, strip=strip) == (text, ())
