"""Texts from phones, as carriers write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_smpp.alphabet import GSM_BASIC, GSM_EXTENSION, gsm_octets, gsm_text, text_of
from hub_smpp.codes import ESM_UDH, Tag
from hub_smpp.incoming import MISSING, Joiner, Place, fragment_of
from hub_smpp.pdu import DeliverSm

if TYPE_CHECKING:
    from hub import InboundText

GSM = GSM_BASIC.replace("\x1b", "") + "".join(GSM_EXTENSION.values())


@given(st.text(st.sampled_from(GSM)))
def test_gsm_text_is_written_and_read(text: str) -> None:
    """Both tables, one octet per code."""
    assert gsm_text(gsm_octets(text)) == text


def test_gsm_octets_are_those_of_the_standard() -> None:
    """3GPP TS 23.038: the basic table in place, the others behind an escape."""
    assert gsm_octets("@é€[a") == b"\x00\x05\x1b\x65\x1b\x3ca"


def test_a_foreign_letter_is_no_gsm() -> None:
    """It is named."""
    with pytest.raises(ValueError, match="ç"):
        gsm_octets("ça")


@given(st.binary(max_size=160), st.integers(0, 255))
def test_any_octets_are_some_text(octets: bytes, coding: int) -> None:
    """Nothing that comes raises."""
    assert isinstance(text_of(octets, coding), str)


@pytest.mark.parametrize(
    ("octets", "coding", "text"),
    [
        (b"\x05t\x05", 0, "été"),
        (b"Hi", 1, "Hi"),
        (b"\xe9t\xe9", 3, "été"),
        ("été 🌞".encode("utf-16-be"), 8, "été 🌞"),
        (b"\x01\xff", 4, "01ff"),
        (b"\x05", 0xF0, "é"),
        (b"\x05", 0xF1, "é"),
        ("é".encode("utf-16-be"), 0x18, "é"),
    ],
)
def test_the_data_coding_says_what_octets_mean(octets: bytes, coding: int, text: str) -> None:
    """GSM, ASCII, Latin-1, UCS-2; binary in hex; with a message class as well."""
    assert text_of(octets, coding) == text


@given(st.binary(max_size=160), st.integers(0, 255), st.integers(0, 255))
def test_any_deliver_sm_is_some_fragment(octets: bytes, coding: int, esm_class: int) -> None:
    """A header that makes no sense is no header."""
    pdu = DeliverSm(short_message=octets, data_coding=coding, esm_class=esm_class)
    assert octets.hex() in fragment_of(pdu).raw


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (b"\x05\x00\x03\x2a\x02\x01", Place(0x2A, 2, 1)),
        (b"\x06\x08\x04\x01\x2a\x03\x02", Place(0x12A, 3, 2)),
        (b"\x09\x24\x01\x03\x00\x03\x2a\x02\x02\x00", Place(0x2A, 2, 2)),
        (b"\x03\x24\x01\x03", None),
        (b"\x05\x00\x03\x2a\x01\x01", None),
        (b"\x05\x00\x03\x2a\x02\x03", None),
        (b"\x05\x00\x03\x2a\x00\x00", None),
    ],
)
def test_the_header_gives_the_place_and_is_no_text(header: bytes, place: Place | None) -> None:
    """References of 8 and 16 bits, elements of other kinds, and places that are none."""
    fragment = fragment_of(DeliverSm(esm_class=ESM_UDH, short_message=header + b"Hi"))
    assert (fragment.place, fragment.text) == (place, "Hi")


def test_tlvs_give_the_place_as_well() -> None:
    """SAR instead of a header."""
    tlvs = ((Tag.SAR_MSG_REF_NUM, b"\1\2"), (Tag.SAR_TOTAL_SEGMENTS, b"\2"), (Tag.SAR_SEGMENT_SEQNUM, b"\1"))
    assert fragment_of(DeliverSm(short_message=b"Hi", tlvs=tlvs)).place == Place(0x102, 2, 1)


def test_numbers_are_written_as_the_hub_writes_them() -> None:
    """A phone in E.164, a short code as it is."""
    pdu = DeliverSm(source_addr_ton=1, source_addr="33639981001", dest_addr_ton=3, destination_addr="36180")
    fragment = fragment_of(pdu)
    assert (fragment.number, fragment.to) == ("+33639981001", "36180")


def _part(number: int, total: int = 3, reference: int = 7, source: str = "33639981001") -> DeliverSm:
    header = bytes((5, 0, 3, reference, total, number))
    return DeliverSm(
        esm_class=ESM_UDH, source_addr_ton=1, source_addr=source, destination_addr="36180",
        short_message=header + b"abc"[number - 1 : number],
    )  # fmt: skip


def _joined(joiner: Joiner[int], *pdus: DeliverSm) -> list[tuple[InboundText, list[int]]]:
    found = [joiner.add(fragment_of(pdu), answer, now=0.0) for answer, pdu in enumerate(pdus)]
    return [one for one in found if one is not None]


def test_parts_are_joined_in_their_order_and_answered_together() -> None:
    """Whatever the order in which they came."""
    ((text, answers),) = _joined(Joiner(20), _part(3), _part(1), _part(2))
    assert (text.text, sorted(answers)) == ("abc", [0, 1, 2])


def test_a_part_that_comes_twice_counts_once() -> None:
    """And both are answered."""
    ((text, answers),) = _joined(Joiner(20), _part(1), _part(1), _part(2), _part(3))
    assert (text.text, len(answers)) == ("abc", 4)


def test_parts_of_other_texts_are_kept_apart() -> None:
    """By number and reference."""
    joiner: Joiner[int] = Joiner(20)
    mixed = _joined(joiner, _part(1), _part(2, source="33639981002"), _part(3, reference=8), _part(2))
    assert mixed == []


def test_a_text_that_is_not_complete_in_time_is_handed_over_with_a_mark() -> None:
    """Nothing that came is kept back for ever."""
    joiner: Joiner[int] = Joiner(20)
    _joined(joiner, _part(1), _part(3))
    assert joiner.overdue(19) == []
    ((text, answers),) = joiner.overdue(20)
    assert (text.text, answers) == (f"a{MISSING}c", [0, 1])


def test_what_waits_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many first parts push the oldest out."""
    monkeypatch.setattr("hub_smpp.incoming.MOST_WAITING", 2)
    joiner: Joiner[int] = Joiner(20)
    _joined(joiner, *[_part(1, reference=reference) for reference in range(5)])
    assert len(joiner.overdue(0)) == 3
