"""What carriers say later: receipts in any order, early, late, twice, or for nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, func, insert, select

from hub import hookimpl
from hub.messages.connector import NotSent, Submitted, Unknown
from hub.messages.model import DeliveryReceipt, FailureReason, MessageState, ReceiptState
from hub.messages.settle import PARKED_FOR
from hub.messages.tables import messages
from hub.messages.tables import parked_receipts as parked
from hub.plugin_manager import Plugins
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.model import Acceptance, MessageNotice
    from hub.testing.hub import TestHub

DELIVERED, UNDELIVERED, ACCEPTED = ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.ACCEPTED
UNKNOWN, SUBMITTED = MessageState.UNKNOWN, MessageState.SUBMITTED
FR, OTHER = "+33612345678", "+33612345679"


def sent(hub: TestHub, *numbers: str, text: str = "Bonjour") -> Acceptance:
    """An alert that the carrier has."""
    answer = hub.send(*numbers, text=text)
    hub.drain()
    return answer


def lost(hub: TestHub, *numbers: str, text: str = "Bonjour") -> Acceptance:
    """An alert of which nobody knows whether the carrier has it."""
    hub.carrier.answer = lambda _: Unknown("lost")
    answer = sent(hub, *numbers, text=text)
    hub.carrier.answer = lambda _: None
    return answer


def told(hub: TestHub, *receipts: DeliveryReceipt, connector: str = "carrier") -> None:
    """The carrier reports, all at once."""
    hub.core.settler.receipts(connector, receipts)


def of(answer: Acceptance, state: ReceiptState, part: int | None = None, **more: Any) -> DeliveryReceipt:
    """A receipt for the first message of a campaign."""
    return DeliveryReceipt(carrier_id_of(answer.messages[0].id, part), state, **more)


def state_of(hub: TestHub, answer: Acceptance) -> MessageState:
    """Where the first message stands."""
    return hub.states(answer.campaign_id)[0]


def count_parked(hub: TestHub) -> int:
    """How many receipts wait for their message."""
    with hub.core.read() as connection:
        return int(connection.execute(select(func.count()).select_from(parked)).scalar_one())


# --- one message, one receipt ---


@pytest.mark.parametrize(
    ("receipt", "state"),
    [
        (DELIVERED, MessageState.DELIVERED),
        (UNDELIVERED, MessageState.UNDELIVERED),
        (ReceiptState.EXPIRED, MessageState.EXPIRED),
        (ReceiptState.REJECTED, MessageState.REJECTED),
        (ACCEPTED, SUBMITTED),
        (ReceiptState.UNKNOWN, SUBMITTED),
    ],
)
def test_a_receipt_moves_its_message_and_what_was_charged_stays_charged(
    hub: TestHub, books: Callable[[], Any], receipt: ReceiptState, state: MessageState
) -> None:
    """The carrier bills a submission whatever becomes of it."""
    answer = sent(hub)
    told(hub, of(answer, receipt))
    assert (state_of(hub, answer), books(), count_parked(hub)) == (state, (999, 0, 1), 0)


def test_what_the_carrier_said_is_kept(hub: TestHub) -> None:
    """Reason, code and its own words, and when."""
    answer = sent(hub)
    hub.clock.advance(minutes=3)
    told(hub, of(answer, UNDELIVERED, reason=FailureReason.UNALLOCATED, code="001", raw="id:1 stat:UNDELIV err:001"))
    with hub.core.read() as connection:
        row = connection.execute(select(messages)).one()
    assert (row.reason, row.receipt_code, row.receipt_raw, row.settled_at) == (
        "unallocated",
        "001",
        "id:1 stat:UNDELIV err:001",
        hub.clock.now(),
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"code": "c\x00" * 100},
        {"raw": "raw\x00\ud800"},
        {"client_ref": "r" * 500},
        {"to": "\x00" * 100},
        {"client_ref": "-" * 60},
        {"client_ref": "01KB00000000000000000000-99999999999999999999"},
        {"client_ref": "01KB00000000000000000000-\u0663"},
    ],
)
def test_one_odd_receipt_does_not_keep_the_others_out(hub: TestHub, odd: dict[str, Any]) -> None:
    """Whatever stands in it."""
    answer = sent(hub, FR, OTHER)
    good = DeliveryReceipt(carrier_id_of(answer.messages[1].id), DELIVERED)
    told(hub, of(answer, DELIVERED, **odd), DeliveryReceipt("nobody\x00's", DELIVERED, **odd), good)
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED] * 2


def test_a_long_id_finds_its_message(hub: TestHub) -> None:
    """It is cut in the same place both times."""
    hub.carrier.answer = lambda _: Submitted(("x\x00" * 200,))
    answer = sent(hub)
    told(hub, DeliveryReceipt("x\x00" * 200, DELIVERED))
    assert state_of(hub, answer) is MessageState.DELIVERED


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (DELIVERED, DELIVERED, MessageState.DELIVERED),
        (DELIVERED, UNDELIVERED, MessageState.DELIVERED),
        (UNDELIVERED, DELIVERED, MessageState.DELIVERED),
        (UNDELIVERED, ReceiptState.EXPIRED, MessageState.UNDELIVERED),
        (ACCEPTED, DELIVERED, MessageState.DELIVERED),
        (DELIVERED, ACCEPTED, MessageState.DELIVERED),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_receipts_come_in_any_order_and_twice(
    hub: TestHub, first: ReceiptState, second: ReceiptState, state: MessageState, *, together: bool
) -> None:
    """In one batch or in two (F23)."""
    answer = sent(hub)
    for batch in [[first, second]] if together else [[first], [second]]:
        told(hub, *(of(answer, one) for one in batch))
    assert (state_of(hub, answer), count_parked(hub)) == (state, 0)


def test_another_carriers_id_is_another_id(hub: TestHub) -> None:
    """Two carriers count from one."""
    answer = sent(hub)
    told(hub, of(answer, DELIVERED), connector="another")
    assert (state_of(hub, answer), count_parked(hub)) == (SUBMITTED, 1)


def test_an_id_used_again_is_about_the_latest_message(hub: TestHub) -> None:
    """Carriers come round after a while; the others of the batch are settled too."""
    hub.carrier.answer = lambda _: Submitted(("1",))
    old = sent(hub)
    hub.clock.advance(hours=1)
    new = sent(hub)
    told(hub, DeliveryReceipt("1", DELIVERED))
    assert (state_of(hub, old), state_of(hub, new)) == (SUBMITTED, MessageState.DELIVERED)


def test_plugins_hear_of_an_end_once(make: Callable[..., TestHub]) -> None:
    """A repeated receipt is no news."""
    heard: list[MessageState] = []

    class Listener:
        hub_api = 1

        @hookimpl
        def hub_message_settled(self, messages: Sequence[MessageNotice]) -> None:
            heard.extend(message.state for message in messages)

    plugins = Plugins()
    plugins.add(Listener(), "listener")
    hub = make(plugins=plugins)
    answer = sent(hub)
    for _ in range(2):
        told(hub, of(answer, DELIVERED))
    assert heard == [MessageState.DELIVERED]


# --- parts ---


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_a_message_is_delivered_when_all_its_parts_are(hub: TestHub, order: tuple[int, ...]) -> None:
    """In any order."""
    answer = sent(hub, text="x" * 400)
    seen = []
    for part in order:
        told(hub, of(answer, DELIVERED, part))
        seen.append(state_of(hub, answer))
    assert seen == [SUBMITTED, SUBMITTED, MessageState.DELIVERED]


def test_parts_may_come_together(hub: TestHub) -> None:
    """In one batch, with repeats."""
    answer = sent(hub, text="x" * 161)
    told(hub, of(answer, ACCEPTED, 1), of(answer, DELIVERED, 2), of(answer, DELIVERED, 1), of(answer, DELIVERED, 2))
    assert state_of(hub, answer) is MessageState.DELIVERED


def test_a_message_fails_with_its_first_part_that_does(hub: TestHub) -> None:
    """For that part's reason, in that part's words."""
    answer = sent(hub, text="x" * 161)
    failed = of(answer, UNDELIVERED, 2, reason=FailureReason.BARRED, code="12", raw="part two")
    told(hub, of(answer, DELIVERED, 1, code="0", raw="part one"), failed)
    with hub.core.read() as connection:
        row = connection.execute(select(messages)).one()
    assert (row.state, row.reason, row.receipt_code, row.receipt_raw) == (
        MessageState.UNDELIVERED,
        "barred",
        "12",
        "part two",
    )


def test_a_part_delivered_after_all_makes_it_whole(hub: TestHub) -> None:
    """A late correction counts for parts too."""
    answer = sent(hub, text="x" * 161)
    for part, state in ((1, UNDELIVERED), (2, DELIVERED), (1, DELIVERED)):
        told(hub, of(answer, state, part))
    assert state_of(hub, answer) is MessageState.DELIVERED


def test_one_id_for_all_parts_is_one_receipt_for_all(hub: TestHub) -> None:
    """Some carriers put the parts together themselves."""
    hub.carrier.answer = lambda message: Submitted((f"w-{message.id}",))
    answer = sent(hub, text="x" * 400)
    told(hub, DeliveryReceipt(f"w-{answer.messages[0].id}", DELIVERED))
    assert state_of(hub, answer) is MessageState.DELIVERED


# --- too early, too late, for nobody ---


@pytest.mark.parametrize("text", ["Bonjour", "x" * 161])
def test_a_receipt_before_the_answer_waits_for_it(hub: TestHub, text: str) -> None:
    """The carrier is quicker than its own yes (F23)."""
    answer = hub.send(text=text)
    parts = (None,) if text == "Bonjour" else (1, 2)
    hub.carrier.before = lambda _: told(hub, *(of(answer, DELIVERED, part) for part in parts))
    hub.drain()
    assert (state_of(hub, answer), count_parked(hub)) == (MessageState.DELIVERED, 0)


def test_receipts_that_waited_are_applied_in_the_order_in_which_they_came(hub: TestHub) -> None:
    """The first final word counts, also when it waited."""
    answer = hub.send()
    hub.carrier.before = lambda _: told(hub, of(answer, ReceiptState.EXPIRED), of(answer, UNDELIVERED))
    hub.drain()
    assert state_of(hub, answer) is MessageState.EXPIRED


def test_a_receipt_after_two_days_of_silence_still_counts(hub: TestHub, books: Callable[[], Any]) -> None:
    """`no_receipt` is what we knew, not what happened."""
    answer = sent(hub)
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    silent = state_of(hub, answer)
    told(hub, of(answer, DELIVERED))
    assert (silent, state_of(hub, answer), books()) == (MessageState.NO_RECEIPT, MessageState.DELIVERED, (999, 0, 1))


def test_a_receipt_for_nobody_is_kept_for_three_days(hub: TestHub) -> None:
    """Then it is dropped (F23)."""
    told(hub, DeliveryReceipt("nobody's", DELIVERED))
    hub.clock.advance(PARKED_FOR)
    kept = (hub.core.settler.retry_parked(), hub.core.settler.forget_parked(), count_parked(hub))
    hub.clock.advance(seconds=1)
    assert (kept, hub.core.settler.forget_parked(), count_parked(hub)) == ((0, 0, 1), 1, 0)


def test_only_young_receipts_may_be_tried_again(hub: TestHub) -> None:
    """The others had their chance, and get another one later."""
    told(hub, DeliveryReceipt("x", DELIVERED, to=FR))
    hub.clock.advance(minutes=30)
    answer = lost(hub)
    told(hub, DeliveryReceipt("y", UNDELIVERED, client_ref="01KB-0"))
    found = hub.core.settler.retry_parked(younger_than=timedelta(minutes=10))
    assert (found, state_of(hub, answer), count_parked(hub)) == (0, UNKNOWN, 2)


def test_a_receipt_that_came_to_wait_in_anothers_place_is_not_dropped_with_it(hub: TestHub) -> None:
    """The one that was read found its message, and SQLite gave its id to the next: two workers and a scheduler."""
    settler, first = hub.core.settler, of(sent(hub), ReceiptState.DELIVERED)
    row = {"connector": "carrier", "carrier_id": first.carrier_id, "state": first.state, "raw": ""}
    with hub.core.store.write("test") as connection:
        connection.execute(insert(parked).values(**row, at=hub.clock.now()))
    read = settler._page_of_parked(0, hub.clock.now() - timedelta(hours=1))
    with hub.core.store.write("test") as connection:  # as the answer does that names it
        connection.execute(delete(parked))
    told(hub, DeliveryReceipt("second", ReceiptState.DELIVERED))
    settler._retry("carrier", [row.id for row in read])
    assert count_parked(hub) == 1


def test_a_part_hears_of_a_receipt_that_came_to_wait_in_anothers_place(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The carrier was told that it is kept, and nobody would say it again: the text stayed submitted for ever."""
    settler = hub.core.settler
    pages: list[list[Any]] = [[]]
    first, second = hub.send(FR, text="x" * 400), hub.send(OTHER, text="x" * 400)

    def report(shipments: Sequence[Any]) -> None:
        """The scheduler reads what waits before the first answer is recorded, and comes to it during the second."""
        for answer in (first, second):
            if answer.messages[0].id in {one.id for one in shipments}:
                told(hub, of(answer, DELIVERED, 2))
        if not pages[0]:
            pages[0] = list(settler._page_of_parked(0, hub.clock.now() - timedelta(hours=1)))
            return
        monkeypatch.setattr(type(settler), "_page_of_parked", lambda *_: pages.pop() if pages else [])
        settler.retry_parked()

    vars(hub.core)["limits"] = replace(hub.core.limits, batch=1)
    hub.carrier.before = report
    hub.drain()
    told(hub, *(of(answer, DELIVERED, part) for answer in (first, second) for part in (1, 3)))
    assert [state_of(hub, one) for one in (first, second)] == [MessageState.DELIVERED] * 2


