"""What becomes of texts, whatever the carrier answers."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from hub import FailureReason, NotSent, PermanentFailure, Rejected, Submitted, TemporaryFailure, Throttled, Unknown
from hub.testing.contract import outgoing
from hub_smpp.codes import Status, Tag
from hub_smpp.pdu import BindTransceiver, BindTransceiverResp, GenericNack, SubmitSm, SubmitSmResp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub_smpp.pdu import Pdu
    from tests.connectors.hub_smpp.carrier import Carrier, Peer
    from tests.connectors.hub_smpp.conftest import Connect

LONG = ("a" * 153, "b" * 153, "c")
ESME_RINVDSTADR = 0x0B


def _answers(*statuses: int) -> Callable[[Peer, Pdu], Sequence[Pdu]]:
    """These statuses in turn, then yes."""
    left = list(statuses)

    def _next(_: Peer, pdu: Pdu) -> Sequence[Pdu]:
        status = left.pop(0) if left else 0
        return [SubmitSmResp(sequence=pdu.sequence, status=status, message_id="" if status else f"id{pdu.sequence}")]

    return _next


def test_a_refused_text_is_refused_for_its_reason(carrier: Carrier, connect: Connect) -> None:
    """A status that blames the number says so."""
    carrier.on[SubmitSm] = _answers(ESME_RINVDSTADR)
    (outcome,) = connect().submit(outgoing())
    assert outcome == Rejected(FailureReason.UNALLOCATED, "ESME_RINVDSTADR", "The carrier answered ESME_RINVDSTADR.")


@pytest.mark.parametrize("status", [Status.ESME_RTHROTTLED, Status.ESME_RMSGQFUL])
def test_a_throttled_text_is_not_sent_and_the_others_are(carrier: Carrier, connect: Connect, status: int) -> None:
    """Nothing is lost: what was put off comes back as such, what was taken as taken."""
    carrier.on[SubmitSm] = _answers(0, status)
    outcomes = connect(window=1).submit(*[outgoing() for _ in range(4)])
    assert [type(outcome) for outcome in outcomes] == [Submitted, NotSent, Submitted, Submitted]


def test_a_carrier_that_throttles_everything_says_slower(carrier: Carrier, connect: Connect) -> None:
    """A batch of which nothing was taken raises what the engine slows down for."""
    carrier.on[SubmitSm] = _answers(*[Status.ESME_RTHROTTLED] * 3)
    with pytest.raises(Throttled) as slower:
        connect(window=3).submit(*[outgoing() for _ in range(3)])
    assert slower.value.retry_after is not None


def test_a_throttled_line_goes_slower(carrier: Carrier, connect: Connect) -> None:
    """Its rate stands in its status."""
    carrier.on[SubmitSm] = _answers(0, Status.ESME_RTHROTTLED)
    line = connect(window=1)
    line.submit(*[outgoing() for _ in range(2)])
    (link,) = line.connector.status()  # type: ignore[attr-defined]  # this connector's own
    assert link.rate is not None


def test_a_system_error_may_be_tried_again(carrier: Carrier, connect: Connect) -> None:
    """A temporary status is no refusal."""
    carrier.on[SubmitSm] = _answers(Status.ESME_RSYSERR)
    outcomes = connect().submit(outgoing(), outgoing())
    assert [type(outcome) for outcome in outcomes] == [NotSent, Submitted]


def test_a_carriers_own_code_loses_nothing(carrier: Carrier, connect: Connect) -> None:
    """What nobody can read is tried again."""
    carrier.on[SubmitSm] = _answers(0x0401)
    outcomes = connect().submit(outgoing(), outgoing())
    assert outcomes[0] == NotSent("0x00000401", 5.0)


def test_an_account_that_may_not_send_raises_the_alarm(carrier: Carrier, connect: Connect) -> None:
    """A batch that was refused whole for the account's sake needs a person."""
    carrier.on[SubmitSm] = _answers(Status.ESME_RINVSYSID)
    with pytest.raises(PermanentFailure, match=f"{carrier.port} refuses whatever it is sent, with ESME_RINVSYSID"):
        connect().submit(outgoing())


