"""What carriers' receipts say."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import DeliveryReceipt, FailureReason, ReceiptState
from hub_smpp.codes import Tag
from hub_smpp.errors import reasons
from hub_smpp.pdu import DataSm, DeliverSm
from hub_smpp.receipts import Words, is_receipt, is_text, receipt_of, words_of

MAP = reasons("default", {})

DIALECTS = {
    "id:1A2B sub:001 dlvrd:001 submit date:2611250410 done date:2611250411 stat:DELIVRD err:000 text:Hello": Words(
        "1A2B", "DELIVRD", "000"
    ),
    "id:0000000042 sub:001 dlvrd:000 submit date:261125041000 done date:261125041100 stat:UNDELIV err:027 Text:": Words(
        "0000000042", "UNDELIV", "027"
    ),
    "id:42 stat:EXPIRED": Words("42", "EXPIRED", None),
    "id:42,sub:001,dlvrd:001,submit date:2611250410,done date:2611250411,stat:DELIVRD,err:0,text:a": Words(
        "42", "DELIVRD", "0"
    ),
    'id:"42" sub:"001" stat:"REJECTD" err:"45" text:"Hi"': Words("42", "REJECTD", "45"),
    "ID:42 SUB:001 DLVRD:001 STAT:DELIVRD ERR:000 TEXT:": Words("42", "DELIVRD", "000"),
    "id: 42 stat: DELIVRD err: 1": Words("42", "DELIVRD", "1"),
    "id=42 stat=DELIVRD err=1": Words("42", "DELIVRD", "1"),
    "id:8f1c-44_a.b stat:ACCEPTD": Words("8f1c-44_a.b", "ACCEPTD", None),
    "stat:DELIVRD text:id:7 err:9": Words(None, "DELIVRD", None),
    "text:id:7 stat:DELIVRD": Words(),
    "void:7 estat:DELIVRD": Words(),
    "": Words(),
    "id: stat:": Words(None, None, None),
}


@pytest.mark.parametrize(("text", "words"), DIALECTS.items())
def test_the_text_is_read_in_every_dialect(text: str, words: Words) -> None:
    """Ten or twelve digits of date, commas, quotes, capitals, missing fields; never what the person wrote."""
    assert words_of(text) == words


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """Nothing raises."""
    assert isinstance(words_of(text), Words)


@pytest.mark.parametrize("piece", ["id:", "id: ", "stat:\t", "submit date", "id:a,", "'\"id:"])
def test_long_texts_are_read_in_linear_time(piece: str) -> None:
    """A text made to be read slowly is not."""
    began = time.process_time()
    words_of(piece * 20_000)
    assert time.process_time() - began < 2


STATES = [
    ("DELIVRD", "000", ReceiptState.DELIVERED, None),
    ("DELIVERED", "000", ReceiptState.DELIVERED, None),
    ("EXPIRED", "000", ReceiptState.EXPIRED, None),
    ("DELETED", "000", ReceiptState.UNDELIVERED, FailureReason.OTHER),
    ("UNDELIV", "001", ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),
    ("UNDELIV", "1", ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),
    ("UNDELIV", "027", ReceiptState.UNDELIVERED, FailureReason.NETWORK),
    ("UNDELIV", "013", ReceiptState.UNDELIVERED, FailureReason.BARRED),
    ("UNDELIV", "144", ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),
    ("UNDELIV", "999", ReceiptState.UNDELIVERED, FailureReason.OTHER),
    ("REJECTD", "000", ReceiptState.REJECTED, FailureReason.OTHER),
    ("ACCEPTD", "000", ReceiptState.ACCEPTED, None),
    ("ENROUTE", "000", ReceiptState.ACCEPTED, None),
    ("UNKNOWN", "000", ReceiptState.UNKNOWN, None),
    ("GIBBERISH", "000", ReceiptState.UNKNOWN, None),
]


@pytest.mark.parametrize(("stat", "err", "state", "reason"), STATES)
def test_the_text_tells_the_state(stat: str, err: str, state: ReceiptState, reason: FailureReason | None) -> None:
    """By the words of the specification, and MAP's codes."""
    receipt = receipt_of(_receipt(short_message=f"id:7 stat:{stat} err:{err}".encode()), MAP)
    assert receipt is not None
    assert (receipt.state, receipt.reason) == (state, reason)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (1, ReceiptState.ACCEPTED), (2, ReceiptState.DELIVERED), (3, ReceiptState.EXPIRED),
        (4, ReceiptState.UNDELIVERED), (5, ReceiptState.UNDELIVERED), (6, ReceiptState.ACCEPTED),
        (7, ReceiptState.UNKNOWN), (8, ReceiptState.REJECTED), (99, ReceiptState.UNKNOWN),
    ],
)  # fmt: skip
def test_tlvs_come_before_the_text(said: int, state: ReceiptState) -> None:
    """Id, state and error are taken from them where they are there."""
    tlvs = (
        (Tag.RECEIPTED_MESSAGE_ID, b"abc\0"), (Tag.MESSAGE_STATE, bytes((said,))),
        (Tag.NETWORK_ERROR_CODE, b"\x03\x00\x1b"),
    )  # fmt: skip
    receipt = receipt_of(_receipt(short_message=b"id:7 stat:DELIVRD err:000", tlvs=tlvs), MAP)
    assert receipt is not None
    assert (receipt.carrier_id, receipt.state, receipt.code) == ("abc", state, "27")


