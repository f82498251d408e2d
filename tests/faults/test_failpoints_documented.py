"""The page on failpoints names what there is."""

from __future__ import annotations

import re

from .points import ROOT, edges, transactions

PAGE = ROOT / "docs" / "reliability-failpoints.md"
_LINE = re.compile(r"^\| `([a-z_.]+)` \| (.+) \|$", re.MULTILINE)


def test_every_point_has_its_line_and_every_line_its_point() -> None:
    """Each with what it shows."""
    lines = dict(_LINE.findall(PAGE.read_text()))
    assert set(lines) == {*transactions(), *edges()}
    assert all(lines.values())
