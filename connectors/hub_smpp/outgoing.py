"""From a message to the submit_sm of each of its parts. Pure.

The hub cuts a GSM text at 153 septets: the header that joins the parts again has an 8-bit reference, as a 16-bit one
would leave room for 152 only (3GPP TS 23.040, 9.2.3.24.1).
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hub import Alphabet, Purpose
from hub_smpp.addresses import sender_address
from hub_smpp.alphabet import DataCoding, default_octets
from hub_smpp.codec import encode
from hub_smpp.codes import ESM_UDH, Tag
from hub_smpp.pdu import SubmitSm
from hub_smpp.settings import LongMessages, ValidityFormat

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub import OutgoingMessage
    from hub_smpp.pdu import Tlvs
    from hub_smpp.settings import SmppSettings

_ROOM = 140
_SHORTEST_VALIDITY = timedelta(minutes=1)
_LONGEST_RELATIVE = timedelta(days=31) - timedelta(seconds=1)
_HIGH = 1


class Piece(NamedTuple):
    """What differs between the parts of one message."""

    esm_class: int
    data_coding: int
    octets: bytes
    tlvs: Tlvs


def submits(message: OutgoingMessage, settings: SmppSettings, reference: int, now: datetime) -> tuple[bytes, ...]:
    """The octets of each submit_sm that a message needs, the sequence number left at 0.

    `reference` joins the parts of a long text and differs from that of the text before. Raises NotAPdu for a sender
    or number that SMPP has no room for.
    """
    source = sender_address(message.sender or settings.default_sender, settings.source_ton, settings.source_npi)
    validity = validity_period(message.validity, settings, now)
    own_tlvs: Tlvs = ()
    if settings.message_reference:
        own_tlvs = ((Tag.USER_MESSAGE_REFERENCE, message.short_ref.to_bytes(2, "big")),)
    return tuple(
        [
            encode(
                SubmitSm(
                    service_type=settings.service_type,
                    source_addr_ton=source.ton,
                    source_addr_npi=source.npi,
                    source_addr=source.digits,
                    dest_addr_ton=1 if settings.dest_ton is None else settings.dest_ton,
                    dest_addr_npi=1 if settings.dest_npi is None else settings.dest_npi,
                    destination_addr=message.to.removeprefix("+"),
                    esm_class=piece.esm_class,
                    priority_flag=_HIGH if message.purpose is Purpose.ALERT else 0,
                    validity_period=validity,
                    registered_delivery=int(settings.registered_delivery),
                    data_coding=piece.data_coding,
                    short_message=piece.octets,
                    tlvs=own_tlvs + piece.tlvs,
                )
            )
            for piece in pieces(message, settings, reference)
        ]
    )


def pieces(message: OutgoingMessage, settings: SmppSettings, reference: int) -> list[Piece]:
    """A message's text, as many times cut as it has parts, or whole where the carrier cuts."""
    try:
        coding, parts = _written(message, settings)
    except ValueError:  # a letter that this carrier's default alphabet has not
        coding, parts = DataCoding.UCS2, [message.text.encode("utf-16-be")]
    if len(parts) == 1:
        (octets,) = parts
        return [_payload(coding, octets) if len(octets) > _room(coding) else Piece(0, coding, octets, ())]
    if settings.long_messages is LongMessages.PAYLOAD:
        return [_payload(coding, b"".join(parts))]
    total = len(parts)
    cut = _with_header if settings.long_messages is LongMessages.UDH else _with_tlvs
    return [cut(coding, octets, reference, total, number) for number, octets in enumerate(parts, start=1)]


def validity_period(until: datetime | None, settings: SmppSettings, now: datetime) -> str:
    """How long the carrier may try: until the message is of no use, and no longer than the settings say."""
    left = None if until is None else max(until - now, _SHORTEST_VALIDITY)
    if settings.validity_hours is not None:
        longest = timedelta(hours=settings.validity_hours)
        left = longest if left is None else min(left, longest)
    if left is None:
        return ""
    if settings.validity_format is ValidityFormat.ABSOLUTE:
        return f"{(now + left).astimezone(UTC):%y%m%d%H%M%S}000+"
    left = min(left, _LONGEST_RELATIVE)
    hours, seconds = divmod(left.seconds, 3600)
    return f"0000{left.days:02}{hours:02}{seconds // 60:02}{seconds % 60:02}000R"


def _written(message: OutgoingMessage, settings: SmppSettings) -> tuple[int, Sequence[bytes]]:
    if message.alphabet == Alphabet.GSM:
        return DataCoding.DEFAULT, [default_octets(part, settings.default_alphabet) for part in message.parts]
    return DataCoding.UCS2, [part.encode("utf-16-be") for part in message.parts]


def _room(coding: int) -> int:
    """The octets of one part without a header; a GSM text has one per septet, and its escapes."""
    return _ROOM if coding == DataCoding.UCS2 else 160


def _payload(coding: int, octets: bytes) -> Piece:
    return Piece(0, coding, b"", ((Tag.MESSAGE_PAYLOAD, octets),))


def _with_header(coding: int, octets: bytes, reference: int, total: int, number: int) -> Piece:
    header = bytes((5, 0, 3, reference & 0xFF, total, number))
    return Piece(ESM_UDH, coding, header + octets, ())


def _with_tlvs(coding: int, octets: bytes, reference: int, total: int, number: int) -> Piece:
    tlvs: Tlvs = (
        (Tag.SAR_MSG_REF_NUM, (reference & 0xFFFF).to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
        (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
    )
    return Piece(0, coding, octets, tlvs)