def test_a_receipt_for_what_was_never_sent_changes_nothing(hub: TestHub) -> None:
    """The carrier said later; whoever has that id now is someone else."""
    hub.carrier.answer = lambda _: NotSent("later", 60)
    answer = sent(hub)
    told(hub, of(answer, DELIVERED, client_ref=answer.messages[0].id))
    assert state_of(hub, answer) is MessageState.PENDING


# --- doubts ---


@pytest.mark.parametrize(
    ("receipt", "state", "credits_"),
    [
        (DELIVERED, MessageState.DELIVERED, (999, 0, 1)),
        (UNDELIVERED, MessageState.UNDELIVERED, (999, 0, 1)),
        (ReceiptState.REJECTED, MessageState.REJECTED, (999, 0, 1)),
        (ACCEPTED, SUBMITTED, (999, 0, 1)),
        (ReceiptState.UNKNOWN, UNKNOWN, (999, 1, 0)),
    ],
)
def test_our_own_reference_resolves_a_doubt(
    hub: TestHub, books: Callable[[], Any], receipt: ReceiptState, state: MessageState, credits_: tuple[int, ...]
) -> None:
    """The carrier had it after all, and it is charged."""
    answer = lost(hub)
    told(hub, DeliveryReceipt("theirs", receipt, client_ref=answer.messages[0].id))
    assert (state_of(hub, answer), books()) == (state, credits_)


