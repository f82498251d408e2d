"""How faults speak."""

from __future__ import annotations

import pytest

from hub.config.words import did_you_mean, plain, shown, without_password


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("redis://:pw@h/0", "redis://:********@h/0"),
        ("postgres://u:p@w:x@h/d", "postgres://u:********@h/d"),
        ("postgres://u@h/d", "postgres://u@h/d"),
        ("postgres://h/d?user=u&password=pw&sslmode=x", "postgres://h/d?user=u&password=********&sslmode=x"),
        ("http://h:80/a", "http://h:80/a"),
        ("no url: a@b", "no url: a@b"),
    ],
)
def test_a_urls_password_is_masked(url: str, safe: str) -> None:
    """And nothing else of it."""
    assert without_password(url) == safe


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("été", "été"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("\udcff", "\\udcff"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 60 + "..."),
    ],
)
def test_a_text_in_a_sentence_is_short_and_of_one_line(text: str, safe: str) -> None:
    """No terminal trips over it."""
    assert plain(text) == safe


def test_an_empty_value_is_called_so() -> None:
    """Two quotes with nothing between them are easily missed."""
    assert shown("") == "an empty value"


@pytest.mark.parametrize(("word", "hint"), [("prot", "; did you mean port?"), ("zzzz", ""), ("", "")])
def test_the_nearest_word_is_offered(word: str, hint: str) -> None:
    """Where one is near."""
    assert did_you_mean(word, {"port", "host"}) == hint
