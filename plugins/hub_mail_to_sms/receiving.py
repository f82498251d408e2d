"""A mail as it comes in after DATA, up to the line that is a dot alone (RFC 5321, section 4.5.2).

Only CR LF ends a line and only `CR LF . CR LF` ends a mail: anything looser lets a second mail be smuggled in
behind a front server that reads it otherwise (CVE-2023-51764 and its kin). A mail with a bare CR or LF is read
to its real end and then refused.
"""

from __future__ import annotations

from asyncio import LimitOverrunError
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader

MOST_LINES = 50_000
LONGEST_LINE = 1000
"""Bytes, its end included, the dot that SMTP adds not (RFC 5321, section 4.5.3.1.6)."""
_LINE_END = b"\r\n"


class Fault(Enum):
    """What makes a mail unfit to be read at all."""

    TOO_BIG = auto()
    TOO_MANY_LINES = auto()
    LINE_TOO_LONG = auto()
    BARE_LINE_END = auto()


@dataclass(frozen=True, slots=True)
class Received:
    """A mail without the dots that SMTP put into it, or the first fault found in it and no content."""

    content: bytes
    fault: Fault | None = None


async def receive(reader: StreamReader, most: int) -> Received:
    """Read a mail of at most `most` bytes; the reader's own limit is that of a line.

    Always reads to the end of the mail, so that what follows is a command again. Keeps nothing of a mail
    that has a fault.
    """
    content = bytearray()
    fault: Fault | None = None
    size = lines = 0
    begins_a_line = True
    while True:
        piece, whole = await _read_piece(reader)
        if begins_a_line and piece == b"." + _LINE_END:
            return Received(b"" if fault else bytes(content), fault)
        size += len(piece)
        lines += whole
        fault = fault or _fault_of(piece, whole=whole and begins_a_line, too_big=size > most, lines=lines)
        if fault:
            content.clear()
        else:
            content += piece.removeprefix(b".")
        begins_a_line = whole


async def _read_piece(reader: StreamReader) -> tuple[bytes, bool]:
    """A line with its end, or a piece of one that is too long."""
    try:
        return await reader.readuntil(_LINE_END), True
    except LimitOverrunError as overrun:
        return await reader.readexactly(overrun.consumed), False


def _fault_of(piece: bytes, *, whole: bool, too_big: bool, lines: int) -> Fault | None:
    text = piece.removesuffix(_LINE_END)
    if b"\n" in text or b"\r" in text[: None if whole else -1]:  # the last byte of a piece may begin a line's end
        return Fault.BARE_LINE_END
    if too_big:
        return Fault.TOO_BIG
    if not whole or len(piece.removeprefix(b".")) > LONGEST_LINE:
        return Fault.LINE_TOO_LONG
    return Fault.TOO_MANY_LINES if lines > MOST_LINES else None
