"""The fault matrix of docs/reliability.md: each row points at tests that say they are its."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
_ROW = re.compile(r"^\| (?P<row>[FB]\d+a?) \|.*$", re.MULTILINE)
ROWS = {found["row"]: found[0] for found in _ROW.finditer(PAGE.read_text())}
POINTS = [(row, link) for row, line in ROWS.items() for link in re.findall(r"\]\(\.\./(tests/[^)]+)\)", line)]


def test_every_row_points_at_a_test() -> None:
    """No fault without its proof."""
    assert set(ROWS) == {row for row, _ in POINTS}


@pytest.mark.parametrize(("row", "link"), POINTS)
def test_a_test_that_a_row_points_at_names_it(row: str, link: str) -> None:
    """In a docstring, as in (F5), so that it is found."""
    assert re.search(rf"[(, ]{row}[),]", (PAGE.parent.parent / link).read_text())
