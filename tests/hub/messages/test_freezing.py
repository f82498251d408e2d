"""Figures that are frozen after 48 hours, and receipts that correct them."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from hub.messages.arrivals import Arrival
from hub.messages.connector import Unknown
from hub.messages.model import CampaignView, DeliveryReceipt, FailureReason, MessageState, ReceiptState, Tally
from hub.messages.settle import apply_receipts
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

    from .conftest import Twin

DELIVERED, UNDELIVERED = MessageState.DELIVERED, MessageState.UNDELIVERED
NUMBERS = ("+33612345678", "+33612345679", "+33612345680")


def sent(hub: TestHub, *numbers: str) -> Acceptance:
    """An alert that the carrier has."""
    answer = hub.send(*numbers)
    hub.drain()
    return answer


def report(
    hub: TestHub, answer: Acceptance, state: ReceiptState, place: int = 0, reason: FailureReason | None = None
) -> None:
    """The carrier reports on a message."""
    hub.core.settler.receipts("carrier", [DeliveryReceipt(carrier_id_of(answer.messages[place].id), state, reason)])


def pass_by(hub: TestHub, **wait: int) -> int:
    """Time passes, and the scheduler does what is due; how many campaigns were frozen."""
    hub.clock.advance(timedelta(**wait))
    hub.core.sweeper.give_up_waiting()
    hub.core.sweeper.finish_campaigns()
    return hub.core.freezer.freeze_figures()


def view(hub: TestHub, answer: Acceptance) -> CampaignView:
    """The campaign as its owner sees it."""
    return hub.core.campaign(hub.account.id, answer.campaign_id)


def test_figures_are_frozen_48_hours_after_the_last_submission(hub: TestHub) -> None:
    """By state and reason; what is silent is without a receipt by then."""
    answer = sent(hub, *NUMBERS)
    report(hub, answer, ReceiptState.DELIVERED, 0)
    report(hub, answer, ReceiptState.UNDELIVERED, 1, reason=FailureReason.UNALLOCATED)
    assert (pass_by(hub, hours=47, minutes=59), view(hub, answer).figures) == (0, None)
    assert pass_by(hub, minutes=2) == 1
    seen = view(hub, answer)
    assert seen.figures == (
        Tally(DELIVERED, None, 1),
        Tally(MessageState.NO_RECEIPT, None, 1),
        Tally(UNDELIVERED, "unallocated", 1),
    )
    assert (seen.frozen_at, seen.corrected) == (hub.clock.now(), False)


def test_a_campaign_that_leaves_late_is_frozen_later(hub: TestHub) -> None:
    """The clock of its figures starts with its last submission, not with its acceptance."""
    answer = hub.send(send_at=hub.clock.now() + timedelta(days=5))
    hub.clock.advance(days=5, seconds=1)
    hub.drain()
    report(hub, answer, ReceiptState.DELIVERED)
    assert [pass_by(hub, hours=wait) for wait in (1, 46, 2)] == [0, 0, 1]


def test_within_the_48_hours_a_correction_is_no_correction(hub: TestHub) -> None:
    """Nobody has seen final figures yet."""
    answer = sent(hub)
    report(hub, answer, ReceiptState.UNDELIVERED)
    pass_by(hub, hours=1)
    report(hub, answer, ReceiptState.DELIVERED)
    pass_by(hub, hours=48)
    seen = view(hub, answer)
    assert (seen.figures, seen.corrected) == ((Tally(DELIVERED, None, 1),), False)


@pytest.mark.parametrize("first", [None, ReceiptState.UNDELIVERED, ReceiptState.EXPIRED])
def test_a_later_receipt_leaves_the_figures_and_marks_them_corrected(hub: TestHub, first: ReceiptState | None) -> None:
    """It counts all the same: the message, and the counts of now, follow it (F23)."""
    answer = sent(hub)
    if first:
        report(hub, answer, first)
    pass_by(hub, hours=49)
    before = view(hub, answer)
    hub.clock.advance(days=4)
    report(hub, answer, ReceiptState.DELIVERED)
    seen = view(hub, answer)
    assert (seen.figures, seen.by_state) == (before.figures, {DELIVERED: 1})
    assert (before.corrected, seen.corrected, seen.corrected_at) == (False, True, hub.clock.now())


def test_a_later_receipt_that_says_nothing_new_corrects_nothing(hub: TestHub) -> None:
    """Carriers repeat themselves for days."""
    answer = sent(hub)
    report(hub, answer, ReceiptState.DELIVERED)
    pass_by(hub, hours=49)
    report(hub, answer, ReceiptState.DELIVERED)
    report(hub, answer, ReceiptState.UNDELIVERED)
    assert view(hub, answer).corrected is False


def test_what_a_late_receipt_finds_in_doubt_corrects_too(hub: TestHub) -> None:
    """It had been given up."""
    hub.carrier.answer = lambda _: Unknown("lost")
    answer = sent(hub)
    pass_by(hub, hours=49)
    receipt = DeliveryReceipt("theirs", ReceiptState.DELIVERED, client_ref=answer.messages[0].id)
    hub.core.settler.receipts("carrier", [receipt])
    seen = view(hub, answer)
    assert (seen.figures, seen.corrected) == ((Tally(MessageState.NO_RECEIPT, "answer_lost", 1),), True)


def test_a_cancelled_campaign_is_frozen_with_what_had_left_and_what_had_not(make: Callable[..., TestHub]) -> None:
    """48 hours after what had."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "1"})
    answer = hub.send(*NUMBERS)

    def meanwhile(_: object) -> None:
        hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)

    hub.carrier.before = meanwhile
    hub.drain()
    waits = [pass_by(hub, hours=wait) for wait in (47, 2)]
    assert (waits, view(hub, answer).figures) == (
        [0, 1],
        (Tally(MessageState.CANCELLED, None, 2), Tally(MessageState.NO_RECEIPT, None, 1)),
    )


