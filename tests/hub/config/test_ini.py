"""hub.ini, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.ini import MAX_BYTES, parse_ini, read_ini

if TYPE_CHECKING:
    from pathlib import Path


def values(text: str) -> dict[tuple[str, str], tuple[str, int | None]]:
    """Each section and key, with its value and line."""
    return {(entry.section, entry.key): (entry.value, entry.line) for entry in parse_ini(text, "hub.ini").entries}


def test_each_value_knows_its_line() -> None:
    """Comments and empty lines count as lines."""
    text = "# first\n\n[web]\nport = 1\n; more\nhost = a\n[hub]\nregion=BE"
    assert values(text) == {("web", "port"): ("1", 4), ("web", "host"): ("a", 6), ("hub", "region"): ("BE", 8)}


def test_indented_keys_below_a_header_are_keys() -> None:
    """As git writes its settings."""
    assert values("[web]\n  port = 1\n  host = a") == {("web", "port"): ("1", 2), ("web", "host"): ("a", 3)}


def test_a_value_goes_on_over_indented_lines() -> None:
    """A long list may take a line per item, with comments between them."""
    assert values("[a]\nlist = x,\n  y\n  # no\n  z\nb = 1")[("a", "list")] == ("x,\ny\nz", 2)


def test_names_are_read_in_small_letters() -> None:
    """`[Web] Port` is `[web] port`."""
    assert values("[Web]\nPort = 1") == {("web", "port"): ("1", 2)}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('" - STOP"', " - STOP"),
        ('"plain"', "plain"),
        ('"', '"'),
        ('""', ""),
        ('say "no"', 'say "no"'),
        ('""quoted""', '"quoted"'),
        ("100 % [of] {x} = ${y}", "100 % [of] {x} = ${y}"),
        ("a ; b # c", "a ; b # c"),
        ("", ""),
    ],
)
def test_a_value_is_what_stands_there(written: str, read: str) -> None:
    """Quotes keep spaces and go; nothing else is replaced or cut."""
    assert values(f"[a]\nkey = {written}")[("a", "key")] == (read, 2)


def test_a_byte_order_mark_is_no_letter(tmp_path: Path) -> None:
    """Windows editors write one."""
    path = tmp_path / "hub.ini"
    path.write_bytes(b"\xef\xbb\xbf[web]\r\nport = 1\r\n")
    assert [(entry.key, entry.value, entry.line) for entry in read_ini(path).entries] == [("port", "1", 2)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("port = 1\n[web]", 1),
        ("[web]\nport", 2),
        ("[web]\n= 5", 2),
        ("[web]\nport: 5", 2),
        ("[web", 1),
        ("[]", 1),
        ("[ ]", 1),
        ("[web] port = 5", 1),
        ("[a]\nb = 1\n[web port = 5\nc = 1", 3),
    ],
)
def test_a_line_that_is_nothing_is_a_fault(text: str, line: int) -> None:
    """Neither a header, nor a key, nor a comment."""
    faults = parse_ini(text, "hub.ini").faults
    assert [(fault.field, fault.code) for fault in faults] == [(f"hub.ini:{line}", "stray_line")]


def test_keys_below_a_broken_header_belong_to_nobody() -> None:
    """They must not fall to the section above it."""
    assert values("[web]\nhost = a\n[hub\nregion = BE") == {("web", "host"): ("a", 2)}


def test_every_stray_line_is_found() -> None:
    """Not only the first."""
    faults = parse_ini("x\n[a]\ny\nz = 1\nw", "hub.ini").faults
    assert [fault.field for fault in faults] == ["hub.ini:1", "hub.ini:3", "hub.ini:5"]


def test_a_comment_may_follow_a_header() -> None:
    """Nothing else could stand there."""
    assert parse_ini("[web] ; the web", "hub.ini").faults == ()


@pytest.mark.parametrize(
    ("text", "field", "first"),
    [
        ("[a]\nx = 1\nx = 2", "hub.ini:3", "hub.ini:2"),
        ("[a]\nx = 1\nX = 2", "hub.ini:3", "hub.ini:2"),
        ("[a]\n[b]\n[a]", "hub.ini:3", "hub.ini:1"),
        ("[a]\n[A]", "hub.ini:2", "hub.ini:1"),
    ],
)
def test_what_stands_twice_is_a_fault_that_names_both_lines(text: str, field: str, first: str) -> None:
    """Sections and keys alike, whatever their case."""
    (fault,) = parse_ini(text, "hub.ini").faults
    assert (fault.field, fault.code, first in fault.message) == (field, "written_twice", True)


def test_of_a_key_written_twice_the_first_counts() -> None:
    """Across both halves of a section that is written twice, too."""
    assert values("[a]\nx = 1\n[b]\n[a]\nx = 2\ny = 3") == {("a", "x"): ("1", 2), ("a", "y"): ("3", 6)}


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"[web]\nhost = caf\xe9", ":2", "UTF-8"),
        ("[web]".encode("utf-16"), ":1", "UTF-8"),
        (b"[web]\nport = \x001", "", "binary"),
        (b"[web]\n" + b";" * MAX_BYTES, "", "larger"),
    ],
)
def test_what_is_no_text_gives_one_fault(tmp_path: Path, data: bytes, line: str, word: str) -> None:
    """And says which kind of no."""
    path = tmp_path / "hub.ini"
    path.write_bytes(data)
    ini = read_ini(path)
    assert [(fault.field, fault.code) for fault in ini.faults] == [(f"{path}{line}", "unreadable_file")]
    assert word in ini.faults[0].message


@pytest.mark.parametrize(
    ("name", "word"), [("none.ini", "no such file"), (".", "folder"), ("file/x", "directory"), ("a\0b", "null")]
)
def test_a_file_that_cannot_be_opened_gives_one_fault(tmp_path: Path, name: str, word: str) -> None:
    """In the words of what went wrong."""
    (tmp_path / "file").touch()
    (fault,) = read_ini(tmp_path / name).faults
    assert (fault.code, word in fault.message) == ("unreadable_file", True)


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Into entries and faults, never into an exception."""
    for entry in parse_ini(text, "hub.ini").entries:
        assert entry.section
        assert entry.key


@given(st.text("ab[]=;# \n\t\r\x0b\x85", max_size=60))
def test_any_arrangement_of_marks_is_read_with_lines_that_exist(text: str) -> None:
    """The marks that mean something to hub.ini, in any order."""
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(0 < (entry.line or 0) <= lines for entry in parse_ini(text, "hub.ini").entries)
