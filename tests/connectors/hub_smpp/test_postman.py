"""What comes in is stored before the carrier hears that it is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext, InboundText, ReceiptState, StoreUnavailable, Submitted
from hub.plugin_kit import SystemClock
from hub.testing.contract import RecordingSink, outgoing
from hub_smpp import line as lines
from hub_smpp import postman
from hub_smpp.codes import ESM_UDH, Status, Tag
from hub_smpp.connector import SmppConnector
from hub_smpp.pdu import DataSm, DataSmResp, DeliverSmResp, SubmitSm, SubmitSmResp
from hub_smpp.settings import SmppSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hub import DeliveryReceipt
    from hub_smpp.pdu import Pdu
    from tests.connectors.hub_smpp.carrier import Carrier, Peer
    from tests.connectors.hub_smpp.conftest import Connect

RECEIPT = {"esm_class": 4, "source_addr_ton": 1, "source_addr": "33639981001", "short_message": b"id:r-1 stat:DELIVRD"}
TEXT = {
    "source_addr_ton": 1, "source_addr": "33639981001", "dest_addr_ton": 3, "destination_addr": "36180",
    "short_message": b"STOP",
}  # fmt: skip


class AwaySink(RecordingSink):
    """A store that is away until it is said to be there."""

    def __init__(self) -> None:
        super().__init__()
        self.is_there = threading.Event()
        self.asked = threading.Event()
        self.poison: str | None = None

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Keep receipts, when it is there."""
        self.asked.set()
        if not self.is_there.is_set():
            raise StoreUnavailable("The database is away.")
        if any(receipt.carrier_id == self.poison for receipt in receipts):
            raise ValueError("a receipt that breaks the store")
        super().receipts(receipts)


@pytest.fixture
def away(carrier: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwaySink]:
    """A connector's sink that is away."""
    monkeypatch.setattr(postman, "AGAIN_S", (0.02,))
    sink = AwaySink()
    settings = SmppSettings(host="127.0.0.1", port=carrier.port)
    connector = SmppConnector(ConnectorContext("carrier", tmp_path, SystemClock()), settings)
    connector.open(sink)
    yield sink
    connector.close()


def test_a_receipt_is_answered_once_it_is_stored(carrier: Carrier, away: AwaySink) -> None:
    """While the store is away nothing is answered, and nothing is lost."""
    sequence = carrier.bound().deliver(**RECEIPT)
    assert away.asked.wait(10)
    assert not [pdu for pdu in carrier.seen if isinstance(pdu, DeliverSmResp)]
    away.is_there.set()
    (answer,) = carrier.wait_for(DeliverSmResp)
    assert (answer.sequence, answer.status) == (sequence, Status.ESME_ROK)
    assert [receipt.state for receipt in away.received] == [ReceiptState.DELIVERED]


def test_a_receipt_that_breaks_the_store_is_put_off_alone(carrier: Carrier, away: AwaySink) -> None:
    """The others are stored, and the carrier is asked to bring it again."""
    peer = carrier.bound()
    first = peer.deliver(**RECEIPT)
    assert away.asked.wait(10)
    broken = peer.deliver(**{**RECEIPT, "short_message": b"id:poison stat:DELIVRD"})
    last = peer.deliver(**RECEIPT)
    away.poison = "poison"
    away.is_there.set()
    answers = {answer.sequence: answer.status for answer in carrier.wait_for(DeliverSmResp, 3)}
    assert answers == {first: 0, broken: Status.ESME_RX_T_APPN, last: 0}


