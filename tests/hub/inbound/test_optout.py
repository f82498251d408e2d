"""What a text asks for, in every language that the hub is texted in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import InboundKind
from hub.compliance.policies import load_policies
from hub.inbound.optout import LONGEST_READ, read_text, tokens_of
from hub.inbound.words import load_words

BOOK = load_policies()
SAYINGS = tomllib.loads((Path(__file__).parent / "sayings.toml").read_text(encoding="utf-8"))["saying"]
ROWS = [(row["kind"], row.get("country", "FR"), text) for row in SAYINGS for text in row["texts"]]
DECORATIONS = st.text(alphabet=" .,;:!?-_*#'\"()[]<>/\\\n\t🛑🙏👍😡\u200b\u00a0\u2026", max_size=6)


@pytest.mark.parametrize(("kind", "country", "text"), ROWS)
def test_a_text_is_read_as_a_person_would_read_it(kind: str, country: str, text: str) -> None:
    """Under the rules of the country that it comes from."""
    assert read_text(text, BOOK.get(country)).kind == kind


def test_there_are_hundreds_of_sayings() -> None:
    """In five languages and more."""
    assert len(ROWS) == len(set(ROWS))
    assert len(ROWS) > 400


@pytest.mark.parametrize("country", [None, *BOOK.countries])
@pytest.mark.parametrize("word", ["STOP", "Arrêt", "unsubscribe", "tsop", "STOP SMS"])
def test_the_strong_words_count_everywhere(country: str | None, word: str) -> None:
    """In countries that do not list them, and where the country is not known."""
    assert read_text(word, BOOK.get(country) if country else None).kind is InboundKind.OPT_OUT


@pytest.mark.parametrize("country", BOOK.countries)
def test_every_word_that_a_country_lists_counts_there(country: str) -> None:
    """As a whole message."""
    policy = BOOK.get(country)
    assert policy is not None
    listed = {read_text(word.lower(), policy).kind for word in policy.optout.keywords}
    assert listed == {InboundKind.OPT_OUT}


@given(text=st.sampled_from([text for _, _, text in ROWS]), change=st.sampled_from([str.upper, str.lower, str.title]))
def test_capitals_change_nothing(text: str, change: object) -> None:
    """Whatever a keyboard makes of them."""
    assert callable(change)
    changed = change(text)
    same_letters = changed.casefold() == text.casefold()
    assert not same_letters or read_text(changed) == read_text(text)


@given(
    before=DECORATIONS, after=DECORATIONS, word=st.sampled_from(["STOP", "Stop", "arrêt", "STOP SMS", "unsubscribe"])
)
def test_no_decoration_hides_a_stop(before: str, after: str, word: str) -> None:
    """Blanks, punctuation, pictures."""
    assert read_text(f"{before}{word}{after}").kind is InboundKind.OPT_OUT


@given(between=st.lists(st.sampled_from([" ", ".", "-", "*", "  ", "/", "🛑"]), min_size=3, max_size=3))
def test_a_stop_may_be_spelt_letter_by_letter(between: list[str]) -> None:
    """With anything between the letters."""
    first, second, third = between
    assert read_text(f"S{first}T{second}O{third}P").kind is InboundKind.OPT_OUT


@given(text=st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    """And the same way when it is read again, folded."""
    folded = " ".join(tokens_of(text))
    assert read_text(text).kind in InboundKind
    assert tokens_of(folded) == tokens_of(" ".join(tokens_of(folded)))


@pytest.mark.parametrize(
    "text", ["a " * 5000, "plus de " * 1000, "non voglio " * 700, "ne plus " * 500 + "x", "s" * 4000]
)
def test_a_long_text_costs_no_more_than_another(text: str) -> None:
    """Only its beginning is read, and no pattern wanders."""
    assert len(" ".join(tokens_of(text))) <= LONGEST_READ
    assert read_text(text).kind is not InboundKind.CONTACT


def test_the_reason_is_told() -> None:
    """The rule, and the words that it rests on."""
    verdict = read_text("Bonjour, merci de ne plus m'envoyer de SMS")
    assert (verdict.rule, verdict.matched) == ("sentence", "ne plus m envoyer de sms")


def test_the_words_are_folded_as_texts_are() -> None:
    """Or they would never be found."""
    words = load_words()
    for word in words.words | words.first_words | words.contact | words.help:
        assert re.fullmatch("[a-z]+", word), word
