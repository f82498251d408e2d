"""PDUs to octets and back, and a stream of octets cut into PDUs. Pure.

`submit_sm`, `deliver_sm` and their responses are what a line carries all day: they have a way of their own. All
others are written and read by their fields: text ends with NUL, a number is one octet, a short message has its
length before it.
"""

from __future__ import annotations

import struct
from dataclasses import fields
from typing import TYPE_CHECKING, cast

from hub_smpp.codes import RESPONSE, Status
from hub_smpp.pdu import (
    HEADER,
    HEADER_SIZE,
    KINDS,
    LIMITS,
    LONGEST_PDU,
    DeliverSm,
    DeliverSmResp,
    NotAPdu,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub_smpp.pdu import Tlvs

_LONGEST_SHORT_MESSAGE = 254
_LENGTH = struct.Struct(">I")
_TLV = struct.Struct(">HH")
_HEAD_FIELDS = {"sequence", "status", "tlvs"}
_LAYOUTS: dict[type[Pdu], tuple[tuple[str, type], ...]] = {
    kind: tuple((one.name, type(one.default)) for one in fields(kind) if one.name not in _HEAD_FIELDS)
    for kind in KINDS.values()
}


def encode(pdu: Pdu) -> bytes:
    """The octets of a PDU. Raises NotAPdu for a value that has no place in it: too long, a NUL within, not Latin-1."""
    kind = type(pdu)
    try:
        body = _message_octets(pdu) if isinstance(pdu, (SubmitSm, DeliverSm)) else _body_octets(pdu)
        if pdu.tlvs:
            body += b"".join([_TLV.pack(tag, len(value)) + value for tag, value in pdu.tlvs])
        octets = HEADER.pack(HEADER_SIZE + len(body), pdu.command, pdu.status, pdu.sequence) + body
    except (ValueError, OverflowError, struct.error) as error:
        raise NotAPdu(f"a {kind.__name__} cannot be written: {error}", sequence=pdu.sequence) from error
    if len(octets) > LONGEST_PDU:
        raise NotAPdu(f"a {kind.__name__} of {len(octets)} octets is too long", sequence=pdu.sequence)
    return octets


def decode(octets: bytes) -> Pdu:
    """The PDU that these octets are, all of them. Raises NotAPdu, whatever they are, and nothing else."""
    if len(octets) < HEADER_SIZE:
        raise NotAPdu(f"{len(octets)} octets are less than a header", Status.ESME_RINVCMDLEN)
    length, command, status, sequence = HEADER.unpack_from(octets)
    if length != len(octets):
        raise NotAPdu(f"{len(octets)} octets say that they are {length}", Status.ESME_RINVCMDLEN, sequence)
    kind = KINDS.get(command)
    if kind is None:
        raise NotAPdu(f"the command 0x{command:08X} is unknown", Status.ESME_RINVCMDID, sequence)
    try:
        if kind is SubmitSm or kind is DeliverSm:
            return _message(cast("type[SubmitSm]", kind), octets, sequence, status)
        if kind is SubmitSmResp or kind is DeliverSmResp:
            return _message_resp(cast("type[SubmitSmResp]", kind), octets, sequence, status)
        return _other(kind, octets, sequence, status)
    except (ValueError, IndexError) as error:
        why = f"a {kind.__name__} of {length} octets ends within a field"
        raise NotAPdu(why, Status.ESME_RINVCMDLEN, sequence) from error


def split(buffer: bytearray) -> Iterator[bytes]:
    """Take whole PDUs from the front of a buffer, and leave the one that is still coming.

    Raises NotAPdu as soon as a length makes no sense: nothing behind it can be read, the line has to end.
    """
    start, end = 0, len(buffer)
    try:
        while end - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(buffer, start)
            if not HEADER_SIZE <= length <= LONGEST_PDU:
                beginning = bytes(buffer[start : start + HEADER_SIZE])
                raise NotAPdu(f"{beginning!r} announces a PDU of {length} octets", Status.ESME_RINVCMDLEN)
            if end - start < length:
                return
            start += length
            yield bytes(buffer[start - length : start])
    finally:
        del buffer[:start]


# --- writing ---


def _body_octets(pdu: Pdu) -> bytes:
    return b"".join([_field_octets(name, getattr(pdu, name)) for name, _ in _LAYOUTS[type(pdu)]])


def _field_octets(name: str, value: str | bytes | int) -> bytes:
    if isinstance(value, str):
        _require_room(name, value)
        return value.encode("latin-1") + b"\0"
    if isinstance(value, bytes):
        return _counted(value)
    return bytes((value,))


def _message_octets(pdu: SubmitSm | DeliverSm) -> bytes:
    for name in ("service_type", "source_addr", "destination_addr", "schedule_delivery_time", "validity_period"):
        _require_room(name, getattr(pdu, name))
    text = (
        f"{pdu.service_type}\0{pdu.source_addr_ton:c}{pdu.source_addr_npi:c}{pdu.source_addr}\0"
        f"{pdu.dest_addr_ton:c}{pdu.dest_addr_npi:c}{pdu.destination_addr}\0"
        f"{pdu.esm_class:c}{pdu.protocol_id:c}{pdu.priority_flag:c}"
        f"{pdu.schedule_delivery_time}\0{pdu.validity_period}\0"
        f"{pdu.registered_delivery:c}{pdu.replace_if_present_flag:c}{pdu.data_coding:c}{pdu.sm_default_msg_id:c}"
    )
    return text.encode("latin-1") + _counted(pdu.short_message)


def _require_room(name: str, value: str) -> None:
    if len(value) > LIMITS[name] or "\0" in value:
        raise ValueError(f"{name} is longer than {LIMITS[name]} or has a NUL within")


def _counted(value: bytes) -> bytes:
    if len(value) > _LONGEST_SHORT_MESSAGE:
        raise ValueError(f"short_message has {len(value)} octets and room for {_LONGEST_SHORT_MESSAGE}")
    return bytes((len(value),)) + value


# --- reading ---


def _message(kind: type[SubmitSm], octets: bytes, sequence: int, status: int) -> Pdu:
    find = octets.index
    service = find(0, HEADER_SIZE)
    source = find(0, service + 3)
    dest = find(0, source + 3)
    schedule = find(0, dest + 4)
    validity = find(0, schedule + 1)
    text = validity + 6
    end = text + octets[validity + 5]
    _require_whole(octets, end)
    return kind(
        sequence=sequence,
        status=status,
        tlvs=_tlvs(octets, end) if end < len(octets) else (),
        service_type=octets[HEADER_SIZE:service].decode("latin-1"),
        source_addr_ton=octets[service + 1],
        source_addr_npi=octets[service + 2],
        source_addr=octets[service + 3 : source].decode("latin-1"),
        dest_addr_ton=octets[source + 1],
        dest_addr_npi=octets[source + 2],
        destination_addr=octets[source + 3 : dest].decode("latin-1"),
        esm_class=octets[dest + 1],
        protocol_id=octets[dest + 2],
        priority_flag=octets[dest + 3],
        schedule_delivery_time=octets[dest + 4 : schedule].decode("latin-1"),
        validity_period=octets[schedule + 1 : validity].decode("latin-1"),
        registered_delivery=octets[validity + 1],
        replace_if_present_flag=octets[validity + 2],
        data_coding=octets[validity + 3],
        sm_default_msg_id=octets[validity + 4],
        short_message=octets[text:end],
    )


def _message_resp(kind: type[SubmitSmResp], octets: bytes, sequence: int, status: int) -> Pdu:
    """A response that says no may lack its body, and some that say yes lack the NUL behind their id."""
    end = octets.find(0, HEADER_SIZE)
    if end < 0:
        end = len(octets)
    tlvs = _tlvs(octets, end + 1) if end + 1 < len(octets) else ()
    return kind(sequence=sequence, status=status, tlvs=tlvs, message_id=octets[HEADER_SIZE:end].decode("latin-1"))


def _other(kind: type[Pdu], octets: bytes, sequence: int, status: int) -> Pdu:
    if len(octets) == HEADER_SIZE and kind.command & RESPONSE:
        return kind(sequence=sequence, status=status)
    values: dict[str, object] = {}
    at = HEADER_SIZE
    for name, form in _LAYOUTS[kind]:
        values[name], at = _field(form, octets, at)
    return kind(sequence=sequence, status=status, tlvs=_tlvs(octets, at), **values)


def _field(form: type, octets: bytes, at: int) -> tuple[object, int]:
    """The value of a field, and where the next one begins."""
    if form is int:
        return octets[at], at + 1
    if form is str:
        end = octets.index(0, at)
        return octets[at:end].decode("latin-1"), end + 1
    end = at + 1 + octets[at]
    _require_whole(octets, end)
    return octets[at + 1 : end], end


def _tlvs(octets: bytes, at: int) -> Tlvs:
    found = []
    while at < len(octets):
        if at + _TLV.size > len(octets):
            if not any(octets[at:]):
                break  # some carriers fill up with NULs
            raise ValueError("a TLV that ends within its head")
        tag, length = _TLV.unpack_from(octets, at)
        at += _TLV.size + length
        _require_whole(octets, at)
        found.append((tag, octets[at - length : at]))
    return tuple(found)


def _require_whole(octets: bytes, end: int) -> None:
    if end > len(octets):
        raise ValueError("a length goes beyond the end")
