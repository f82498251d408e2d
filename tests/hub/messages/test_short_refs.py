"""Doubts that 16 bits and a number resolve, and those that they do not."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from hub.messages.connector import Submitted, Unknown
from hub.messages.model import DeliveryReceipt, FailureReason, MessageState, ReceiptState, short_ref_of
from hub.messages.tables import message_parts, messages, parked_receipts

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

    from .conftest import Twin

DELIVERED, UNDELIVERED, ACCEPTED = ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.ACCEPTED
UNKNOWN, SUBMITTED, ARRIVED = MessageState.UNKNOWN, MessageState.SUBMITTED, MessageState.DELIVERED
FR, OTHER = "+33612345678", "+33612345679"
TWO_PARTS, THREE_PARTS = "x" * 200, "x" * 400


def lost(hub: TestHub, *numbers: str, text: str = "Bonjour") -> Acceptance:
    """An alert of which nobody knows whether the carrier has it."""
    hub.carrier.answer = lambda _: Unknown("lost")
    answer = hub.send(*numbers, text=text)
    hub.drain()
    hub.carrier.answer = lambda _: None
    return answer


def of(answer: Acceptance, carrier_id: str, state: ReceiptState = DELIVERED, **more: Any) -> DeliveryReceipt:
    """A receipt for the first message of a campaign that echoes its short reference."""
    (message, *_) = answer.messages
    echoed = {"to": message.to, "short_ref": short_ref_of(message.id), **more}
    return DeliveryReceipt(carrier_id, state, **echoed)


def told(hub: TestHub, *receipts: DeliveryReceipt, connector: str = "carrier") -> None:
    """The carrier reports, all at once."""
    hub.core.settler.receipts(connector, receipts)


def state_of(hub: TestHub, answer: Acceptance) -> MessageState:
    """Where the first message stands."""
    return hub.states(answer.campaign_id)[0]


def count_of(hub: TestHub, table: Any) -> int:
    """How many rows a table has."""
    with hub.core.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


# --- one segment ---


@pytest.mark.parametrize(
    ("receipt", "state", "credits_"),
    [
        (DELIVERED, ARRIVED, (999, 0, 1)),
        (UNDELIVERED, MessageState.UNDELIVERED, (999, 0, 1)),
        (ACCEPTED, SUBMITTED, (999, 0, 1)),
        (ReceiptState.UNKNOWN, UNKNOWN, (999, 1, 0)),
    ],
)
def test_sixteen_bits_and_the_number_resolve_a_doubt(
    hub: TestHub,
    books: Callable[[], Any],
    receipt: ReceiptState,
    state: MessageState,
    credits_: tuple[int, ...],
) -> None:
    """The carrier had it after all, and it is charged (F6)."""
    answer = lost(hub)
    told(hub, of(answer, "theirs", receipt))
    assert (state_of(hub, answer), books()) == (state, credits_)


def test_what_is_resolved_has_the_carriers_id_from_then_on(hub: TestHub) -> None:
    """The next receipt need echo nothing."""
    answer = lost(hub)
    told(hub, of(answer, "theirs", ACCEPTED))
    told(hub, DeliveryReceipt("theirs", DELIVERED))
    assert state_of(hub, answer) is ARRIVED


def test_the_reference_is_what_connectors_are_handed(hub: TestHub) -> None:
    """Sixteen bits of the message's name."""
    answer = hub.send()
    hub.drain()
    assert [one.short_ref for one in hub.carrier.taken] == [short_ref_of(answer.messages[0].id)]


def test_another_number_reference_or_carrier_resolves_nothing(hub: TestHub) -> None:
    """All three have to be the message's."""
    answer = lost(hub)
    next_one = (short_ref_of(answer.messages[0].id) + 1) % 2**16
    others: list[dict[str, Any]] = [{"to": OTHER}, {"to": None}, {"short_ref": None}, {"short_ref": next_one}]
    told(hub, *(of(answer, f"theirs {place}", **other) for place, other in enumerate(others)))
    told(hub, of(answer, "theirs"), connector="another")
    assert state_of(hub, answer) is UNKNOWN


def test_of_two_doubts_to_a_number_each_is_resolved_by_its_own_reference(hub: TestHub) -> None:
    """A number alone tells nothing."""
    first, second = lost(hub), lost(hub)
    told(hub, of(second, "theirs"))
    assert (state_of(hub, first), state_of(hub, second)) == (UNKNOWN, ARRIVED)