def test_what_is_too_much_for_the_store_stays_with_the_carrier(
    carrier: Carrier, away: AwaySink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond a number that waits the line is not read; what was written is all stored in the end."""
    monkeypatch.setattr(lines, "MOST_WAITING", 20)
    monkeypatch.setattr(lines, "FEW_WAITING", 5)
    peer = carrier.bound()
    for _ in range(200):
        peer.deliver(**RECEIPT)
    assert away.asked.wait(10)
    away.is_there.set()
    answers = carrier.wait_for(DeliverSmResp, 200)
    assert {answer.sequence for answer in answers} == set(range(1, 201))
    assert len(away.received) == sum(answer.status == 0 for answer in answers) > 0


def test_texts_are_written_while_the_store_is_away(carrier: Carrier, away: AwaySink, connect: Connect) -> None:
    """A flood of receipts does not keep answers from being read."""
    peer = carrier.bound()
    for _ in range(50):
        peer.deliver(**RECEIPT)
    (outcome,) = connect().submit(outgoing())
    assert isinstance(outcome, Submitted)
    assert not away.received


def test_a_text_is_stored_then_answered_then_said_to_be(carrier: Carrier, connect: Connect) -> None:
    """The number that wrote, the one it wrote to, the words, and the carrier's octets."""
    line = connect()
    carrier.bound().deliver(**TEXT)
    carrier.wait_for(DeliverSmResp)
    wanted = InboundText("+33639981001", "36180", "STOP", raw="data_coding=0 esm_class=0 53544f50")
    assert line.sink.wait_for_texts(1) == [wanted]
    line.connector.close()
    assert line.sink.told == [wanted]


def test_a_text_whose_carrier_was_not_told_is_not_said_to_be(
    carrier: Carrier, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is gone before the store has it: the carrier will bring it again, and it is the same text."""
    stored = threading.Event()
    gone = threading.Event()
    keep = RecordingSink.inbound

    def _slowly(sink: RecordingSink, texts: Sequence[InboundText]) -> None:
        keep(sink, texts)
        stored.set()
        assert gone.wait(10)

    monkeypatch.setattr(RecordingSink, "inbound", _slowly)
    line = connect()
    peer = carrier.bound()
    peer.deliver(**TEXT)
    assert stored.wait(10)
    peer.hang_up()
    carrier.wait(lambda: any(one is not peer and one.bound for one in carrier.peers))
    gone.set()
    line.connector.close()
    assert line.sink.told == []


def test_the_parts_of_a_text_are_answered_when_it_is_whole(carrier: Carrier, connect: Connect) -> None:
    """Until then the carrier keeps them."""
    line = connect()
    peer = carrier.bound()
    halves = [{**TEXT, "esm_class": ESM_UDH, "short_message": b"\5\0\3\7\2" + bytes((n,)) + b"ab"} for n in (2, 1)]
    peer.deliver(**halves[0])
    peer.deliver(**RECEIPT)
    carrier.wait_for(DeliverSmResp)
    assert [answer.sequence for answer in carrier.wait_for(DeliverSmResp)] == [2]
    peer.deliver(**halves[1])
    assert {answer.sequence for answer in carrier.wait_for(DeliverSmResp, 3)} == {1, 2, 3}
    assert [text.text for text in line.sink.wait_for_texts(1)] == ["abab"]


def test_a_part_that_stays_alone_is_handed_over_with_a_mark(carrier: Carrier, connect: Connect) -> None:
    """After join_s."""
    line = connect(join_s=0.2)
    carrier.bound().deliver(**{**TEXT, "esm_class": ESM_UDH, "short_message": b"\5\0\3\7\2\1ab"})
    assert [text.text for text in line.sink.wait_for_texts(1, timeout=15)] == ["ab[...]"]
    carrier.wait_for(DeliverSmResp)


@pytest.mark.parametrize("esm_class", [0x08, 0x10])
def test_acknowledgements_are_answered_and_are_no_texts(carrier: Carrier, connect: Connect, esm_class: int) -> None:
    """A handset's word is nobody's text."""
    line = connect()
    carrier.bound().deliver(**{**TEXT, "esm_class": esm_class})
    carrier.wait_for(DeliverSmResp)
    assert not line.sink.texts


def test_a_data_sm_is_answered_by_its_own(carrier: Carrier, connect: Connect) -> None:
    """A text in message_payload."""
    line = connect()
    carrier.bound().send(DataSm(sequence=4, source_addr="33639981001", tlvs=((Tag.MESSAGE_PAYLOAD, b"Hi"),)))
    (answer,) = carrier.wait_for(DataSmResp)
    assert answer.sequence == 4
    assert [text.text for text in line.sink.wait_for_texts(1)] == ["Hi"]


def test_a_receipt_in_another_notation_finds_its_text(carrier: Carrier, connect: Connect) -> None:
    """Answered in hex, reported in decimal with zeros before."""
    carrier.receipts = False
    line = connect()
    message = outgoing()
    (outcome,) = line.submit(message)
    assert isinstance(outcome, Submitted)
    (carrier_id,) = outcome.carrier_ids
    words = f"id:{int(carrier_id, 16):010} stat:DELIVRD".encode()
    carrier.bound().deliver(**{**RECEIPT, "source_addr": message.to[1:], "short_message": words})
    assert [receipt.carrier_id for receipt in line.sink.wait_for(1)] == [carrier_id]


def test_a_receipt_that_overtakes_its_answer_is_handed_over(carrier: Carrier, connect: Connect) -> None:
    """The engine keeps it."""

    def _early(peer: Peer, pdu: Pdu) -> Sequence[Pdu | bytes]:
        peer.deliver(**RECEIPT)
        return carrier.accept_submit(peer, pdu)

    carrier.receipts = False
    carrier.on[SubmitSm] = _early
    line = connect()
    line.submit(outgoing())
    assert line.sink.wait_for(1)


def test_a_first_receipt_that_beats_its_answer_waits_until_it_is_understood(carrier: Carrier, connect: Connect) -> None:
    """Nothing is filed under a wrong id: answered in hex a moment later than reported on in decimal."""

    def _early(peer: Peer, pdu: Pdu) -> Sequence[Pdu]:
        words = f"id:{0xBEEF} stat:DELIVRD".encode()
        peer.deliver(esm_class=4, source_addr=carrier.submitted()[0].destination_addr, short_message=words)
        return [SubmitSmResp(sequence=pdu.sequence, message_id="BEEF")]

    carrier.on[SubmitSm] = _early
    line = connect()
    assert line.submit(outgoing()) == [Submitted(("beef",))]
    assert [receipt.carrier_id for receipt in line.sink.wait_for(1, 15)] == ["beef"]


def test_a_disk_that_keeps_nothing_does_not_end_the_receipts(
    carrier: Carrier, connect: Connect, tmp_path: Path
) -> None:
    """What was found out about ids is lost with the process, and nothing else."""
    (tmp_path / "carrier" / "ids.txt").mkdir(parents=True)  # as unwritable as a file on a full disk
    line = connect()

    def _hex_then_decimal(peer: Peer, pdu: Pdu) -> Sequence[Pdu]:
        words = f"id:{0xBEEF} stat:DELIVRD".encode()
        peer.deliver(esm_class=4, source_addr=carrier.submitted()[0].destination_addr, short_message=words)
        return [SubmitSmResp(sequence=pdu.sequence, message_id="BEEF")]

    carrier.on[SubmitSm] = _hex_then_decimal
    line.submit(outgoing())
    line.sink.wait_for(1, 15)
    carrier.bound().deliver(**TEXT)
    assert [text.text for text in line.sink.wait_for_texts(1)] == ["STOP"]