def test_a_receipt_in_a_data_sm_is_read() -> None:
    """Its words stand in message_payload."""
    pdu = DataSm(esm_class=4, source_addr="33639981001", tlvs=((Tag.MESSAGE_PAYLOAD, b"id:7 stat:DELIVRD err:000"),))
    receipt = receipt_of(pdu, MAP)
    assert receipt is not None
    assert (receipt.carrier_id, receipt.state) == ("7", ReceiptState.DELIVERED)


def test_a_receipt_says_whose_it_is_and_what_came() -> None:
    """The number in E.164, our sixteen bits, and the carrier's own words."""
    pdu = _receipt(short_message=b"id:7 stat:UNDELIV err:5", tlvs=((Tag.USER_MESSAGE_REFERENCE, b"\x12\x34"),))
    assert receipt_of(pdu, MAP) == DeliveryReceipt(
        "7", ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED, "5",
        to="+33639981001", raw="id:7 stat:UNDELIV err:5 0204=1234", short_ref=0x1234,
    )  # fmt: skip


def test_a_receipt_of_our_reference_alone_is_kept() -> None:
    """It can settle a message whose answer was lost."""
    pdu = _receipt(tlvs=((Tag.USER_MESSAGE_REFERENCE, b"\x12\x34"), (Tag.MESSAGE_STATE, b"\x02")))
    receipt = receipt_of(pdu, MAP)
    assert receipt is not None
    assert (receipt.short_ref, receipt.state) == (0x1234, ReceiptState.DELIVERED)


def test_a_receipt_of_nothing_is_none() -> None:
    """Without an id it is about no message."""
    assert receipt_of(_receipt(short_message=b"hello"), MAP) is None


def test_a_failed_try_is_no_end() -> None:
    """An intermediate notification says that the carrier goes on."""
    receipt = receipt_of(_receipt(esm_class=0x20, short_message=b"id:7 stat:UNDELIV err:27"), MAP)
    assert receipt is not None
    assert receipt.state is ReceiptState.ACCEPTED


@pytest.mark.parametrize(
    ("esm_class", "receipt", "text"),
    [(0x00, False, True), (0x40, False, True), (0x03, False, True), (0x04, True, False), (0x20, True, False),
     (0x08, False, False), (0x10, False, False), (0x18, False, False)],
)  # fmt: skip
def test_esm_class_decides_what_it_is(esm_class: int, receipt: bool, text: bool) -> None:  # noqa: FBT001 - a table
    """A person may text the words of a receipt."""
    pdu = DeliverSm(esm_class=esm_class, short_message=b"id:1 stat:DELIVRD")
    assert (is_receipt(pdu), is_text(pdu)) == (receipt, text)


@pytest.mark.parametrize(
    ("table", "code", "reason"),
    [("default", "1", "unallocated"), ("twilio", "1", "network"), ("twilio", "5", "unallocated"),
     ("8x8", "15", "unallocated"), ("ovh", "5", "unallocated"), ("ovh", "53", "barred"), ("ovh", "3", "network")],
)  # fmt: skip
def test_each_carrier_has_its_table(table: str, code: str, reason: str) -> None:
    """The same code is another reason elsewhere."""
    assert reasons(table, {})[code] == reason


def test_own_codes_come_before_the_table() -> None:
    """As hub.ini has them, leading zeros or not."""
    assert reasons("default", {"001": FailureReason.NETWORK})["1"] is FailureReason.NETWORK


def _receipt(**values: object) -> DeliverSm:
    return DeliverSm(**{"esm_class": 4, "source_addr_ton": 1, "source_addr": "33639981001", **values})  # type: ignore[arg-type]  # by name