def test_two_doubts_with_the_same_sixteen_bits_stay_doubts(hub: TestHub) -> None:
    """It could be about either."""
    answer = lost(hub, FR, OTHER)
    reference = short_ref_of(answer.messages[0].id)
    twin = next(place for place in count(2) if short_ref_of(f"{answer.campaign_id}-{place}") == reference)
    with hub.core.store.write("test") as connection:
        second = update(messages).where(messages.c.position == 1)
        connection.execute(second.values(recipient=FR, position=twin))
    told(hub, of(answer, "theirs"))
    assert hub.states(answer.campaign_id) == [UNKNOWN, UNKNOWN]


def test_a_message_that_is_in_no_doubt_is_not_looked_for_by_sixteen_bits(hub: TestHub) -> None:
    """It has the carrier's id, which is surer."""
    answer = hub.send()
    hub.drain()
    told(hub, of(answer, "somebody else's"))
    assert (state_of(hub, answer), count_of(hub, parked_receipts)) == (SUBMITTED, 1)


def test_a_receipt_from_before_the_message_could_leave_is_not_about_it(hub: TestHub) -> None:
    """However well its reference fits."""
    early = hub.send(send_at=hub.clock.now().replace(hour=20))
    told(hub, of(early, "a stranger's"))
    hub.clock.set(hub.clock.now().replace(hour=20, minute=1))
    hub.carrier.answer = lambda _: Unknown("lost")
    hub.drain()
    assert (hub.core.settler.retry_parked(), state_of(hub, early)) == (0, UNKNOWN)


def test_a_receipt_that_came_before_the_doubt_resolves_it(hub: TestHub) -> None:
    """It waits with its reference, and is tried again."""
    answer = hub.send()
    hub.carrier.before = lambda _: told(hub, of(answer, "theirs"))
    hub.carrier.answer = lambda _: Unknown("lost")
    hub.drain()
    doubt = state_of(hub, answer)
    assert (doubt, hub.core.settler.retry_parked(), state_of(hub, answer)) == (UNKNOWN, 1, ARRIVED)


def test_a_batch_of_doubts_is_resolved_together(hub: TestHub) -> None:
    """However many there are."""
    hub.send(*(f"+336124{place:05d}" for place in range(200)))
    while hub.drain():  # the first claims of a line are small
        pass
    numbers = [f"+336123{place:05d}" for place in range(40)]
    answer = lost(hub, *numbers)
    told(hub, *(of(replace(answer, messages=(one,)), f"theirs {one.id}") for one in answer.messages))
    assert hub.states(answer.campaign_id) == [ARRIVED] * 40


# --- several segments ---


@pytest.mark.parametrize("together", [True, False])
def test_a_long_message_is_delivered_when_as_many_parts_are_as_it_has(hub: TestHub, *, together: bool) -> None:
    """Not with the first; meanwhile it is with the carrier."""
    answer = lost(hub, text=THREE_PARTS)
    parts = [of(answer, f"part {part}") for part in (2, 3, 1)]
    seen = []
    for some in [parts] if together else [[part] for part in parts]:
        told(hub, *some)
        seen.append(state_of(hub, answer))
    assert seen == ([ARRIVED] if together else [SUBMITTED, SUBMITTED, ARRIVED])
    assert count_of(hub, message_parts) == 3


def test_a_long_message_is_charged_with_its_first_part(hub: TestHub, books: Callable[[], Any]) -> None:
    """Once, for all of it."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, "part 1"))
    assert books() == (998, 0, 2)
    told(hub, of(answer, "part 2"))
    assert books() == (998, 0, 2)


def test_a_part_that_fails_ends_a_long_message(hub: TestHub) -> None:
    """For its own reason."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, "part 1"))
    told(hub, of(answer, "part 2", UNDELIVERED, reason=FailureReason.BARRED))
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, "barred")


def test_one_part_reported_twice_is_one_part(hub: TestHub) -> None:
    """By its carrier's id, echoed or not."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, "part 1", ACCEPTED), of(answer, "part 1"))
    told(hub, of(answer, "part 1"), DeliveryReceipt("part 1", DELIVERED))
    assert state_of(hub, answer) is SUBMITTED


def test_a_part_is_known_by_its_id_from_then_on(hub: TestHub) -> None:
    """Later receipts need echo nothing."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, "part 1", ACCEPTED), of(answer, "part 2", ACCEPTED))
    told(hub, DeliveryReceipt("part 1", DELIVERED))
    seen = state_of(hub, answer)
    told(hub, DeliveryReceipt("part 2", DELIVERED))
    assert (seen, state_of(hub, answer)) == (SUBMITTED, ARRIVED)