def test_what_is_still_on_its_way_is_not_frozen(hub: TestHub) -> None:
    """However old it is."""
    answer = hub.send(*NUMBERS[:2])
    hub.clock.advance(hours=1)
    hub.drain()
    hub.core.sweeper.finish_campaigns()
    hub.clock.advance(hours=60)
    assert (hub.core.freezer.freeze_figures(), view(hub, answer).figures) == (0, None)


def test_old_campaigns_are_frozen_in_several_steps(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that was upgraded has years of them."""
    monkeypatch.setattr("hub.messages.freezing.BATCH", 2)
    answers = [sent(hub, NUMBERS[0]) for _ in range(5)]
    assert pass_by(hub, hours=49) == 5
    assert [view(hub, answer).figures for answer in answers] == [(Tally(MessageState.NO_RECEIPT, None, 1),)] * 5


def test_they_are_frozen_once(hub: TestHub) -> None:
    """The next look finds nothing to do."""
    sent(hub)
    assert (pass_by(hub, hours=49), pass_by(hub, hours=49)) == (1, 0)


def test_a_receipt_between_counting_and_freezing_is_counted(hub: TestHub, twin: Twin) -> None:
    """The figures are those of one moment, or are marked."""
    answer = sent(hub)
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    hub.core.sweeper.finish_campaigns()
    other = twin(hub)
    receipts = [[DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)]]

    def meanwhile(*words: object) -> None:
        if receipts and "max(messages.submitted_at)" in str(words[2]):
            other.settler.receipts("carrier", receipts.pop())

    event.listen(hub.core.store.engine, "after_cursor_execute", meanwhile)
    frozen = hub.core.freezer.freeze_figures()
    seen = view(hub, answer)
    assert (frozen, receipts, seen.figures, seen.corrected) == (1, [], (Tally(DELIVERED, None, 1),), False)


def test_a_receipt_that_is_being_applied_while_figures_are_frozen_is_counted(hub: TestHub, twin: Twin) -> None:
    """It was counted without, and is waited for before anything is kept."""
    answer = sent(hub)
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    hub.core.sweeper.finish_campaigns()
    now, counted = hub.clock.now(), threading.Event()
    receipt = DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)

    def hear(*words: object) -> None:
        if "max(messages.submitted_at)" in str(words[2]):
            counted.set()

    event.listen(hub.core.store.engine, "after_cursor_execute", hear)
    thread = threading.Thread(target=hub.core.freezer.freeze_figures)
    with twin(hub).store.write("test") as connection:
        apply_receipts(connection, "carrier", [Arrival(receipt, now)], now)
        thread.start()
        assert counted.wait(30)
    thread.join()
    seen = view(hub, answer)
    assert (seen.figures, seen.corrected) == ((Tally(DELIVERED, None, 1),), False)


def test_the_operator_says_after_how_many_hours(make: Callable[..., TestHub]) -> None:
    """As for messages without a receipt."""
    hub = make(settings={"HUB_MESSAGES_NO_RECEIPT_HOURS": "2"})
    sent(hub)
    assert pass_by(hub, hours=3) == 1


def test_the_list_of_campaigns_has_their_figures(hub: TestHub) -> None:
    """Without counting anything."""
    sent(hub)
    pass_by(hub, hours=49)
    (found,) = hub.core.campaigns.latest(hub.account.id)
    assert found.figures == (Tally(MessageState.NO_RECEIPT, None, 1),)
