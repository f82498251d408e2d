"""PDUs for property tests: what other libraries can say as well, so ASCII, and lengths of the specification."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hub_smpp.codes import RESPONSE, Command, Tag
from hub_smpp.pdu import KINDS, DataSm, DeliverSm, GenericNack, Pdu, SubmitSm

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD = ("sequence", "status", "tlvs")
ASCII = st.characters(min_codepoint=33, max_codepoint=126)
OCTET = st.integers(0, 255)
LENGTHS = {
    "system_id": 15, "password": 8, "system_type": 12, "address_range": 40, "service_type": 5, "source_addr": 20,
    "destination_addr": 20, "esme_addr": 20, "schedule_delivery_time": 16, "validity_period": 16, "message_id": 64,
    "final_date": 16,
}  # fmt: skip
"""The specification's own, 4 and 5.2."""
NUMBERS = {
    Tag.USER_MESSAGE_REFERENCE: 2,
    Tag.SAR_MSG_REF_NUM: 2,
    Tag.SAR_TOTAL_SEGMENTS: 1,
    Tag.SAR_SEGMENT_SEQNUM: 1,
    Tag.MESSAGE_STATE: 1,
}
"""TLVs that are numbers, and their octets (5.3.2)."""
TLVS: dict[type[Pdu], tuple[Tag, ...]] = {
    SubmitSm: (
        Tag.USER_MESSAGE_REFERENCE, Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM,
    ),
    DeliverSm: (
        Tag.USER_MESSAGE_REFERENCE, Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM,
        Tag.NETWORK_ERROR_CODE, Tag.MESSAGE_STATE, Tag.RECEIPTED_MESSAGE_ID,
    ),
    DataSm: (Tag.MESSAGE_PAYLOAD,),
}  # fmt: skip
"""In the order in which smpplib writes them."""


def name_of(kind: type[Pdu]) -> str:
    """`submit_sm_resp`, as the specification and every library have it."""
    if kind is GenericNack:
        return "generic_nack"
    return Command(kind.command & ~RESPONSE).name.lower() + ("_resp" if kind.command & RESPONSE else "")


def body_of(pdu: Pdu) -> dict[str, Any]:
    """Its mandatory fields by name."""
    return {one.name: getattr(pdu, one.name) for one in fields(pdu) if one.name not in HEAD}


def tlvs_of(pdu: Pdu) -> dict[str, Any]:
    """Its TLVs by name, as values."""
    return {Tag(tag).name.lower(): _value(Tag(tag), octets) for tag, octets in pdu.tlvs}


def pdus(kinds: Iterable[type[Pdu]] = tuple(KINDS.values())) -> st.SearchStrategy[Pdu]:
    """PDUs of these kinds."""
    return st.sampled_from(list(kinds)).flatmap(
        lambda kind: st.builds(
            kind,
            sequence=st.integers(1, 0x7FFFFFFF),
            tlvs=_tlvs(kind),
            **{one.name: _field(one.name, type(one.default)) for one in fields(kind) if one.name not in HEAD},
        )
    )


def _field(name: str, form: type) -> st.SearchStrategy[Any]:
    if form is str:
        return st.text(ASCII, max_size=LENGTHS[name])
    return OCTET if form is int else st.binary(max_size=254)


def _tlvs(kind: type[Pdu]) -> st.SearchStrategy[Any]:
    some = TLVS.get(kind, ())
    return st.tuples(*(st.none() | st.tuples(st.just(tag), _octets(tag)) for tag in some)).map(
        lambda found: tuple(one for one in found if one is not None)
    )


def _octets(tag: Tag) -> st.SearchStrategy[bytes]:
    if tag in NUMBERS:
        return st.binary(min_size=NUMBERS[tag], max_size=NUMBERS[tag])
    if tag is Tag.RECEIPTED_MESSAGE_ID:
        return st.text(ASCII, min_size=1, max_size=64).map(lambda text: text.encode() + b"\0")
    return st.binary(min_size=3, max_size=3 if tag is Tag.NETWORK_ERROR_CODE else 260)


def _value(tag: Tag, octets: bytes) -> object:
    if tag in NUMBERS:
        return int.from_bytes(octets, "big")
    return octets.rstrip(b"\0").decode() if tag is Tag.RECEIPTED_MESSAGE_ID else octets