def test_a_long_message_of_which_a_part_stays_silent_is_never_called_delivered(hub: TestHub) -> None:
    """After two days nobody knows; the part may still come."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, "part 1"))
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    silent = state_of(hub, answer)
    told(hub, of(answer, "part 2"))
    assert (silent, state_of(hub, answer)) == (MessageState.NO_RECEIPT, ARRIVED)


def test_a_part_too_many_is_somebody_elses(hub: TestHub) -> None:
    """It waits like any receipt that fits nothing."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, *(of(answer, f"part {part}") for part in (1, 2, 3)))
    assert (state_of(hub, answer), count_of(hub, parked_receipts)) == (ARRIVED, 1)


def test_a_part_without_an_id_or_a_word_counts_for_nothing(hub: TestHub) -> None:
    """Nobody could tell it from another."""
    answer = lost(hub, text=TWO_PARTS)
    told(hub, of(answer, ""), of(answer, "part 1", ReceiptState.UNKNOWN))
    assert (state_of(hub, answer), count_of(hub, message_parts)) == (UNKNOWN, 0)


def test_parts_of_several_tries_are_not_put_together(make: Callable[..., TestHub]) -> None:
    """One part twice is not two parts."""
    hub = make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": "resend"})
    hub.carrier.answer = lambda _: Unknown("lost")
    answer = hub.send(text=TWO_PARTS)
    for _ in range(6):
        hub.drain()
        hub.clock.advance(seconds=300)
    told(hub, of(answer, "try 1, part 1"), of(answer, "try 2, part 1"))
    assert state_of(hub, answer) is UNKNOWN


def test_a_later_doubt_with_the_same_sixteen_bits_waits_for_the_open_one(hub: TestHub) -> None:
    """A part could be of either."""
    answer = lost(hub, FR, OTHER, text=TWO_PARTS)
    reference = short_ref_of(answer.messages[0].id)
    twin = next(place for place in count(2) if short_ref_of(f"{answer.campaign_id}-{place}") == reference)
    told(hub, of(answer, "part 1"))
    with hub.core.store.write("test") as connection:
        second = update(messages).where(messages.c.position == 1)
        connection.execute(second.values(recipient=FR, position=twin))
    told(hub, of(answer, "whose?"))
    assert hub.states(answer.campaign_id) == [SUBMITTED, UNKNOWN]


def test_an_answer_that_comes_late_after_all_changes_nothing(hub: TestHub, twin: Twin) -> None:
    """The sweep had called it unknown, and a part has reported meanwhile."""
    other = twin(hub)
    answer = hub.send(text=TWO_PARTS)

    def overtake(_: object) -> Submitted:
        hub.clock.advance(seconds=61)
        other.sweeper.recover_leases()
        other.settler.receipts("carrier", [of(answer, "a"), of(answer, "b")])
        return Submitted(("a", "b"))

    hub.carrier.answer = overtake
    hub.drain()
    assert state_of(hub, answer) is ARRIVED


def test_two_workers_with_a_part_each_take_turns(hub: TestHub, twin: Twin) -> None:
    """Neither overlooks what the other one noted."""
    cores = [twin(hub) for _ in range(4)]
    answer = lost(hub, text="x" * 600)
    begin = threading.Barrier(4)

    def report(place: int) -> None:
        begin.wait()
        cores[place].settler.receipts("carrier", [of(answer, f"part {place}")])

    threads = [threading.Thread(target=report, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    hub.core.settler.retry_parked()
    assert (state_of(hub, answer), count_of(hub, message_parts)) == (ARRIVED, 4)


# --- given up in doubt ---


def test_our_own_reference_settles_what_was_given_up_in_doubt(hub: TestHub, books: Callable[[], Any]) -> None:
    """Late receipts count; credits that went back stay with the account."""
    answer = lost(hub)
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    told(hub, DeliveryReceipt("theirs", DELIVERED, client_ref=answer.messages[0].id))
    told(hub, DeliveryReceipt("theirs", UNDELIVERED))
    assert (state_of(hub, answer), books()) == (ARRIVED, (1000, 0, 0))
