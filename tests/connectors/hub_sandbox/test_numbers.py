from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from hub import FailureReason, NotSent, ReceiptState, Rejected, Submitted, Throttled, Unknown
from hub.testing.contract import OpenLine, outgoing
from hub_sandbox.behaviour import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub_sandbox.ledger import Ledger

    from .conftest import TurnedClock

DELIVERED = (ReceiptState.DELIVERED, None)


@dataclass(frozen=True)
class Case:
    """What a number does: the answer, how often the carrier took it, and the receipts that come at once."""

    ending: str
    answer: type
    taken: int
    receipts: tuple[tuple[ReceiptState, FailureReason | None], ...]


CASES = (
    Case("1234", Submitted, 1, (DELIVERED,)),
    Case("0000", Submitted, 1, ()),
    Case("9901", Submitted, 1, ((ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),)),
    Case("9902", Submitted, 1, ((ReceiptState.UNDELIVERED, FailureReason.NETWORK),)),
    Case("9903", Submitted, 1, ((ReceiptState.UNDELIVERED, FailureReason.BARRED),)),
    Case("9904", Submitted, 1, ((ReceiptState.EXPIRED, None),)),
    Case("9905", Rejected, 0, ()),
    Case("9906", Submitted, 1, ()),
    Case("9907", Unknown, 1, (DELIVERED,)),
    Case("9908", Unknown, 0, ()),
    Case("9909", NotSent, 0, ()),
    Case("9910", Submitted, 1, (DELIVERED, DELIVERED)),
    Case("9911", Submitted, 1, (DELIVERED,)),
)


def test_every_number_of_the_table_has_its_case() -> None:
    """No row of the table goes untested."""
    assert set(NUMBERS) == {case.ending for case in CASES} - {"1234"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.ending)
def test_a_number_does_what_the_table_says(open_sandbox: Callable[..., OpenLine], ledger: Ledger, case: Case) -> None:
    """Answer, ledger and receipts agree with the row; an ordinary message beside it is the end of the wait."""
    line = open_sandbox()
    message, ordinary = outgoing(to=f"+3363998{case.ending}"), outgoing()
    outcome, _ = line.submit(message, ordinary)
    received = line.sink.wait_for(len(case.receipts) + 1)
    mine = tuple((receipt.state, receipt.reason) for receipt in received if receipt.client_ref == message.id)
    assert type(outcome) is case.answer
    assert ledger.times_taken()[message.id] == case.taken
    assert mine == case.receipts


@pytest.mark.parametrize("ending", sorted(NUMBERS))
def test_the_table_holds_whatever_the_odds(open_sandbox: Callable[..., OpenLine], ending: str) -> None:
    """With every odd against it, a number of the table answers as it does without."""
    case = next(case for case in CASES if case.ending == ending)
    line = open_sandbox(reject=1)
    outcome, other = line.submit(outgoing(to=f"+3363998{ending}"), outgoing())
    assert (type(outcome), type(other)) == (case.answer, Rejected)


def test_a_late_receipt_comes_late(open_sandbox: Callable[..., OpenLine], ledger: Ledger, clock: TurnedClock) -> None:
    """The number that ends in 0000 is delivered after `late_by_s` seconds."""
    line = open_sandbox(late_by_s=3600)
    line.submit(outgoing(to="+33639980000"))
    assert ledger.receipts_owed() == 1
    clock.turn(3601)
    (receipt,) = line.sink.wait_for(1)
    assert receipt.state is ReceiptState.DELIVERED


def test_an_early_receipt_is_there_before_the_answer(open_sandbox: Callable[..., OpenLine]) -> None:
    """When `submit` returns for the number that ends in 9911, the hub has its receipt."""
    line = open_sandbox(receipt_delay_s=3600)
    (outcome,) = line.submit(outgoing(to="+33639989911"))
    assert isinstance(outcome, Submitted)
    assert [receipt.carrier_id for receipt in line.sink.received] == list(outcome.carrier_ids)


def test_the_third_try_of_a_throttled_number_is_taken(open_sandbox: Callable[..., OpenLine], ledger: Ledger) -> None:
    """Two tries are put off, counted per message across workers, and the third is taken."""
    message = outgoing(to="+33639989909")
    for _ in range(2):
        with pytest.raises(Throttled):
            open_sandbox().submit(message)
    (outcome,) = open_sandbox().submit(message)
    assert isinstance(outcome, Submitted)
    assert ledger.times_taken() == {message.id: 1}