def test_a_resolved_doubt_has_the_carriers_id_from_then_on(hub: TestHub) -> None:
    """The next receipt need not name us, and nothing is left of the doubt."""
    answer = lost(hub)
    told(hub, DeliveryReceipt("theirs", ACCEPTED, client_ref=answer.messages[0].id))
    told(hub, DeliveryReceipt("theirs", DELIVERED))
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, message.reason, message.detail) == (MessageState.DELIVERED, None, None)


def test_two_receipts_at_once_resolve_a_doubt_once(hub: TestHub, books: Callable[[], Any]) -> None:
    """One for each part, both with our reference: it is charged once."""
    answer = lost(hub, text="x" * 161)
    name = answer.messages[0].id
    told(hub, *(DeliveryReceipt(f"part {part}", DELIVERED, client_ref=name) for part in (1, 2)))
    assert (state_of(hub, answer), books()) == (MessageState.DELIVERED, (998, 0, 2))


def test_a_reference_that_came_before_the_doubt_resolves_it(hub: TestHub) -> None:
    """It is tried again when the answer is known to be lost."""
    answer = hub.send()
    name = answer.messages[0].id
    hub.carrier.before = lambda _: told(hub, DeliveryReceipt("theirs", DELIVERED, client_ref=name))
    hub.carrier.answer = lambda _: Unknown("lost")
    hub.drain()
    assert (hub.core.settler.retry_parked(), state_of(hub, answer)) == (1, MessageState.DELIVERED)


