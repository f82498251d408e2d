"""The connector against a carrier as carriers are: nothing is lost, nothing is doubled, and every doubt is named."""

from __future__ import annotations

import socket
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from hub import ReceiptState, Rejected, Submitted, TemporaryFailure, Throttled, Unknown
from hub_smpp.codec import encode
from hub_smpp.connector import SmppConnector
from hub_smpp.pdu import KINDS, EnquireLink
from hub_smpp.session import ENQUIRY_ANSWER_S
from hub_smpp.settings import SmppSettings
from hub_smpp.testing import Fate, Phone, SmscProcess
from hub_smpp.testing.rubbish import RUBBISH, TRUNCATED

from .conftest import until
from .sending import in_doubt, send_all, texts

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.contract import OpenLine
    from hub_smpp.binds import LinkStatus

    from .conftest import CarrierMaker, LineMaker

FOUND_WITHIN_S = 60.0


def _status(line: OpenLine) -> LinkStatus:
    """How the only bind of a connector stands."""
    assert isinstance(line.connector, SmppConnector)
    return line.connector.status()[0]


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_costs_a_carrier_its_link_and_nobody_else_theirs(
    name: str, make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """The link is rebuilt, with the reason told; another carrier's was never touched; texts go by both (B48)."""
    broken, sound = make_carrier("broken"), make_carrier("sound")
    lines = open_line(broken.port), open_line(sound.port)
    until(lambda: broken.bound() and sound.bound())
    for _ in range(7):  # an unknown command may come by accident, and is passed over a few times
        broken.write(RUBBISH[name])
    until(lambda: broken.said()["BindTransceiver"] > 1 and broken.bound())
    ended = [send_all(line, texts(3)) for line in lines]
    assert [in_doubt(one) for one in ended] == [set(), set()]
    assert [len(carrier.count().taken) for carrier in (broken, sound)] == [3, 3]
    assert sound.said()["BindTransceiver"] == 1
    assert f"127.0.0.1:{broken.port}: " in (_status(lines[0]).reason or "")


def test_a_pdu_that_is_cut_off_swallows_answers_and_doubles_no_text(
    make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """What comes next is read as its rest, which makes no sense: the link ends, and some are in doubt (B48)."""
    carrier = make_carrier()
    line = open_line(carrier.port, enquire_link_s=1, response_timeout_s=1)
    until(carrier.bound)
    carrier.write(TRUNCATED)
    ended = send_all(line, texts(12))
    times = carrier.count().times_taken()
    assert set(times.values()) == {1}
    assert {f"+{to}" for to in times} >= set(ended) - in_doubt(ended)
    assert isinstance(send_all(line, texts(13)[12:])[texts(13)[12].to], Submitted)


def test_no_damaged_pdu_ends_more_than_its_link(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """Every kind of PDU, with octets changed at random, on one link after the other: texts go on afterwards (B48)."""
    carrier, dice = make_carrier(), Random(48)  # noqa: S311 - it breaks PDUs, and guards nothing
    line = open_line(carrier.port)
    for _ in range(8):
        until(carrier.bound)
        for kind in KINDS.values():
            octets = bytearray(encode(kind(sequence=dice.randrange(1, 9))))
            octets[dice.randrange(4, len(octets))] = dice.randrange(256)
            carrier.write(bytes(octets))
        carrier.drop()
    until(carrier.bound)
    assert in_doubt(send_all(line, texts(3))) == set()


def test_nothing_at_all_where_a_carrier_should_be_is_no_line(open_line: LineMaker) -> None:
    """A port that takes connections and says nothing fails in time, with that as the reason (B48)."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = open_line(silent.getsockname()[1], connect_timeout_s=0.3)
        until(lambda: _status(line).reason)
        with pytest.raises(TemporaryFailure, match="no connection and bind within"):
            line.submit(*texts(1))


def test_a_carrier_that_stands_still_is_found_and_bound_again(
    carrier_process: SmscProcess, open_line: LineMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP is found by the enquiry; after SIGCONT texts go on, and none was sent twice (F21)."""
    assert SmppSettings().enquire_link_s + ENQUIRY_ANSWER_S < FOUND_WITHIN_S
    monkeypatch.setattr("hub_smpp.session.ENQUIRY_ANSWER_S", 1.0)
    line = open_line(carrier_process.port, enquire_link_s=1, connect_timeout_s=1)
    send_all(line, texts(1))
    carrier_process.freeze()
    frozen_at = time.monotonic()
    while _status(line).is_up:
        time.sleep(0.05)
    found_after_s = time.monotonic() - frozen_at
    with pytest.raises(TemporaryFailure):
        line.submit(*texts(2))
    carrier_process.thaw()
    ended = send_all(line, texts(3)[1:])
    assert found_after_s < FOUND_WITHIN_S
    assert (len(ended), in_doubt(ended)) == (2, set())
    assert set(carrier_process.count().times_taken().values()) == {1}


def test_texts_in_flight_when_a_carrier_stands_still_are_in_doubt(
    carrier_process: SmscProcess, open_line: LineMaker
) -> None:
    """Nobody knows of them, and that is said; they are not written again (F21)."""
    line = open_line(carrier_process.port, enquire_link_s=1, response_timeout_s=0.5, connect_timeout_s=1)
    send_all(line, texts(1))
    carrier_process.freeze()
    outcomes = line.submit(*texts(3)[1:])
    carrier_process.thaw()
    assert all(isinstance(one, Unknown) for one in outcomes)
    until(lambda: len(carrier_process.count().taken) == 3)
    assert set(carrier_process.count().times_taken().values()) == {1}


def test_without_a_listener_nothing_is_sent_and_nothing_is_lost(tmp_path: Path, open_line: LineMaker) -> None:
    """Every try says that nothing went, with a pause before the next; once somebody listens, all go (F19)."""
    carrier = SmscProcess(tmp_path / "carrier")
    carrier.start()
    carrier.stop()
    line = open_line(carrier.port)
    with pytest.raises(TemporaryFailure) as refused:
        line.submit(*texts(5))
    assert refused.value.retry_after
    carrier.start()
    try:
        assert in_doubt(send_all(line, texts(5))) == set()
        assert len(carrier.count().taken) == 5
    finally:
        carrier.stop()


def test_a_carrier_that_was_killed_is_bound_again(carrier_process: SmscProcess, open_line: LineMaker) -> None:
    """Its ids go on, and the receipts that it owed come by the new line."""
    carrier_process.set(receipt_delay_s=30)
    line = open_line(carrier_process.port)
    send_all(line, texts(2))
    carrier_process.kill()
    carrier_process.start()
    line.sink.wait_for(2, 30)
    until(lambda: carrier_process.count().receipts_owed == 0)


@pytest.mark.parametrize(
    ("id_form", "receipt_id_form"),
    [
        ("dec", "dec"),
        ("hex", "dec"),
        ("hex_upper", "dec_padded"),
        ("hex_upper_padded", "hex"),
        ("dec_padded", "hex_upper_padded"),
        ("dec", "hex_padded"),
    ],
)
@pytest.mark.parametrize("form", ["tlv", "text", "both"])
def test_a_receipt_finds_its_answer_however_the_id_is_written(
    form: str, id_form: str, receipt_id_form: str, make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """Hex, decimal, padding, capitals: the two are the same to the hub."""
    carrier = make_carrier(
        id_form=id_form, receipt_id_form=receipt_id_form, receipt_form=form, echo_reference=False, receipt_delay_s=0.05
    )
    line = open_line(carrier.port)
    ended = send_all(line, texts(3))
    ids = {one.carrier_ids[0] for one in ended.values() if isinstance(one, Submitted)}
    receipts = line.sink.wait_for(3, 30)
    assert {one.carrier_id for one in receipts} == ids
    assert {one.state for one in receipts} == {ReceiptState.DELIVERED}


def test_receipts_that_beat_their_answers_wait_until_their_ids_are_understood(
    make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """The very first ones come in another form than the answers, and before these: none is filed under a wrong id."""
    carrier = make_carrier(early=1, answer_delay_s=0.1, id_form="dec", receipt_id_form="hex", echo_reference=False)
    line = open_line(carrier.port)
    ended = send_all(line, texts(10))
    receipts = line.sink.wait_for(10, 30)
    assert {one.carrier_id for one in receipts} == {
        one.carrier_ids[0] for one in ended.values() if isinstance(one, Submitted)
    }


def test_a_receipt_that_beats_its_answer_is_handed_over(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """Both come, with the same id; which is first is nobody's business."""
    carrier = make_carrier(early=1, answer_delay_s=0.05)
    line = open_line(carrier.port)
    ended = send_all(line, texts(20))
    receipts = line.sink.wait_for(20, 30)
    assert {one.carrier_id for one in receipts} == {
        one.carrier_ids[0] for one in ended.values() if isinstance(one, Submitted)
    }


def test_parts_have_a_receipt_each_in_any_order(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """Three parts, three ids, three receipts, and the answers and receipts come as they like."""
    carrier = make_carrier(answer_delay_s=0.02, receipt_delay_s=0.05, receipt_order="random")
    line = open_line(carrier.port)
    parts = ("a" * 153, "b" * 153, "c" * 10)
    ended = send_all(line, texts(10, parts=parts))
    ids = [id_ for one in ended.values() if isinstance(one, Submitted) for id_ in one.carrier_ids]
    receipts = line.sink.wait_for(30, 30)
    assert (len(ids), sorted(one.carrier_id for one in receipts)) == (30, sorted(ids))
    assert (carrier.count().incomplete(), set(carrier.count().times_taken().values())) == (set(), {1})


@pytest.mark.parametrize("fate", [Fate.THROTTLE, Fate.QUEUE_FULL])
def test_a_text_that_is_put_off_is_not_lost(fate: Fate, make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """Some of them are put off; in the end all were taken, and each once."""
    carrier = make_carrier()
    line = open_line(carrier.port)
    carrier.script(Fate.TAKE, fate, fate, Fate.TAKE, fate)
    ended = send_all(line, texts(4))
    assert {type(one) for one in ended.values()} == {Submitted}
    assert (len(carrier.count().taken), set(carrier.count().times_taken().values())) == (4, {1})


def test_a_carrier_that_takes_so_many_in_a_second_gets_no_more_for_long(
    make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """The line slows down to what the carrier takes: it hears fewer complaints than texts, and loses none."""
    carrier = make_carrier(rate=60)
    line = open_line(carrier.port)
    ended = send_all(line, texts(120))
    assert {type(one) for one in ended.values()} == {Submitted}
    assert carrier.said()[Fate.THROTTLE.value] < 120


def test_a_later_part_that_is_throttled_is_written_again(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """A long text is whole at the carrier, and no part is there twice."""
    carrier = make_carrier()
    line = open_line(carrier.port)
    carrier.script(Fate.TAKE, Fate.THROTTLE, Fate.TAKE, Fate.THROTTLE)
    ended = send_all(line, texts(1, parts=("a" * 153, "b" * 153, "c")))
    assert {type(one) for one in ended.values()} == {Submitted}
    assert sorted(one.part for one in carrier.count().taken) == [1, 2, 3]


@pytest.mark.parametrize(
    ("fate", "expected"),
    [
        (Fate.DROP, Unknown),
        (Fate.LOSE_ANSWER, Unknown),
        (Fate.TEAR, Unknown),
        (Fate.RUBBISH, Unknown),
        (Fate.REJECT, Rejected),
        (Fate.UNBIND, Submitted),
    ],
)
def test_what_strikes_one_text_is_told_of_that_text(
    fate: Fate, expected: type, make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """A doubt is called a doubt, a no a no; and the next text goes as always."""
    carrier = make_carrier()
    line = open_line(carrier.port, response_timeout_s=1)
    until(carrier.bound)
    carrier.script(fate)
    first, second = texts(2)
    (struck,) = line.submit(first)
    assert isinstance(struck, expected), struck
    assert isinstance(send_all(line, [second])[second.to], Submitted)
    assert set(carrier.count().times_taken().values()) == {1}


def test_a_no_to_all_is_no_outcome_but_a_pause(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """The whole batch was put off for going too fast: nothing of it was sent."""
    carrier = make_carrier(throttle=1)
    line = open_line(carrier.port)
    with pytest.raises(Throttled) as slower:
        line.submit(*texts(3))
    assert slower.value.retry_after
    assert carrier.count().taken == ()


def test_faults_of_all_kinds_at_once_lose_and_double_nothing(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """What the carrier has not is in doubt or was refused; what it has, it has once."""
    carrier = make_carrier(
        seed=11, throttle=0.003, queue_full=0.003, nack=0.01, drop=0.01, lose_answer=0.01, tear=0.01, unbind=0.01,
        rubbish=0.005, refuse_bind=0.1, early=0.1, duplicate=0.1, foreign=0.1, answer_delay_s=0.005,
        receipt_delay_s=0.02, receipt_order="random",
    )  # fmt: skip
    line = open_line(carrier.port, binds=2, response_timeout_s=2, window=20)
    ended = send_all(line, texts(200))
    taken = {f"+{to}" for to in carrier.count().times_taken()}
    yes = {to for to, one in ended.items() if isinstance(one, Submitted)}
    assert set(carrier.count().times_taken().values()) == {1}
    assert yes - taken == set()
    assert taken - yes <= in_doubt(ended)
    until(lambda: carrier.count().receipts_owed == 0)


def test_an_enquiry_of_the_carrier_is_answered(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """It asks whether we are there; we are."""
    carrier = make_carrier()
    open_line(carrier.port)
    until(carrier.bound)
    carrier.send(EnquireLink(sequence=77))
    until(lambda: carrier.said().get("EnquireLinkResp"))


def test_a_carrier_that_does_not_answer_enquiries_loses_the_link(
    make_carrier: CarrierMaker, open_line: LineMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes connections and is bound anew, each time with a reason."""
    monkeypatch.setattr("hub_smpp.session.ENQUIRY_ANSWER_S", 0.3)
    carrier = make_carrier(answers_enquiries=False)
    open_line(carrier.port, enquire_link_s=1)
    until(lambda: carrier.said().get("BindTransceiver", 0) > 1)


def test_texts_from_phones_come_in_and_are_acknowledged_once_kept(
    make_carrier: CarrierMaker, open_line: LineMaker
) -> None:
    """In the form of every alphabet, long ones put together."""
    carrier = make_carrier()
    line = open_line(carrier.port)
    phone = Phone("33612300001", "36180")
    carrier.deliver(
        [
            phone.text(b"STOP"),
            phone.text("Ça va ☂".encode("utf-16-be"), data_coding=8),
            *reversed(phone.parts((b"un ", b"deux"), 7)),
            *phone.parts_by_tlv((b"trois ", b"quatre"), 8),
        ]
    )
    received = line.sink.wait_for_texts(4, 30)
    assert {one.text for one in received} == {"STOP", "Ça va ☂", "un deux", "trois quatre"}
    until(lambda: carrier.count().texts_owed == 0)
