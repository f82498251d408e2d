"""How texts are written for a carrier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub import Alphabet, Purpose
from hub.testing.contract import outgoing
from hub_smpp.addresses import number_of, sender_address
from hub_smpp.codec import decode
from hub_smpp.codes import ESM_UDH, Tag
from hub_smpp.outgoing import pieces, submits, validity_period
from hub_smpp.pdu import NotAPdu, SubmitSm
from hub_smpp.settings import SmppSettings

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LONG = ("a" * 153, "b" * 153, "c")


def _settings(**values: object) -> SmppSettings:
    return SmppSettings.model_validate(values)


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("Shop", (5, 0, "Shop")),
        ("Shop 24", (5, 0, "Shop 24")),
        ("36180", (3, 1, "36180")),
        ("118", (3, 1, "118")),
        ("+33639981001", (1, 1, "33639981001")),
        ("33639981001", (1, 1, "33639981001")),
        ("", (0, 0, "")),
    ],
)
def test_a_sender_is_written_by_its_kind(sender: str, address: tuple[int, int, str]) -> None:
    """Names are 5/0, short codes 3/1, numbers 1/1."""
    assert sender_address(sender) == address


def test_a_carrier_may_want_another_type() -> None:
    """As hub.ini has it."""
    assert sender_address("36180", ton=0, npi=0) == (0, 0, "36180")


@pytest.mark.parametrize(
    ("ton", "digits", "number"),
    [
        (1, "33639981001", "+33639981001"),
        (0, "33639981001", "+33639981001"),
        (1, "+33639981001", "+33639981001"),
        (1, "0033639981001", "+33639981001"),
        (2, "639981001", "639981001"),
        (0, "0639981001", "0639981001"),
        (3, "36180", "36180"),
        (5, "Shop", "Shop"),
        (0, "", ""),
    ],
)
def test_a_phone_is_read_as_the_hub_writes_it(ton: int, digits: str, number: str) -> None:
    """E.164 where it is one."""
    assert number_of(ton, digits) == number


def test_parts_carry_a_header_that_joins_them() -> None:
    """Eight bits of reference, how many, which; 159 octets at most, one per septet."""
    found = pieces(outgoing(parts=LONG), _settings(), 0x1FE)
    assert [(piece.esm_class, piece.octets[:6]) for piece in found] == [
        (ESM_UDH, bytes((5, 0, 3, 0xFE, 3, number))) for number in (1, 2, 3)
    ]
    assert max(len(piece.octets) for piece in found) == 159


def test_parts_in_ucs2_have_room_for_67_units() -> None:
    """140 octets with the header."""
    found = pieces(outgoing(parts=("ж" * 67, "ж"), alphabet=Alphabet.UCS2), _settings(), 1)
    assert [(piece.data_coding, len(piece.octets)) for piece in found] == [(8, 140), (8, 8)]


def test_tlvs_may_join_the_parts() -> None:
    """SAR, without a header."""
    found = pieces(outgoing(parts=LONG), _settings(long_messages="sar"), 0x1FE)
    assert [piece.esm_class for piece in found] == [0, 0, 0]
    assert found[1].tlvs == (
        (Tag.SAR_MSG_REF_NUM, b"\x01\xfe"), (Tag.SAR_TOTAL_SEGMENTS, b"\3"), (Tag.SAR_SEGMENT_SEQNUM, b"\2"),
    )  # fmt: skip


def test_the_carrier_may_cut_the_text() -> None:
    """All of it in message_payload."""
    (piece,) = pieces(outgoing(parts=LONG), _settings(long_messages="payload"), 1)
    assert piece.tlvs == ((Tag.MESSAGE_PAYLOAD, "".join(LONG).encode()),)


def test_a_letter_that_latin1_lacks_goes_in_ucs2() -> None:
    """Where a carrier's default alphabet is not GSM's."""
    (piece,) = pieces(outgoing(parts=("12 €",)), _settings(default_alphabet="latin1"), 1)
    assert (piece.data_coding, piece.octets) == (8, "12 €".encode("utf-16-be"))


def test_a_default_alphabet_is_written_as_it_is() -> None:
    """Latin-1 for é is 0xE9, GSM is 0x05."""
    texts = [pieces(outgoing(parts=("é",)), _settings(default_alphabet=name), 1)[0] for name in ("gsm", "latin1")]
    assert [piece.octets for piece in texts] == [b"\x05", b"\xe9"]


@pytest.mark.parametrize(
    ("left", "settings", "written"),
    [
        (None, {}, "000002000000000R"),
        (timedelta(hours=5, minutes=6, seconds=7), {}, "000000050607000R"),
        (timedelta(days=5), {}, "000002000000000R"),
        (timedelta(days=5), {"validity_hours": 240}, "000005000000000R"),
        (timedelta(days=50), {"validity_hours": ""}, "000030235959000R"),
        (timedelta(seconds=-5), {}, "000000000100000R"),
        (None, {"validity_hours": ""}, ""),
        (timedelta(hours=1), {"validity_format": "absolute"}, "260301130000000+"),
    ],
)
def test_the_carrier_is_told_how_long_to_try(left: timedelta | None, settings: dict[str, object], written: str) -> None:
    """Until the message is of no use, and no longer than the settings say."""
    assert validity_period(left if left is None else NOW + left, _settings(**settings), NOW) == written


def test_a_submit_sm_says_all_that_the_settings_say() -> None:
    """Addresses, receipts, priority, reference."""
    message = replace(outgoing(to="+33639981001", sender="Shop"), purpose=Purpose.ALERT)
    (octets,) = submits(message, _settings(service_type="CMT", dest_npi=0), 1, NOW)
    assert decode(octets) == SubmitSm(
        service_type="CMT", source_addr_ton=5, source_addr="Shop", dest_addr_ton=1,
        destination_addr="33639981001", priority_flag=1, validity_period="000002000000000R", registered_delivery=1,
        short_message=b"Hello", tlvs=((Tag.USER_MESSAGE_REFERENCE, message.short_ref.to_bytes(2, "big")),),
    )  # fmt: skip


def test_what_is_switched_off_is_not_written() -> None:
    """No receipt, no reference, no priority for marketing."""
    message = replace(outgoing(), purpose=Purpose.MARKETING)
    (octets,) = submits(message, _settings(registered_delivery="no", message_reference="no"), 1, NOW)
    pdu = decode(octets)
    assert isinstance(pdu, SubmitSm)
    assert (pdu.registered_delivery, pdu.priority_flag, pdu.tlvs) == (0, 0, ())


def test_a_text_without_a_sender_has_the_default_one() -> None:
    """As hub.ini has it."""
    (octets,) = submits(outgoing(sender=""), _settings(default_sender="36180"), 1, NOW)
    pdu = decode(octets)
    assert isinstance(pdu, SubmitSm)
    assert (pdu.source_addr_ton, pdu.source_addr) == (3, "36180")


def test_a_sender_without_room_is_refused() -> None:
    """A letter beyond Latin-1 has no octet."""
    with pytest.raises(NotAPdu):
        submits(outgoing(sender="Café ☕"), _settings(), 1, NOW)
