"""CSV: safe in a spreadsheet, and the same when it is read again."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.csv_text import ROWS_AT_ONCE, SEPARATOR, as_read, csv_lines, csv_pieces, safe

NASTY = st.text(st.sampled_from("'=+-@\t\r\n;,\"aé1 ")) | st.text(st.characters(exclude_categories=["Cs"]))
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("=cmd|'/C calc'!A0", "'=cmd|'/C calc'!A0"),
        ("+cmd|'/C calc'!A0", "'+cmd|'/C calc'!A0"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("+33612345678 ", "'+33612345678 "),
        ("+3361234567890123", "'+3361234567890123"),
        ("+٣٣٦", "'+٣٣٦"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'+33612345678", "''+33612345678"),
    ],
)
def test_what_would_run_gets_an_apostrophe(text: str, cell: str) -> None:
    """One more than it has."""
    assert safe(text) == cell


@pytest.mark.parametrize(
    "text", ["", "Nina", "a=1", "'90", "l'été", "+33612345678", "-1", "-12,50", "+0.5", "0612345678", " =1"]
)
def test_what_runs_as_nothing_stays_as_it_is(text: str) -> None:
    """Numbers with their sign, too, so that those in E.164 are read unchanged by whoever reads the file."""
    assert safe(text) == text


@pytest.mark.parametrize("cell", ["'Nina", "'90", "''", "'", "Nina", "=1"])
def test_an_apostrophe_that_marks_nothing_is_read_as_it_is(cell: str) -> None:
    """It was typed."""
    assert as_read(cell) == cell


def test_a_number_that_is_marked_is_read_as_a_number() -> None:
    """As by other programs that mark them."""
    assert as_read("'+33612345678") == "+33612345678"


@given(NASTY)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    """However many apostrophes it begins with."""
    assert as_read(safe(text)) == text


@given(NASTY)
def test_no_cell_runs(text: str) -> None:
    """But as a number, which does nothing."""
    cell = safe(text)
    assert not cell.startswith(RUNS) or cell.lstrip("+-").replace(",", ".").replace(".", "", 1).isdecimal()


@given(st.lists(st.lists(NASTY, min_size=2, max_size=4), min_size=1, max_size=5))
def test_a_file_comes_back_as_it_was(rows: list[list[str]]) -> None:
    """Cell by cell, through separators, quotes and ends of lines."""
    text = csv_lines(rows).decode()
    read = csv.reader(io.StringIO(text, newline=""), delimiter=SEPARATOR)
    assert [[as_read(cell) for cell in row] for row in read] == rows


def test_what_is_no_text_is_written_as_people_read_it() -> None:
    """Nothing is an empty cell; times say that they are UTC."""
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert csv_lines([[None, 0, -3, at, True]]) == b";0;-3;2026-11-02T09:00:00Z;True\r\n"


def test_a_file_is_marked_as_utf_8_once() -> None:
    """In front of its header."""
    pieces = list(csv_pieces(["prénom"], ([place] for place in range(ROWS_AT_ONCE + 1))))
    assert pieces[0] == b"\xef\xbb\xbf" + "prénom\r\n".encode()
    assert (len(pieces), pieces[2]) == (3, f"{ROWS_AT_ONCE}\r\n".encode())


def test_a_file_is_written_while_its_rows_come() -> None:
    """No row is asked for before the piece that it is in."""
    asked: list[int] = []

    def rows() -> list[int]:
        asked.append(1)
        return [len(asked)]

    pieces = csv_pieces(["number"], (rows() for _ in range(3 * ROWS_AT_ONCE)))
    next(pieces), next(pieces)
    assert len(asked) == ROWS_AT_ONCE
