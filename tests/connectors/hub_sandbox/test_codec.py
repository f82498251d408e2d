from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub import (
    DeliveryReceipt,
    FailureReason,
    NotSent,
    PermanentFailure,
    ReceiptState,
    Rejected,
    Submitted,
    TemporaryFailure,
    Throttled,
    Unknown,
)
from hub.testing.contract import outgoing
from hub_sandbox import codec
from hub_sandbox.wire import NotAFrame


def over_the_line(value: Any) -> Any:
    """As it comes out at the other end."""
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("validity", [None, datetime(2027, 1, 4, 9, 30, tzinfo=UTC)])
def test_a_message_comes_out_as_it_went_in(validity: datetime | None) -> None:
    """Each of its fields, for every kind of text."""
    message = replace(outgoing(parts=("é\n\x0c", "🌞")), validity=validity)
    assert codec.message_from_wire(over_the_line(codec.message_to_wire(message))) == message


@pytest.mark.parametrize(
    "outcome",
    [
        Submitted(("a", "b")),
        Rejected(FailureReason.BARRED, "E1", "no"),
        NotSent("ESME_RTHROTTLED", 1.5),
        codec.NO_ANSWER,
    ],
)
def test_an_outcome_comes_out_as_it_went_in(outcome: Submitted | Rejected | NotSent | Unknown) -> None:
    """And one whose answer is lost as that."""
    assert codec.outcomes_from_wire(over_the_line([codec.outcome_to_wire(outcome)]), 1) == [outcome]


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [],
        [["submitted", ["1"]]] * 2,
        [["submitted", []]],
        [["submitted", [""]]],
        [["submitted", [1]]],
        [["submitted", "1"]],
        [["rejected", "mood", "E1", "no"]],
        [["not_sent", "E1", "soon"]],
        [["maybe"]],
        [7],
    ],
)
def test_outcomes_of_another_form_are_nonsense(rows: Any) -> None:
    """Too few, too many, without ids, of unknown words."""
    with pytest.raises(NotAFrame):
        codec.outcomes_from_wire(rows, 1)


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (TemporaryFailure("later"), None),
        (Throttled("slower", retry_after=timedelta(seconds=2)), timedelta(seconds=2)),
        (PermanentFailure("never"), None),
    ],
)
def test_a_no_to_a_whole_call_comes_out_as_it_went_in(
    error: TemporaryFailure | PermanentFailure, pause: timedelta | None
) -> None:
    """Its kind, its words, and when to come back."""
    found = codec.error_from_wire(over_the_line(codec.error_to_wire(error)))
    assert (type(found), str(found), getattr(found, "retry_after", None)) == (type(error), str(error), pause)


@pytest.mark.parametrize(
    "row", [None, [], ["temporary"], ["permanent", "x", 1], ["odd", "x", None], ["throttled", 1, 2]]
)
def test_an_error_of_another_form_is_nonsense(row: Any) -> None:
    """Whatever it is."""
    with pytest.raises(NotAFrame):
        codec.error_from_wire(row)


def test_a_receipt_comes_out_as_it_went_in() -> None:
    """Each of its fields."""
    receipt = DeliveryReceipt("1", ReceiptState.UNDELIVERED, FailureReason.NETWORK, "027", "ref", "+336", "id:1 é")
    assert codec.receipts_from_wire(over_the_line([codec.receipt_to_wire(receipt)])) == [receipt]


@pytest.mark.parametrize(
    "rows",
    [
        7,
        [7],
        [["1"]],
        [[1, "delivered", None, None, None, None, ""]],
        [["1", "odd", None, None, None, None, ""]],
        [["1", "delivered", None, None, None, None, None]],
        [["1", "delivered", None, {}, None, None, ""]],
    ],
)
def test_receipts_of_another_form_are_nonsense(rows: Any) -> None:
    """Too short, without an id, of unknown words."""
    with pytest.raises(NotAFrame):
        codec.receipts_from_wire(rows)


@pytest.mark.parametrize("row", [7, [], ["id", "to"], ["i", "t", "s", "x", "gsm", ["x"], "odd", None]])
def test_a_message_of_another_form_is_nonsense(row: Any) -> None:
    """The carrier hangs up on it."""
    with pytest.raises(NotAFrame):
        codec.message_from_wire(row)
