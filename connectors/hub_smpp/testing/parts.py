"""What a submit_sm carries: its text, which part of a text it is, and our reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub_smpp.codes import ESM_UDH, Tag

if TYPE_CHECKING:
    from hub_smpp.pdu import SubmitSm

_CONCATENATED = {0x00: 3, 0x08: 4}
"""Information elements of a long text (3GPP TS 23.040, 9.2.3.24.1 and .8), and their length."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` without its header."""

    text: bytes
    part: int = 1
    parts: int = 1


def piece_of(pdu: SubmitSm) -> Piece:
    """What it carries. Raises ValueError for a header that goes beyond the text."""
    if not pdu.tlvs and not pdu.esm_class & ESM_UDH:
        return Piece(pdu.short_message)
    text = pdu.short_message or pdu.tlv(Tag.MESSAGE_PAYLOAD) or b""
    if pdu.esm_class & ESM_UDH:
        return _by_header(text)
    total, number = pdu.tlv(Tag.SAR_TOTAL_SEGMENTS), pdu.tlv(Tag.SAR_SEGMENT_SEQNUM)
    if total and number:
        return Piece(text, number[0], total[0])
    return Piece(text)


def reference_of(pdu: SubmitSm) -> int | None:
    """user_message_reference."""
    value = pdu.tlv(Tag.USER_MESSAGE_REFERENCE) if pdu.tlvs else None
    return None if value is None else int.from_bytes(value, "big")


def _by_header(text: bytes) -> Piece:
    end = 1 + text[0] if text else 1
    if end > len(text):
        raise ValueError("a user data header goes beyond its text")
    at, part, parts = 1, 1, 1
    while at + 1 < end:
        kind, length = text[at], text[at + 1]
        if _CONCATENATED.get(kind) == length:
            parts, part = text[at + length], text[at + length + 1]
        at += 2 + length
    return Piece(text[end:], part, parts)
