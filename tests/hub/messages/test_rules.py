"""What becomes of a message, as tables."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.model import FailureReason, MessageState, ReceiptState
from hub.messages.rules import advance, later_part_state, merge_parts, patience, resend_after, shares

IN_DOUBT = (MessageState.SUBMITTED, MessageState.UNKNOWN, MessageState.NO_RECEIPT)
FAILED = (MessageState.UNDELIVERED, MessageState.EXPIRED, MessageState.REJECTED)
NEVER_SENT = (
    MessageState.PENDING,
    MessageState.CLAIMED,
    MessageState.SUBMITTING,
    MessageState.BLOCKED,
    MessageState.CANCELLED,
)
SETTLED_BY = {
    ReceiptState.DELIVERED: MessageState.DELIVERED,
    ReceiptState.UNDELIVERED: MessageState.UNDELIVERED,
    ReceiptState.EXPIRED: MessageState.EXPIRED,
    ReceiptState.REJECTED: MessageState.REJECTED,
}
FAILURES = (ReceiptState.UNDELIVERED, ReceiptState.EXPIRED, ReceiptState.REJECTED)
NO = None


@pytest.mark.parametrize("receipt", SETTLED_BY)
@pytest.mark.parametrize("state", IN_DOUBT)
def test_any_final_word_ends_what_waits_for_one(state: MessageState, receipt: ReceiptState) -> None:
    """Submitted, in doubt, or given up on."""
    step = advance(state, receipt)
    assert step is not None
    assert step.state is SETTLED_BY[receipt]


@pytest.mark.parametrize("state", FAILED)
def test_a_late_delivery_corrects_a_failure(state: MessageState) -> None:
    """The phone has the last word."""
    step = advance(state, ReceiptState.DELIVERED)
    assert step is not None
    assert (step.state, step.reason) == (MessageState.DELIVERED, None)


@pytest.mark.parametrize("receipt", [*FAILURES, ReceiptState.ACCEPTED, ReceiptState.UNKNOWN])
@pytest.mark.parametrize("state", [*FAILED, MessageState.DELIVERED])
def test_nothing_else_changes_a_settled_message(state: MessageState, receipt: ReceiptState) -> None:
    """The first final word counts."""
    assert advance(state, receipt) is None


@pytest.mark.parametrize("receipt", ReceiptState)
@pytest.mark.parametrize("state", NEVER_SENT)
def test_a_receipt_does_not_touch_what_was_not_sent(state: MessageState, receipt: ReceiptState) -> None:
    """Whoever it is about, it is not this one."""
    assert advance(state, receipt) is None


@pytest.mark.parametrize("state", MessageState)
def test_being_accepted_resolves_a_doubt_and_nothing_more(state: MessageState) -> None:
    """An interim receipt proves that the carrier has it."""
    step = advance(state, ReceiptState.ACCEPTED)
    assert (step.state if step else None) == (MessageState.SUBMITTED if state is MessageState.UNKNOWN else None)


@pytest.mark.parametrize("state", MessageState)
def test_a_carrier_that_does_not_know_either_changes_nothing(state: MessageState) -> None:
    """`UNKNOWN` is a word about the carrier."""
    assert advance(state, ReceiptState.UNKNOWN) is None


@pytest.mark.parametrize(
    ("receipt", "given_reason", "reason"),
    [
        (ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED, FailureReason.UNALLOCATED),
        (ReceiptState.UNDELIVERED, None, FailureReason.OTHER),
        (ReceiptState.REJECTED, None, FailureReason.OTHER),
        (ReceiptState.EXPIRED, None, None),
        (ReceiptState.EXPIRED, FailureReason.NETWORK, FailureReason.NETWORK),
    ],
)
def test_a_failure_has_the_reason_that_was_given(
    receipt: ReceiptState, given_reason: FailureReason | None, reason: FailureReason | None
) -> None:
    """Or `other`; an expiry speaks for itself."""
    step = advance(MessageState.SUBMITTED, receipt, given_reason)
    assert step is not None
    assert step.reason is reason


@given(st.lists(st.sampled_from(ReceiptState)))
def test_a_message_never_leaves_delivered(receipts: list[ReceiptState]) -> None:
    """Whatever comes, in whatever order."""
    state = MessageState.SUBMITTED
    for receipt in receipts:
        step = advance(state, receipt)
        assert step is None or state is not MessageState.DELIVERED
        state = step.state if step else state
    assert (state is MessageState.DELIVERED) == (ReceiptState.DELIVERED in receipts)


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ((ReceiptState.DELIVERED, ReceiptState.DELIVERED), ReceiptState.DELIVERED),
        ((ReceiptState.DELIVERED, None), NO),
        ((ReceiptState.DELIVERED, ReceiptState.ACCEPTED), NO),
        ((ReceiptState.DELIVERED, ReceiptState.UNKNOWN), NO),
        ((ReceiptState.DELIVERED, ReceiptState.UNDELIVERED), ReceiptState.UNDELIVERED),
        ((None, ReceiptState.EXPIRED), ReceiptState.EXPIRED),
        ((ReceiptState.REJECTED, ReceiptState.EXPIRED), ReceiptState.REJECTED),
        ((ReceiptState.DELIVERED,), ReceiptState.DELIVERED),
        ((), NO),
    ],
)
def test_parts_make_a_whole(parts: tuple[ReceiptState | None, ...], whole: ReceiptState | None) -> None:
    """Delivered when all are, failed when one is, open until then."""
    merged = merge_parts([(part, None) for part in parts])
    assert (merged[0] if merged else None) is whole


def test_the_part_that_failed_gives_the_reason() -> None:
    """The whole failed because of it."""
    parts = [(ReceiptState.DELIVERED, None), (ReceiptState.UNDELIVERED, FailureReason.BARRED)]
    assert merge_parts(parts) == (ReceiptState.UNDELIVERED, FailureReason.BARRED)


@pytest.mark.parametrize(
    ("known", "told", "later"),
    [
        (None, ReceiptState.ACCEPTED, ReceiptState.ACCEPTED),
        (ReceiptState.ACCEPTED, ReceiptState.DELIVERED, ReceiptState.DELIVERED),
        (ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.DELIVERED),
        (ReceiptState.DELIVERED, ReceiptState.ACCEPTED, ReceiptState.DELIVERED),
        (ReceiptState.UNDELIVERED, ReceiptState.ACCEPTED, ReceiptState.UNDELIVERED),
        (ReceiptState.UNDELIVERED, ReceiptState.DELIVERED, ReceiptState.DELIVERED),
    ],
)
def test_a_part_after_one_more_receipt(known: ReceiptState | None, told: ReceiptState, later: ReceiptState) -> None:
    """Delivered stays; a final word beats an interim one."""
    assert later_part_state(known, told) is later


@pytest.mark.parametrize(("room", "askers", "share"), [(500, 1, 500), (500, 3, 166), (2, 5, 1), (0, 5, 1), (10, 0, 10)])
def test_room_is_shared_and_nobody_gets_nothing(room: int, askers: int, share: int) -> None:
    """At least one each."""
    assert shares(room, askers) == share


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(5, 5), (0, 0), (-3, 0), (1e18, 3600), (math.inf, 3600), (math.nan, 0), (0.25, 0.25)]
)
def test_a_carrier_that_asks_for_an_odd_pause_gets_a_reasonable_one(asked_s: float, waited_s: float) -> None:
    """An hour at most, and never into the past."""
    assert patience(asked_s) == timedelta(seconds=waited_s)


def test_resending_waits_longer_each_time_and_ends() -> None:
    """Five tries are all a person has to bear."""
    waits = [resend_after(tries) for tries in range(1, 7)]
    assert waits == [timedelta(seconds=s) for s in (15, 30, 60, 120)] + [None, None]
