"""Whom an answer answers: the last text of each account to each person from each sender."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub import Purpose
from hub.messages import last
from hub.messages.connector import Rejected, Unknown
from hub.messages.last import last_texts_to
from hub.messages.model import AUTO_REPLY, DeliveryReceipt, FailureReason, MessageState, ReceiptState

if TYPE_CHECKING:
    import pytest

    from hub.store.bulk import AnyRow
    from hub.testing.hub import TestHub

NINA = "+33612345678"


def known(hub: TestHub, *numbers: str) -> list[AnyRow]:
    """What is known of these numbers."""
    with hub.core.read() as connection:
        return sorted(last_texts_to(connection, numbers or (NINA,)), key=lambda row: (row.recipient, row.sender))


def test_the_last_text_that_a_carrier_took_is_known(hub: TestHub) -> None:
    """The one before it is not any more."""
    hub.send()
    hub.drain()
    hub.clock.advance(minutes=5)
    campaign = hub.send().campaign_id
    hub.drain()
    (row,) = known(hub)
    assert (row.account_id, row.sender, row.campaign_id, row.position, row.at) == (
        hub.account.id,
        "36180",
        campaign,
        0,
        hub.clock.now(),
    )


def test_each_sender_has_its_own(hub: TestHub) -> None:
    """A name beside a number."""
    hub.send()
    hub.send(sender="SALON")
    hub.drain()
    assert [row.sender for row in known(hub)] == ["36180", "SALON"]


def test_two_texts_to_one_person_in_one_batch_leave_the_later_one(hub: TestHub) -> None:
    """A key comes once in a statement, or PostgreSQL refuses it."""
    first, second = hub.send(), hub.send()
    hub.drain()
    (row,) = known(hub)
    assert row.campaign_id == max(first.campaign_id, second.campaign_id)


def test_a_text_whose_answer_was_lost_may_be_answered_too(hub: TestHub) -> None:
    """The person may have it."""
    hub.carrier.answer = lambda _: Unknown("lost")
    campaign = hub.send().campaign_id
    hub.drain()
    assert [row.campaign_id for row in known(hub)] == [campaign]


def test_what_was_not_taken_begins_nothing(hub: TestHub) -> None:
    """Nobody can answer it."""
    hub.carrier.answer = lambda _: Rejected(FailureReason.OTHER, "no", "No.")
    hub.send()
    hub.drain()
    assert known(hub) == []


def test_an_automatic_answer_takes_no_other_texts_place(hub: TestHub) -> None:
    """Though it leaves later, or in the same batch."""
    campaign = hub.send().campaign_id
    for _ in range(2):
        hub.send(text="Merci.", source=AUTO_REPLY)
        hub.drain()
        hub.clock.advance(minutes=5)
    assert [row.campaign_id for row in known(hub)] == [campaign]


def test_many_are_noted_with_their_batch(hub: TestHub) -> None:
    """Whatever their number."""
    hub.core.accounts.add_credits(hub.account.id, 1000)
    numbers = [f"+3361234{number:04d}" for number in range(1200)]
    hub.send(*numbers, purpose=Purpose.ALERT)
    hub.drain()
    assert len(known(hub, *numbers)) == 1200


def test_what_is_too_old_is_forgotten_page_by_page(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The younger ones stay."""
    monkeypatch.setattr(last, "PAGE", 2)
    numbers = [f"+3361234567{digit}" for digit in range(5)]
    hub.send(*numbers)
    hub.drain()
    hub.clock.advance(days=399)
    hub.send(numbers[3])
    hub.drain()
    hub.clock.advance(days=2)
    left = []
    for _ in range(3):
        hub.core.sweeper.forget_last_texts()
        left.append(len(known(hub, *numbers)))
    assert (left, [row.recipient for row in known(hub, *numbers)]) == ([3, 2, 1], [numbers[3]])


def test_they_are_kept_for_more_than_a_year() -> None:
    """A greeting comes once in a year."""
    assert timedelta(days=366) < last.KEPT_FOR


def test_a_late_receipt_of_an_earlier_text_takes_no_later_ones_place(hub: TestHub) -> None:
    """What the person answers is what they read last."""
    hub.carrier.answer = lambda _: Unknown("lost")
    earlier = hub.send().campaign_id
    hub.drain()
    hub.carrier.answer = lambda _: None
    hub.clock.advance(hours=1)
    later = hub.send().campaign_id
    for _ in range(5):  # the line that lost an answer is taken up again little by little
        hub.clock.advance(seconds=10)
        hub.drain()
    hub.clock.advance(hours=1)
    assert hub.carrier.sink is not None
    hub.carrier.sink.receipts([DeliveryReceipt("x1", ReceiptState.ACCEPTED, client_ref=f"{earlier}-0", to=NINA)])
    assert (hub.states(earlier), [row.campaign_id for row in known(hub)]) == ([MessageState.SUBMITTED], [later])