def test_a_reference_of_another_carrier_resolves_nothing(hub: TestHub) -> None:
    """It never had the message."""
    answer = lost(hub)
    told(hub, DeliveryReceipt("x", DELIVERED, client_ref=answer.messages[0].id), connector="another")
    assert state_of(hub, answer) is UNKNOWN


def test_a_number_with_two_doubts_resolves_neither(hub: TestHub) -> None:
    """It could be about either."""
    answers = [lost(hub) for _ in range(2)]
    told(hub, DeliveryReceipt("theirs", DELIVERED, to=FR))
    hub.clock.advance(minutes=3)
    found = hub.core.settler.retry_parked()
    assert (found, [state_of(hub, answer) for answer in answers]) == (0, [UNKNOWN, UNKNOWN])


def test_a_receipt_older_than_the_message_is_not_about_it(hub: TestHub) -> None:
    """Another system may send to the same number through the same contract."""
    told(hub, DeliveryReceipt("a stranger's", DELIVERED, to=FR))
    hub.clock.advance(hours=1)
    answer = lost(hub)
    hub.clock.advance(minutes=3)
    assert (hub.core.settler.retry_parked(), state_of(hub, answer)) == (0, UNKNOWN)


def test_another_number_resolves_nothing(hub: TestHub) -> None:
    """However alone the doubt is."""
    answer = lost(hub)
    told(hub, DeliveryReceipt("theirs", DELIVERED, to=OTHER))
    hub.clock.advance(minutes=3)
    assert (hub.core.settler.retry_parked(), state_of(hub, answer)) == (0, UNKNOWN)


def test_a_receipt_that_names_nothing_but_our_reference_settles(hub: TestHub) -> None:
    """Of a text that its carrier took under an id of its own."""
    answer = hub.send()
    hub.drain()
    name = answer.messages[0].id
    told(hub, DeliveryReceipt(name, DELIVERED, client_ref=name))
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]