def test_a_refused_first_part_keeps_the_others_back(carrier: Carrier, connect: Connect) -> None:
    """No part of a long text is paid for when the first was refused."""
    carrier.on[SubmitSm] = _answers(ESME_RINVDSTADR)
    (outcome,) = connect().submit(outgoing(parts=LONG))
    assert isinstance(outcome, Rejected)
    assert len(carrier.submitted()) == 1


def test_a_later_part_that_is_put_off_is_written_again_by_itself(carrier: Carrier, connect: Connect) -> None:
    """The parts that were taken are not written twice."""
    carrier.on[SubmitSm] = _answers(0, Status.ESME_RTHROTTLED, 0, 0)
    (outcome,) = connect(window=1).submit(outgoing(parts=LONG))
    assert isinstance(outcome, Submitted)
    assert len(outcome.carrier_ids) == 3
    assert [pdu.short_message[5] for pdu in carrier.submitted()] == [1, 2, 2, 3]


def test_a_later_part_that_is_refused_ends_the_message(carrier: Carrier, connect: Connect) -> None:
    """It is not tried again as a whole: parts of it were taken."""
    carrier.on[SubmitSm] = _answers(0, ESME_RINVDSTADR)
    (outcome,) = connect(window=1).submit(outgoing(parts=LONG))
    assert isinstance(outcome, Rejected)
    assert "Part 2 of 3 was refused after others were taken" in outcome.message


def test_an_answer_that_does_not_come_is_unknown(carrier: Carrier, connect: Connect) -> None:
    """After response_timeout_s nobody knows."""
    carrier.on[SubmitSm] = lambda _, __: []
    (outcome,) = connect(response_timeout_s=0.3).submit(outgoing())
    assert isinstance(outcome, Unknown)
    assert "no answer within 0.3 s" in outcome.detail


def test_a_line_that_breaks_after_the_text_is_unknown_and_before_it_not_sent(
    carrier: Carrier, connect: Connect
) -> None:
    """What was written is in doubt, what was not is not."""

    def _break(peer: Peer, _: Pdu) -> Sequence[Pdu]:
        peer.hang_up()
        return []

    carrier.on[SubmitSm] = _break
    outcomes = connect(window=1).submit(*[outgoing() for _ in range(3)])
    assert [type(outcome) for outcome in outcomes] == [Unknown, NotSent, NotSent]


def test_answers_in_any_order_find_their_texts(carrier: Carrier, connect: Connect) -> None:
    """Sequence numbers tell them apart."""
    held: list[Pdu] = []

    def _backwards(_: Peer, pdu: Pdu) -> Sequence[Pdu]:
        held.insert(0, SubmitSmResp(sequence=pdu.sequence, message_id=pdu.destination_addr))  # type: ignore[attr-defined]
        return held if len(held) == 5 else []

    carrier.on[SubmitSm] = _backwards
    messages = [outgoing(to=f"+3363998100{number}") for number in range(5)]
    outcomes = connect(message_id_format="as_is").submit(*messages)
    assert outcomes == [Submitted((message.to[1:],)) for message in messages]


def test_a_text_that_is_not_written_in_time_goes_back(carrier: Carrier, connect: Connect) -> None:
    """A slow carrier holds a batch no longer than write_timeout_s and the answers' time."""
    carrier.on[SubmitSm] = lambda _, __: []
    outcomes = connect(window=1, write_timeout_s=0.2, response_timeout_s=1).submit(outgoing(), outgoing())
    assert [type(outcome) for outcome in outcomes] == [Unknown, NotSent]


def test_a_part_that_is_put_off_again_and_again_ends_in_doubt(carrier: Carrier, connect: Connect) -> None:
    """After write_timeout_s it is written no more; the message was begun, so it does not go back."""
    carrier.on[SubmitSm] = _answers(0, *[Status.ESME_RTHROTTLED] * 100)
    (outcome,) = connect(write_timeout_s=0.5).submit(outgoing(parts=("a" * 153, "b")))
    assert isinstance(outcome, Unknown)
    assert "1 of 2 parts were taken" in outcome.detail


