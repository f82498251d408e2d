"""A text as a box for the terminal. Pure: a message in, something that rich prints out."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from hub import OutgoingMessage

WIDTH = 72
"""Columns of a box; narrower where the terminal is."""

_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "\u2421"
_REORDERING = frozenset(["LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"])


def box(message: OutgoingMessage) -> Panel:
    """Draw one message: to, sender, segments, alphabet, text."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(ratio=1, overflow="fold")
    for label, value in (
        ("to", message.to),
        ("sender", message.sender),
        ("segments", str(len(message.parts))),
        ("alphabet", message.alphabet),
        ("text", message.text),
    ):
        grid.add_row(label, Text(visible(value)))
    return Panel(grid, title=Text(f"{message.purpose} {message.id}"), title_align="left", width=WIDTH)


def visible(text: str) -> str:
    r"""Show what would steer the terminal instead of doing it: `\x1b` becomes `␛`; line ends stay.

    >>> visible("\x1b[2J")
    '␛[2J'
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\n":
        return character
    if character == _DELETE:
        return _DELETE_PICTURE
    if ord(character) < ord(" "):
        return chr(_CONTROL_PICTURES + ord(character))
    if unicodedata.category(character) in {"Cc", "Cs"} or unicodedata.bidirectional(character) in _REORDERING:
        return f"<U+{ord(character):04X}>"
    return character
