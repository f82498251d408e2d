"""Numbers that carriers say are nobody's: counted with the receipts, proposed after two campaigns in a row."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from hub.compliance.model import Purpose
from hub.messages.connector import Rejected
from hub.messages.model import CampaignRequest, DeliveryReceipt, FailureReason, MessageState, ReceiptState, Recipient
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

    from .conftest import Twin

DELIVERED, NOBODYS = (ReceiptState.DELIVERED, None), (ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED)
NETWORK, SILENT = (ReceiptState.UNDELIVERED, FailureReason.NETWORK), None
FR, OTHER = "+33612345678", "+33612345679"


def campaign(hub: TestHub, word: Any, *numbers: str) -> Acceptance:
    """A campaign, and what the carrier says of all of its messages."""
    answer = hub.send(*numbers)
    hub.drain()
    if word:
        tell(hub, answer, word)
    return answer


def tell(hub: TestHub, answer: Acceptance, word: Any) -> None:
    """The carrier says that of all of a campaign's messages."""
    ids = [carrier_id_of(message.id) for message in answer.messages]
    hub.core.settler.receipts("carrier", [DeliveryReceipt(one, *word) for one in ids])


def proposed(hub: TestHub) -> list[str]:
    """The numbers that are proposed."""
    return [one.number for one in hub.core.unallocated.proposed(hub.account.id)]


@pytest.mark.parametrize(
    ("words", "is_proposed"),
    [
        ([NOBODYS], False),
        ([NOBODYS, NOBODYS], True),
        ([NOBODYS, NOBODYS, NOBODYS], True),
        ([NOBODYS, DELIVERED, NOBODYS], False),
        ([NOBODYS, DELIVERED, NOBODYS, NOBODYS], True),
        ([NOBODYS, NOBODYS, DELIVERED], False),
        ([NOBODYS, NETWORK, NOBODYS], True),
        ([NOBODYS, SILENT, NOBODYS], True),
        ([NETWORK, NETWORK, NETWORK], False),
    ],
)
def test_a_number_is_proposed_after_two_campaigns_in_a_row(
    hub: TestHub, words: Sequence[Any], *, is_proposed: bool
) -> None:
    """A delivery resets the count; other words say nothing of whose a number is."""
    for word in words:
        campaign(hub, word)
    assert proposed(hub) == ([FR] if is_proposed else [])


def test_one_campaign_counts_once_however_often_its_carrier_says_so(hub: TestHub) -> None:
    """Receipts are repeated for days."""
    answer = campaign(hub, NOBODYS)
    tell(hub, answer, NOBODYS)
    assert proposed(hub) == []


def test_a_late_delivery_resets_the_count_too(hub: TestHub) -> None:
    """It corrects the message, and with it the number."""
    first = campaign(hub, NOBODYS)
    campaign(hub, NOBODYS)
    before = proposed(hub)
    tell(hub, first, DELIVERED)
    assert (before, proposed(hub)) == ([FR], [])


def test_a_carrier_that_refuses_a_number_at_once_as_nobodys_counts(hub: TestHub) -> None:
    """Some say so in their answer."""
    hub.carrier.answer = lambda _: Rejected(FailureReason.UNALLOCATED, "11", "invalid destination")
    for _ in range(2):
        campaign(hub, None)
    assert proposed(hub) == [FR]


def test_two_campaigns_may_report_in_one_batch(hub: TestHub) -> None:
    """Each counts."""
    answers = [campaign(hub, None) for _ in range(2)]
    ids = [carrier_id_of(answer.messages[0].id) for answer in answers]
    hub.core.settler.receipts("carrier", [DeliveryReceipt(one, *NOBODYS) for one in ids])
    assert proposed(hub) == [FR]


def test_another_account_counts_for_itself(hub: TestHub) -> None:
    """Tenants do not feel one another."""
    other, _ = hub.core.accounts.create("Autre", "FR", credits_=10)
    campaign(hub, NOBODYS)
    request = CampaignRequest(other.id, "Bonjour", (Recipient(FR),), Purpose.ALERT)
    answers = [hub.core.accept(request) for _ in range(2)]
    hub.drain()
    tell(hub, answers[0], NOBODYS)
    assert (proposed(hub), hub.core.unallocated.proposed(other.id)) == ([], ())
    tell(hub, answers[1], DELIVERED)
    campaign(hub, NOBODYS)
    assert proposed(hub) == [FR]


def test_what_is_proposed_is_still_texted_and_what_was_added_is_not(hub: TestHub) -> None:
    """Nobody is kept out without a person's word."""
    for _ in range(2):
        campaign(hub, NOBODYS, FR, OTHER)
    assert hub.send(FR).messages[0].state is MessageState.PENDING
    hub.core.unallocated.add(hub.account.id, [FR])
    blocked = hub.send(FR, OTHER).messages
    assert [(one.state, one.reason) for one in blocked] == [("blocked", "unallocated"), ("pending", None)]


def test_a_batch_asks_once_whatever_its_size(hub: TestHub) -> None:
    """The count costs a look per batch, and no write where nothing was counted."""
    heard: list[str] = []

    def hear(*words: Any) -> None:
        heard.append(words[2])

    answer = campaign(hub, None, *(f"+336123{place:05d}" for place in range(60)))
    event.listen(hub.core.store.engine, "before_cursor_execute", hear)
    tell(hub, answer, DELIVERED)
    assert len([said for said in heard if "unallocated_numbers" in said]) == 1


def test_a_batch_of_numbers_that_are_nobodys_is_written_at_once(hub: TestHub) -> None:
    """One statement for all of them."""
    heard: list[str] = []

    def hear(*words: Any) -> None:
        heard.append(words[2])

    answer = campaign(hub, None, *(f"+336123{place:05d}" for place in range(60)))
    event.listen(hub.core.store.engine, "before_cursor_execute", hear)
    tell(hub, answer, NOBODYS)
    assert len([said for said in heard if "unallocated_numbers" in said]) == 1


def test_workers_that_hear_of_the_same_numbers_at_once_count_all_of_it(hub: TestHub, twin: Twin) -> None:
    """In any order, and none waits for another for ever."""
    numbers = [f"+336123{place:05d}" for place in range(30)]
    cores = [twin(hub) for _ in range(4)]
    batches = []
    for place in range(4):
        answer = campaign(hub, None, *(numbers if place % 2 else reversed(numbers)))
        batches.append([DeliveryReceipt(carrier_id_of(message.id), *NOBODYS) for message in answer.messages])
    begin = threading.Barrier(4)

    def settle(place: int) -> None:
        begin.wait()
        for half in (batches[place][:15], batches[place][15:]):
            cores[place].settler.receipts("carrier", half)

    threads = [threading.Thread(target=settle, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = hub.core.unallocated.proposed(hub.account.id)
    assert [(one.number, one.campaigns) for one in found] == [(number, 4) for number in numbers]
