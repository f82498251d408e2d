from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import NotSent, Rejected, Submitted, TemporaryFailure, Throttled, Unknown
from hub.testing.contract import OpenLine, outgoing

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub import Outcome
    from hub_sandbox.ledger import Ledger

    from .conftest import TurnedClock


def _send(line: OpenLine, number: int = 200) -> list[Outcome]:
    return line.submit(*[outgoing(to=f"+3363998{2000 + one}") for one in range(number)])


@pytest.mark.parametrize(
    ("key", "answer", "is_taken"),
    [("reject", Rejected, False), ("throttle", NotSent, False), ("lost_answers", Unknown, True)],
)
def test_a_share_of_messages_gets_the_fault(
    open_sandbox: Callable[..., OpenLine], ledger: Ledger, key: str, answer: type, *, is_taken: bool
) -> None:
    """At odds of 0.3 about that share has the fault and the rest is submitted; the ledger has what was taken."""
    outcomes = _send(open_sandbox(**{key: 0.3}))
    hit = sum(type(outcome) is answer for outcome in outcomes)
    submitted = sum(type(outcome) is Submitted for outcome in outcomes)
    assert 30 < hit < 90
    assert hit + submitted == 200
    assert len(ledger.submissions()) == (200 if is_taken else submitted)


def test_a_lost_answer_is_settled_by_its_receipt(open_sandbox: Callable[..., OpenLine]) -> None:
    """What was taken without an answer is reported, with our reference."""
    line = open_sandbox(lost_answers=1)
    message = outgoing()
    assert isinstance(line.submit(message)[0], Unknown)
    assert line.sink.wait_for(1)[0].client_ref == message.id


def test_a_batch_that_is_all_put_off_is_throttled(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """The whole call fails, says when to come back, and nothing was taken."""
    with pytest.raises(Throttled) as caught:
        _send(open_sandbox(throttle=1))
    assert caught.value.retry_after is not None
    assert ledger.submissions() == []


def test_a_broken_line_takes_nothing(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """`disconnect` is a temporary failure before anything was taken."""
    with pytest.raises(TemporaryFailure):
        _send(open_sandbox(disconnect=1))
    assert ledger.submissions() == []


def test_a_lost_batch_is_taken_whole(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """`lost_batches` breaks the line after the carrier took everything: nobody is told, and the receipts come."""
    line = open_sandbox(lost_batches=1)
    with pytest.raises(ConnectionResetError):
        _send(line, 5)
    assert len(ledger.submissions()) == 5
    assert len(line.sink.wait_for(5)) == 5


@pytest.mark.parametrize(("key", "error"), [("silent", TimeoutError), ("garbage", ValueError)])
def test_a_batch_without_a_usable_answer_is_taken_whole(
    open_sandbox: Callable[..., OpenLine], ledger: Ledger, key: str, error: type[Exception]
) -> None:
    """The carrier took everything, and the hub is left with an error that says nothing about it."""
    line = open_sandbox(**{key: 1}, answer_timeout_s=0.05)
    with pytest.raises(error):
        _send(line, 5)
    assert len(ledger.submissions()) == 5
    assert len(line.sink.wait_for(5)) == 5


def test_duplicate_receipts_say_the_same_twice(open_sandbox: Callable[..., OpenLine]) -> None:
    """Each receipt comes two times under its one id."""
    line = open_sandbox(duplicate_receipts=1)
    (outcome,) = line.submit(outgoing())
    first, second = line.sink.wait_for(2)
    assert isinstance(outcome, Submitted)
    assert first == second
    assert (first.carrier_id,) == outcome.carrier_ids


def test_foreign_receipts_belong_to_no_message(open_sandbox: Callable[..., OpenLine]) -> None:
    """A second receipt comes, under an id that nobody was given and with no reference."""
    line = open_sandbox(foreign_receipts=1)
    (outcome,) = line.submit(outgoing())
    assert isinstance(outcome, Submitted)
    strangers = [one for one in line.sink.wait_for(2) if one.carrier_id not in outcome.carrier_ids]
    assert [stranger.client_ref for stranger in strangers] == [None]


def test_early_receipts_are_there_before_the_answers(open_sandbox: Callable[..., OpenLine]) -> None:
    """When `submit` returns, the hub has every receipt."""
    line = open_sandbox(early_receipts=1, receipt_delay_s=3600)
    _send(line, 20)
    assert len(line.sink.received) == 20


def test_late_receipts_wait_for_their_time(
    open_sandbox: Callable[..., OpenLine], ledger: Ledger, clock: TurnedClock
) -> None:
    """Receipts that the odds make late come after `late_by_s` seconds."""
    line = open_sandbox(late_receipts=1, late_by_s=100)
    _send(line, 20)
    assert ledger.receipts_owed() == 20
    clock.turn(101)
    assert len(line.sink.wait_for(20)) == 20


def test_random_order_mixes_a_batch(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """Receipts come in another order than the messages, each once."""
    line = open_sandbox(receipt_order="random")
    _send(line, 50)
    came = [receipt.client_ref for receipt in line.sink.wait_for(50)]
    sent = [submission.client_ref for submission in ledger.submissions()]
    assert came != sent
    assert sorted(map(str, came)) == sorted(sent)


def test_receipts_come_in_the_order_of_the_messages(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """Unless told otherwise."""
    line = open_sandbox()
    _send(line, 50)
    came = [receipt.client_ref for receipt in line.sink.wait_for(50)]
    assert came == [submission.client_ref for submission in ledger.submissions()]


def test_the_same_seed_rolls_the_same_faults(open_sandbox: Callable[..., OpenLine]) -> None:
    """Two sandboxes with one seed answer alike."""
    kinds = [
        [type(outcome) for outcome in _send(open_sandbox(seed=42, throttle=0.3, reject=0.3, lost_answers=0.3), 50)]
        for _ in range(2)
    ]
    assert kinds[0] == kinds[1]
    assert len(set(kinds[0])) == 4


def test_what_comes_faster_than_the_rate_is_put_off(open_sandbox: Callable[..., OpenLine], clock: TurnedClock) -> None:
    """At 10 segments a second, the line books one second ahead, whichever worker asks, and frees up again."""
    clock.stand()
    first = _send(open_sandbox(rate=10), 30)
    clock.turn(1)
    second = _send(open_sandbox(rate=10), 30)
    assert [sum(type(outcome) is Submitted for outcome in outcomes) for outcomes in (first, second)] == [11, 10]


def test_a_long_text_takes_its_segments_of_the_rate(open_sandbox: Callable[..., OpenLine], clock: TurnedClock) -> None:
    """Messages of five parts use the line five times as long."""
    clock.stand()
    outcomes = open_sandbox(rate=10).submit(*[outgoing(parts="abcde") for _ in range(10)])
    assert sum(type(outcome) is Submitted for outcome in outcomes) == 3


def test_put_off_messages_are_told_when_to_come_back(open_sandbox: Callable[..., OpenLine], clock: TurnedClock) -> None:
    """After the seconds that the answer names, the line has room."""
    clock.stand()
    line = open_sandbox(rate=10)
    refused = _send(line, 30)[-1]
    assert isinstance(refused, NotSent)
    clock.turn(refused.retry_after_s + 0.001)
    assert isinstance(_send(line, 1)[0], Submitted)
