"""The codec of SMPP 3.4."""

from __future__ import annotations

import contextlib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_smpp.codec import decode, encode, split
from hub_smpp.codes import STATUS_NAMES, Status, status_name
from hub_smpp.pdu import (
    HEADER,
    KINDS,
    LIMITS,
    LONGEST_PDU,
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    EnquireLink,
    GenericNack,
    NotAPdu,
    Pdu,
    SubmitSm,
    SubmitSmResp,
)

TEXT = st.characters(min_codepoint=1, max_codepoint=255)
OCTET = st.integers(0, 255)
HEADS = {
    "sequence": st.integers(0, 0xFFFFFFFF),
    "status": st.integers(0, 0xFFFFFFFF),
    "tlvs": st.lists(st.tuples(st.integers(1, 0xFFFF), st.binary(max_size=300)), max_size=4).map(tuple),
}


def _values(name: str, form: type) -> st.SearchStrategy[object]:
    if name in HEADS:
        return HEADS[name]
    if form is str:
        return st.text(TEXT, max_size=LIMITS[name])
    return OCTET if form is int else st.binary(max_size=254)


PDUS = st.sampled_from(list(KINDS.values())).flatmap(
    lambda kind: st.builds(kind, **{one.name: _values(one.name, type(one.default)) for one in fields(kind)})
)


@given(PDUS)
def test_what_was_written_is_read(pdu: Pdu) -> None:
    """Every PDU with every value that it has room for comes back as it went."""
    assert decode(encode(pdu)) == pdu


@given(st.binary(max_size=200))
def test_octets_are_a_pdu_or_no_pdu(octets: bytes) -> None:
    """Whatever comes is read, or refused with the one error that says so."""
    _read_or_refused(octets)


@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=200))
def test_any_body_behind_a_good_header_is_a_pdu_or_no_pdu(command: int, body: bytes) -> None:
    """A header that makes sense promises nothing of what follows."""
    _read_or_refused(HEADER.pack(16 + len(body), command, 0, 1) + body)


@given(PDUS, st.data())
def test_a_pdu_with_an_octet_changed_is_a_pdu_or_no_pdu(pdu: Pdu, data: st.DataObject) -> None:
    """One flipped octet breaks no more than its PDU."""
    octets = bytearray(encode(pdu))
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(OCTET)
    _read_or_refused(bytes(octets))


def _read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(NotAPdu):
        assert isinstance(decode(octets), Pdu)


@given(st.lists(PDUS, max_size=5), st.lists(st.integers(1, 400), max_size=20))
def test_a_stream_is_cut_wherever_it_is_torn(pdus: list[Pdu], cuts: list[int]) -> None:
    """Frames come out whole and in order, in whatever pieces they came."""
    stream = b"".join(encode(pdu) for pdu in pdus)
    buffer, seen = bytearray(), []
    for size in [*cuts, len(stream)]:
        buffer += stream[:size]
        stream = stream[size:]
        seen += [decode(octets) for octets in split(buffer)]
    assert seen == pdus
    assert not buffer


@pytest.mark.parametrize("beginning", [b"\0\0\0\x04", b"\x7f\xff\xff\xff", b"HTTP/1.1 400", b"\0\0\0\0", b"\0\x02\0\0"])
def test_a_length_that_makes_no_sense_is_refused_at_once(beginning: bytes) -> None:
    """Four octets are enough to see it; nobody waits for two gigabytes (B48)."""
    with pytest.raises(NotAPdu) as refused:
        list(split(bytearray(beginning)))
    assert refused.value.status == Status.ESME_RINVCMDLEN


def test_frames_before_a_senseless_length_are_still_handed_out() -> None:
    """What was whole is read before the rest is refused."""
    frames = split(bytearray(encode(EnquireLink(sequence=7)) + b"\0\0\0\x04"))
    assert decode(next(frames)) == EnquireLink(sequence=7)
    with pytest.raises(NotAPdu):
        next(frames)


