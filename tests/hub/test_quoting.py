"""Texts that are left out of the lines that quote them, at a bounded price."""

from __future__ import annotations

import time
import traceback

import pytest

from hub.quoting import Texts

TRACE = """Traceback (most recent call last):
  File "/usr/lib/hub/rules.py", line 22, in check
    raise LookupError(text)
LookupError: no rule for {}"""
MANY = 60_000
AT_MOST_S = 1.0


def left_out(line: str, *texts: str) -> str:
    """The line without the texts."""
    return Texts(lambda: texts).left_out(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2", "***"),
        ("no rule for '2' nor \"2\"", "no rule for '***' nor \"***\""),
        ("22 of 2222 at 2 o'clock", "22 of 2222 at 2 o'clock"),
        ("oui", "***"),
        ("said oui, louis", "said ***, louis"),
        ("un 'oui'", "un '***'"),
        ("positivement", "***ment"),
        ("/?text=positive&x=1", "/?text=***&x=1"),
    ],
)
def test_the_shorter_a_text_the_more_it_must_stand_alone(line: str, expected: str) -> None:
    """Up to two characters between quotes, up to four as a word, and from five on anywhere."""
    assert left_out(line, "2", "oui", "positive") == expected


@pytest.mark.parametrize(
    "line", ["rendez-vous etes malade", "x rendez-vous etes malade", "rendez-vous etes malade, etes malade"]
)
def test_texts_that_overlap_leave_nothing_between_them(line: str) -> None:
    """Whichever is found first."""
    assert "malade" not in left_out(line, "rendez-vous", "vous etes malade", "etes malade")


def test_where_an_error_came_from_is_left() -> None:
    """A text that is the name of a file or a function does not hide it."""
    assert 'File "/usr/lib/hub/rules.py", line 22, in check\n' in left_out(
        TRACE.format("positive"), "rules.py", "check", "22", "line", "positive"
    )


def test_what_the_error_quotes_is_not() -> None:
    """In a real traceback too."""

    def check() -> None:
        raise LookupError("very positive, '2'")

    try:
        check()
    except LookupError:
        said = left_out(traceback.format_exc(), "very positive", "2")
    assert said.endswith("LookupError: ***, '***'\n")


def test_texts_that_begin_alike_beyond_count_hide_the_rest() -> None:
    """They are not told apart, so where one ends is not known."""
    assert left_out("no: Madame 7, venez", *(f"Madame {number}, venez" for number in range(100))) == "no: ***"


def test_of_texts_that_begin_alike_the_common_part_counts() -> None:
    """A line that shares the first letters only is left."""
    assert left_out("no: Madagascar", *(f"Madame {number}" for number in range(100))) == "no: Madagascar"


def test_too_many_texts_to_look_for_hide_whatever_may_quote_one() -> None:
    """Where the error came from is left."""
    said = left_out(TRACE.format("positive"), *(f"{number} is positive" for number in range(MANY)))
    assert said == '***\n  File "/usr/lib/hub/rules.py", line 22, in check\n    ***'


@pytest.mark.parametrize(
    "texts",
    [
        [f"a text like {number}" for number in range(15_000)],
        [f"{number} \u00e9t\u00e9" for number in range(20_000)],
        ["ab" * 50 + str(number) for number in range(30)],
        ["a" * size for size in range(5, 1300)],
        [f"{number} is positive" for number in range(MANY)],
    ],
    ids=["many", "odd", "alike", "growing", "too many"],
)
def test_a_line_costs_little_whatever_the_texts(texts: list[str]) -> None:
    """Ten values of a few thousand characters, made to be looked at long."""
    known = Texts(lambda: texts)
    began = time.thread_time()
    for value in ("ab" * 1000, "aaaab" * 400, "a text like " * 150, "7 " * 1000, "a" * 2000) * 2:
        known.left_out(value)
    assert time.thread_time() - began < AT_MOST_S