def test_the_window_is_never_exceeded(carrier: Carrier, connect: Connect) -> None:
    """A carrier never holds more unanswered texts than agreed, over all lanes."""
    held: list[Pdu] = []
    most = 0

    def _two_by_two(_: Peer, pdu: Pdu) -> Sequence[Pdu]:
        nonlocal most
        held.append(SubmitSmResp(sequence=pdu.sequence, message_id=f"id{pdu.sequence}"))
        most = max(most, len(held))
        if len(held) < 4:
            return []
        answers = held[:]
        held.clear()
        return answers

    carrier.on[SubmitSm] = _two_by_two
    line = connect(window=4)
    lanes = [threading.Thread(target=line.submit, args=[outgoing() for _ in range(20)]) for _ in range(2)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    assert (most, len(carrier.submitted())) == (4, 40)


def test_a_batch_is_spread_over_the_binds(carrier: Carrier, connect: Connect) -> None:
    """All of them carry something."""
    seen: set[int] = set()
    enough = threading.Event()

    def _note(peer: Peer, pdu: Pdu) -> Sequence[Pdu | bytes]:
        seen.add(id(peer))
        if len(seen) == 3:
            enough.set()
        return carrier.accept_submit(peer, pdu)

    carrier.on[SubmitSm] = _note
    line = connect(binds=3, window=2)
    carrier.bound(3)
    _until(lambda: all(link.is_up for link in line.connector.status()))  # type: ignore[attr-defined]
    line.submit(*[outgoing() for _ in range(30)])
    assert enough.is_set()


def test_a_nack_of_a_text_is_its_answer(carrier: Carrier, connect: Connect) -> None:
    """generic_nack with the text's number refuses it."""
    carrier.on[SubmitSm] = lambda _, pdu: [GenericNack(sequence=pdu.sequence, status=Status.ESME_RINVCMDLEN)]
    (outcome,) = connect().submit(outgoing())
    assert isinstance(outcome, Rejected)


def test_a_yes_without_an_id_is_a_yes(carrier: Carrier, connect: Connect) -> None:
    """It gets an id of the hub's own, and is never sent again."""
    carrier.on[SubmitSm] = lambda _, pdu: [SubmitSmResp(sequence=pdu.sequence)]
    message = outgoing()
    assert connect().submit(message) == [Submitted((f"none-{message.id}-1",))]


def test_refused_credentials_raise_the_alarm(carrier: Carrier, connect: Connect) -> None:
    """The sentence names the carrier and its word."""
    carrier.on[BindTransceiver] = lambda _, pdu: [
        BindTransceiverResp(sequence=pdu.sequence, status=Status.ESME_RINVPASWD)
    ]
    with pytest.raises(PermanentFailure, match=rf"127.0.0.1:{carrier.port}: .*ESME_RINVPASWD.*Check system_id"):
        connect().submit(outgoing())


def test_a_bind_that_is_refused_for_now_is_temporary(carrier: Carrier, connect: Connect) -> None:
    """As where the carrier still holds the old line."""
    carrier.on[BindTransceiver] = lambda _, pdu: [
        BindTransceiverResp(sequence=pdu.sequence, status=Status.ESME_RALYBND)
    ]
    with pytest.raises(TemporaryFailure, match="ESME_RALYBND"):
        connect().submit(outgoing())


def test_a_carrier_that_does_not_listen_is_temporary(carrier: Carrier, connect: Connect) -> None:
    """Nobody is there: nothing is sent, and it is said why (F19)."""
    carrier.stop_listening()
    with pytest.raises(TemporaryFailure, match=str(carrier.port)):
        connect().submit(outgoing())


def test_a_sender_without_room_is_refused(connect: Connect) -> None:
    """One message that cannot be written keeps no other from being sent."""
    outcomes = connect().submit(outgoing(sender="\N{EURO SIGN}uro"), outgoing())
    assert [type(outcome) for outcome in outcomes] == [Rejected, Submitted]


def test_each_text_carries_the_hubs_reference(carrier: Carrier, connect: Connect) -> None:
    """Sixteen bits, which a carrier may echo in its receipt."""
    message = outgoing()
    connect().submit(message)
    (pdu,) = carrier.submitted()
    assert pdu.tlv(Tag.USER_MESSAGE_REFERENCE) == message.short_ref.to_bytes(2, "big")


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