def test_a_submit_sm_is_written_octet_by_octet() -> None:
    """The octets of the specification's layout, spelt out."""
    pdu = SubmitSm(
        sequence=2, source_addr_ton=5, source_addr="Shop", dest_addr_ton=1, dest_addr_npi=1,
        destination_addr="33612345678", registered_delivery=1, short_message=b"Hi", tlvs=((0x0204, b"\x12\x34"),),
    )  # fmt: skip
    assert encode(pdu) == bytes.fromhex(
        "00000038 00000004 00000000 00000002 00 0500 53686f7000 0101 333336313233343536373800 000000 00 00 01000000"
        "02 4869 0204 0002 1234"
    )


def test_a_bind_is_written_octet_by_octet() -> None:
    """The octets of the specification's layout, spelt out."""
    assert encode(BindTransceiver(sequence=1, system_id="hub", password="secret")) == bytes.fromhex(
        "00000020 00000009 00000000 00000001 68756200 73656372657400 00 34 00 00 00"
    )


@pytest.mark.parametrize("command", sorted(KINDS))
def test_a_response_that_says_no_may_lack_its_body(command: int) -> None:
    """A refusal of a header alone is read; a request of a header alone only where it has no fields."""
    if command & 0x80000000:
        assert decode(HEADER.pack(16, command, 8, 3)) == KINDS[command](sequence=3, status=8)


def test_an_id_without_its_nul_is_read() -> None:
    """Some carriers leave it out."""
    octets = HEADER.pack(19, SubmitSmResp.command, 0, 3) + b"abc"
    assert decode(octets) == SubmitSmResp(sequence=3, message_id="abc")


def test_filling_nuls_are_no_tlv() -> None:
    """Up to three octets of nothing at the end are passed over."""
    octets = HEADER.pack(22, SubmitSmResp.command, 0, 3) + b"abc\0\0\0"
    assert decode(octets) == SubmitSmResp(sequence=3, message_id="abc")


def test_an_unknown_command_says_so_for_its_answer() -> None:
    """The error carries what a generic_nack needs."""
    with pytest.raises(NotAPdu) as refused:
        decode(HEADER.pack(16, 0x77, 0, 9))
    assert (refused.value.status, refused.value.sequence) == (Status.ESME_RINVCMDID, 9)


@pytest.mark.parametrize(
    "pdu",
    [
        SubmitSm(destination_addr="3" * 65),
        SubmitSm(source_addr="a\0b"),
        SubmitSm(source_addr="\N{EURO SIGN}"),
        SubmitSm(short_message=b"x" * 255),
        SubmitSm(esm_class=256),
        DeliverSm(validity_period="0" * 17),
        BindTransceiver(system_id="x" * 16),
        BindTransceiver(addr_ton=-1),
        EnquireLink(sequence=1 << 32),
        DataSm(tlvs=((0x0424, b"x" * 0x10000),)),
        DataSm(tlvs=((0x0424, b"x" * 0xFFFF), (0x1400, b"x" * 0xFFFF))),
    ],
    ids=lambda pdu: type(pdu).__name__,
)
def test_what_has_no_room_is_not_written(pdu: Pdu) -> None:
    """A value that would break the layout is refused."""
    with pytest.raises(NotAPdu):
        encode(pdu)


def test_a_long_payload_fits() -> None:
    """64 KiB of message_payload is within the longest PDU."""
    pdu = DataSm(tlvs=((0x0424, b"x" * 0xFFFF),))
    assert len(encode(pdu)) < LONGEST_PDU
    assert decode(encode(pdu)).tlv(0x0424) == b"x" * 0xFFFF


def test_a_tlv_that_is_not_there_is_none() -> None:
    """Absent is not empty."""
    assert BindTransceiverResp(tlvs=((0x0210, b"\x34"),)).tlv(0x0424) is None


def test_a_status_has_its_name() -> None:
    """Known ones by name, a carrier's own by number."""
    assert (status_name(0x58), status_name(0x400)) == ("ESME_RTHROTTLED", "0x00000400")
    assert all(STATUS_NAMES[one] == one.name for one in Status)


def test_each_text_field_has_its_limit() -> None:
    """No field is written without a limit of its own."""
    texts = {one.name for kind in KINDS.values() for one in fields(kind) if isinstance(one.default, str)}
    assert texts == set(LIMITS)


def test_a_generic_nack_has_no_body() -> None:
    """Sixteen octets."""
    assert len(encode(GenericNack(sequence=1, status=3))) == 16
