"""What a file is, judged by what is in it and never by its name: PNG, GIF, JPEG or PDF, whole, or nothing. Pure.

Each format is walked from its first byte to its end, so that a file that is two things at once, such as a picture with
a page behind it, is neither. Sources: PNG (ISO/IEC 15948), GIF89a, JPEG (ITU T.81, annex B), PDF (ISO 32000).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING
from zlib import crc32, decompressobj
from zlib import error as ZlibError  # noqa: N812 - it is a class

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_PIXELS = 100_000_000
"""Of a picture: a small file that says it is larger is made to fill a telephone's memory."""


class FileKind(StrEnum):
    """What files may be."""

    PNG = "png"
    GIF = "gif"
    JPEG = "jpeg"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """How it is named on the wire."""
        return "application/pdf" if self is FileKind.PDF else f"image/{self}"


def kind_of(content: bytes) -> FileKind | None:
    """What a file is; None for what is none of these, or is not whole."""
    for kind, begins, is_whole in _KINDS:
        if content.startswith(begins):
            try:
                return kind if is_whole(content) else None
            except IndexError:
                return None
    return None


def _png(content: bytes) -> bool:
    at, first, data = 8, True, False
    while at + 12 <= len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        body = content[at + 4 : at + 8 + length]
        if crc32(body) != int.from_bytes(content[at + 8 + length : at + 12 + length]):
            return False
        if first and (name != b"IHDR" or length != 13 or not _fits(body[4:8], body[8:12])):  # noqa: PLR2004 - the standard's
            return False
        first, data, at = False, data or name == b"IDAT", at + 12 + length
        if name == b"IEND":
            return data and at == len(content)
    return False


def _gif(content: bytes) -> bool:
    if not _fits(content[7:5:-1], content[9:7:-1]):
        return False
    at, shown = 13 + _colours(content[10]), False
    while (mark := content[at]) != 0x3B:  # noqa: PLR2004 - the trailer
        if mark == 0x2C:  # noqa: PLR2004 - a picture: its descriptor, its colours, the size of its codes
            at, shown = at + 11 + _colours(content[at + 9]), True
        elif mark == 0x21:  # noqa: PLR2004 - an extension
            at += 2
        else:
            return False
        while (size := content[at]) != 0:
            at += 1 + size
        at += 1
    return shown and at + 1 == len(content)


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _jpeg(content: bytes) -> bool:
    at, framed = 2, False
    while content[at] == 0xFF:  # noqa: PLR2004 - every marker begins so
        mark = content[at + 1]
        if mark == 0xD9:  # noqa: PLR2004 - EOI
            return framed and at + 2 == len(content)
        if mark == 0xFF:  # noqa: PLR2004 - a fill byte
            at += 1
            continue
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2 or mark in {0x00, 0x01, *range(0xD0, 0xD9)}:  # noqa: PLR2004 - none of them stands here
            return False
        if mark in _FRAMES:
            framed = _fits(content[at + 5 : at + 7], content[at + 7 : at + 9])
        at += 2 + length
        if mark == 0xDA:  # noqa: PLR2004 - SOS: what is coded goes on to the next marker
            found = _CODED.match(content, at)
            at = found.end() if found else len(content)
    return False


_FRAMES = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_CODED = re.compile(rb"(?:[^\xff]|\xff[\x00\xd0-\xd7])*", re.DOTALL)
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData)(?![A-Za-z])")
_STREAM = re.compile(rb"\bobj\b((?:(?!\bobj\b).){0,4000}?)\bstream\r?\n", re.DOTALL)
_PACKED = re.compile(rb"/ObjStm(?![A-Za-z])")
_FILTER = re.compile(rb"/Filter\s*\[?\s*/FlateDecode\s*\]?\s*(?:/(?!Filter)|>>)")
MOST_UNPACKED = 32 * 1024 * 1024
_PDF_END = re.compile(rb"startxref\s+\d{1,12}\s+%%EOF\s*\Z")


def _pdf(content: bytes) -> bool:
    """Whether it is whole, can be looked into, and nothing in it is said to act by itself."""
    begins = re.match(rb"%PDF-[12]\.\d", content) is not None
    if not begins or _PDF_END.search(content[-2048:]) is None:
        return False
    packed = _unpacked(content)
    return packed is not None and all(_ACTIVE.search(_spelt_out(one)) is None for one in (content, packed))


def _spelt_out(content: bytes) -> bytes:
    """With the letters that names may write as numbers: `/J#53` is `/JS`."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), content)


def _unpacked(content: bytes) -> bytes | None:
    """What stands in its compressed streams of objects; None where that cannot be read, or is locked."""
    if b"/Encrypt" in _spelt_out(content):
        return None
    found = bytearray()
    for stream in _STREAM.finditer(content):
        about = _spelt_out(stream[1])
        if not _PACKED.search(about) or b"/Filter" not in about:
            continue  # what is not packed was seen already
        try:
            if not _FILTER.search(about) or b"/DecodeParms" in about:
                return None
            found += decompressobj().decompress(content[stream.end() :], MOST_UNPACKED - len(found)) + b"\n"
        except ZlibError:
            return None
        if len(found) >= MOST_UNPACKED:
            return None
    return bytes(found)


def _fits(width: bytes, height: bytes) -> bool:
    return 0 < int.from_bytes(width) * int.from_bytes(height) <= MOST_PIXELS


_KINDS: tuple[tuple[FileKind, tuple[bytes, ...], Callable[[bytes], bool]], ...] = (
    (FileKind.PNG, (b"\x89PNG\r\n\x1a\n",), _png),
    (FileKind.GIF, (b"GIF87a", b"GIF89a"), _gif),
    (FileKind.JPEG, (b"\xff\xd8\xff",), _jpeg),
    (FileKind.PDF, (b"%PDF-",), _pdf),
)
"""What it begins with, and what tells whether it is whole."""
