"""What octets mean by data_coding: GSM 03.38 with its extension table, one octet per character, and the others. Pure.

3GPP TS 23.038, section 6.2.1. Over SMPP a GSM text is not packed: each septet has an octet of its own.
"""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The character of each code; ESC (0x1B) announces the extension table."""
GSM_EXTENSION = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
"""The characters that are written as ESC and this code."""

_ESC = 0x1B
_OCTETS = {
    **{character: bytes((code,)) for code, character in enumerate(GSM_BASIC) if code != _ESC},
    **{character: bytes((_ESC, code)) for code, character in GSM_EXTENSION.items()},
}
_TO_OCTETS = {ord(character): octets.decode("latin-1") for character, octets in _OCTETS.items()}
_FOREIGN = re.compile("[^" + re.escape("".join(_OCTETS)) + "]")
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


class DataCoding(IntEnum):
    """How an SMPP text is written (5.2.19), as far as the hub reads it."""

    DEFAULT = 0
    ASCII = 1
    BINARY = 2
    LATIN1 = 3
    BINARY_TOO = 4
    CYRILLIC = 6
    HEBREW = 7
    UCS2 = 8


class DefaultAlphabet(StrEnum):
    """What a carrier means by data_coding 0."""

    GSM = "gsm"
    LATIN1 = "latin1"
    ASCII = "ascii"


def gsm_octets(text: str) -> bytes:
    """A text in GSM 03.38, unpacked. Raises ValueError for a character that the alphabet has not."""
    if foreign := _FOREIGN.search(text):
        raise ValueError(f"{foreign[0]!r} is no GSM character")
    return text.translate(_TO_OCTETS).encode("latin-1")


def gsm_text(octets: bytes) -> str:
    """The text of unpacked GSM octets; a code of no known character is read as the alphabet's own, or a mark."""
    if _ESC not in octets:
        return "".join([GSM_BASIC[octet] if octet < len(GSM_BASIC) else _UNREADABLE for octet in octets])
    characters = []
    at = iter(octets)
    for octet in at:
        if octet == _ESC:
            octet = next(at, _ESC)  # noqa: PLW2901 - the pair is one character
            # TS 23.038: an unknown pair is shown as the character of the basic table, a lone ESC as a space
            basic = GSM_BASIC[octet] if octet < len(GSM_BASIC) else _UNREADABLE
            characters.append(" " if octet == _ESC else GSM_EXTENSION.get(octet, basic))
        else:
            characters.append(GSM_BASIC[octet] if octet < len(GSM_BASIC) else _UNREADABLE)
    return "".join(characters)


_PYTHON_NAMES = {
    DataCoding.ASCII: "latin-1",  # what goes beyond ASCII is read as its neighbour reads it
    DataCoding.LATIN1: "latin-1",
    DataCoding.CYRILLIC: "iso8859-5",
    DataCoding.HEBREW: "iso8859-8",
    DataCoding.UCS2: "utf-16-be",
}


def default_octets(text: str, alphabet: DefaultAlphabet) -> bytes:
    """A text in a carrier's default alphabet. Raises ValueError for a character that it has not."""
    if alphabet is DefaultAlphabet.GSM:
        return gsm_octets(text)
    return text.encode("latin-1" if alphabet is DefaultAlphabet.LATIN1 else "ascii")


def text_of(octets: bytes, data_coding: int, alphabet: DefaultAlphabet = DefaultAlphabet.GSM) -> str:
    """The words of a text that came; what cannot be read is marked, and nothing raises.

    Message-class codings (0xF0-0xFF) and the general group (0x00-0x3F) say in bits 2 and 3 what they are
    (TS 23.038, section 4); binary is shown in hex.
    """
    coding = _plain_coding(data_coding)
    if coding in {DataCoding.BINARY, DataCoding.BINARY_TOO}:
        return octets.hex()
    if name := _PYTHON_NAMES.get(DataCoding(coding)):
        return octets.decode(name, "replace")
    if alphabet is DefaultAlphabet.GSM:
        return gsm_text(octets)
    return octets.decode("latin-1")


def _plain_coding(data_coding: int) -> int:
    if data_coding in set(DataCoding):
        return data_coding
    if data_coding & 0xF0 == 0xF0:  # noqa: PLR2004 - the data coding/message class group
        return DataCoding.BINARY if data_coding & 0x04 else DataCoding.DEFAULT
    if data_coding & 0xC0 == 0:
        return {0x04: DataCoding.BINARY, 0x08: DataCoding.UCS2}.get(data_coding & 0x0C, DataCoding.DEFAULT)
    return DataCoding.DEFAULT
