"""A worker dies at each step, stalls, or comes back too late: nothing is lost, and nobody is texted twice.

A crash is an exception that nothing catches, or a step that is not taken; what it held is taken back when its lease
has run out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.failpoints import FailpointReached, armed
from hub.messages import dispatch
from hub.messages.connector import NotSent, Rejected, Submitted, Unknown
from hub.messages.model import DeliveryReceipt, FailureReason, MessageState, ReceiptState
from hub.messages.outcomes import record_outcomes
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.bootstrap import Core
    from hub.messages.connector import Outcome
    from hub.testing.hub import TestHub

PENDING, SUBMITTED, UNKNOWN = MessageState.PENDING, MessageState.SUBMITTED, MessageState.UNKNOWN


class Killed(BaseException):
    """What a test kills a worker with: no `except Exception` catches it."""


def kill(*_: object, **__: object) -> Any:
    """Die here."""
    raise Killed


def killed_at(hub: TestHub, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Run a worker that dies at that step, then let its lease run out and be taken back."""
    with monkeypatch.context() as patch:
        patch.setattr(dispatch.Dispatcher, step, kill)
        with pytest.raises(Killed):
            hub.drain()
    take_back(hub)


def take_back(hub: TestHub) -> None:
    """A minute later."""
    hub.clock.advance(seconds=61)
    hub.core.sweeper.recover_leases()


def test_dying_after_the_claim_costs_a_minute(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent: it goes back, and leaves once (F4)."""
    answer = hub.send()
    killed_at(hub, monkeypatch, "_submit_window")
    back = hub.states(answer.campaign_id)
    hub.drain()
    assert (back, hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([PENDING], [SUBMITTED], [1])


def test_dying_inside_the_submit_leaves_a_doubt(hub: TestHub) -> None:
    """It may have been sent: it is held, and not sent again (F5)."""
    answer = hub.send()
    hub.carrier.before = kill
    with pytest.raises(Killed):
        hub.drain()
    hub.carrier.before = lambda _: None
    take_back(hub)
    assert (hub.states(answer.campaign_id), hub.drain(), hub.carrier.taken) == ([UNKNOWN], 0, [])


def test_dying_after_the_carriers_yes_leaves_a_doubt_that_a_receipt_resolves(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch, books: Callable[[], Any]
) -> None:
    """The carrier has it once, and its receipt says so (F6)."""
    answer = hub.send()
    killed_at(hub, monkeypatch, "_record_at_once")
    held, again = hub.states(answer.campaign_id), hub.drain()
    name = answer.messages[0].id
    receipt = DeliveryReceipt(carrier_id_of(name), ReceiptState.DELIVERED, client_ref=name)
    hub.core.settler.receipts("carrier", [receipt])
    assert (held, again, hub.states(answer.campaign_id)) == ([UNKNOWN], 0, [MessageState.DELIVERED])
    assert (books(), list(hub.carrier.counts.values())) == ((999, 0, 1), [1])


def test_dying_after_the_record_repeats_nothing(hub: TestHub) -> None:
    """It is on disk (F7)."""
    answer = hub.send()
    with armed("record.after_commit=raise"), pytest.raises(FailpointReached):
        hub.drain()
    take_back(hub)
    assert (hub.states(answer.campaign_id), hub.drain(), list(hub.carrier.counts.values())) == ([SUBMITTED], 0, [1])


def test_only_the_window_in_hand_is_in_doubt(make: Callable[..., TestHub]) -> None:
    """What was claimed and not yet written goes back freely."""
    hub = make()
    hub.carrier.capabilities = type(hub.carrier.capabilities)(receipts=True, batch_size=2)
    answer = hub.send(*(f"+336123000{number:02d}" for number in range(5)))
    hub.carrier.before = kill
    with pytest.raises(Killed):
        hub.drain()
    take_back(hub)
    assert hub.states(answer.campaign_id) == [UNKNOWN, UNKNOWN, PENDING, PENDING, PENDING]


def test_a_lease_that_has_not_run_out_is_left_alone(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its worker may only be slow."""
    answer = hub.send()
    with monkeypatch.context() as patch:
        patch.setattr(dispatch.Dispatcher, "_submit_window", kill)
        with pytest.raises(Killed):
            hub.drain()
    hub.clock.advance(seconds=59)
    assert (hub.core.sweeper.recover_leases(), hub.states(answer.campaign_id)) == (0, [MessageState.CLAIMED])


def test_a_route_that_resends_sends_what_a_crash_hid(
    make: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the price of a second text: it asked for that."""
    hub = make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": "resend"})
    answer = hub.send()
    killed_at(hub, monkeypatch, "_record_at_once")
    hub.clock.advance(seconds=15)
    hub.drain()
    assert (hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([SUBMITTED], [2])


# --- a worker that stalls past its lease, and comes back (F9) ---


def stall(hub: TestHub, twin: Callable[[TestHub], Core], *, then: str = "hold") -> Callable[[object], None]:
    """While the carrier is at it, a minute passes and others do their work."""
    other = twin(hub)

    def pass_a_minute(_: object) -> None:
        hub.carrier.before = lambda _: None
        hub.clock.advance(seconds=61)
        other.sweeper.recover_leases()
        if then == "drain":
            hub.clock.advance(seconds=15)
            other.dispatcher.drain("main")

    return pass_a_minute


@pytest.mark.parametrize(
    ("outcome", "said", "credits_"),
    [
        (None, (SUBMITTED, None, None), (999, 0, 1)),
        (Rejected(FailureReason.OTHER, "1", "no"), (MessageState.REJECTED, "other", "no"), (1000, 0, 0)),
        (NotSent("later", 0), (PENDING, None, None), (999, 1, 0)),
        (Unknown("lost"), (UNKNOWN, "answer_lost", "lost"), (999, 1, 0)),
    ],
)
def test_a_late_answer_is_still_the_truth_about_what_is_in_doubt(
    hub: TestHub,
    twin: Callable[[TestHub], Core],
    books: Callable[[], Any],
    outcome: Outcome | None,
    said: tuple[Any, ...],
    credits_: tuple[int, int, int],
) -> None:
    """Nobody else has touched it since it was called unknown."""
    hub.carrier.answer = lambda _: outcome
    hub.carrier.before = stall(hub, twin)
    answer = hub.send()
    hub.core.dispatcher.drain("main", stop=iter([False, True]).__next__)
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert ((message.state, message.reason, message.detail), books()) == (said, credits_)


def test_a_late_answer_about_what_another_worker_has_sent_changes_nothing(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core]
) -> None:
    """On a route that resends, the second submission is the one that counts; it is billed once."""
    hub = make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": "resend"})
    answers = iter([Submitted(("second",)), Submitted(("first",))])
    hub.carrier.answer = lambda _: next(answers)
    hub.carrier.before = stall(hub, twin, then="drain")
    answer = hub.send()
    hub.drain()
    hub.core.settler.receipts("carrier", [DeliveryReceipt("second", ReceiptState.DELIVERED)])
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]
    assert hub.core.accounts.balance(hub.account.id).spent == 1


def test_a_stalled_worker_does_not_write_what_went_back(
    hub: TestHub, twin: Callable[[TestHub], Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wakes between its claim and the wire; another has sent the messages meanwhile."""
    other = twin(hub)
    submit_window = dispatch.Dispatcher._submit_window

    def sleep_first(self: dispatch.Dispatcher, *args: Any) -> Any:
        if self is hub.core.dispatcher:
            take_back(hub)
            other.dispatcher.drain("main")
        return submit_window(self, *args)

    monkeypatch.setattr(dispatch.Dispatcher, "_submit_window", sleep_first)
    answer = hub.send()
    hub.drain()
    assert (hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([SUBMITTED], [1])


@pytest.mark.parametrize("state", [MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.NO_RECEIPT])
def test_a_late_answer_about_what_is_settled_changes_nothing(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch, state: MessageState
) -> None:
    """A receipt, or two days of silence, had the last word."""
    answer = hub.send()
    owners: list[tuple[Any, ...]] = []
    with monkeypatch.context() as patch:
        patch.setattr(dispatch.Dispatcher, "_record_at_once", lambda _, *args, **__: owners.append(args))
        hub.drain()
    take_back(hub)
    if state is MessageState.NO_RECEIPT:
        hub.clock.advance(hours=49)
        hub.core.sweeper.give_up_waiting()
    else:
        name = answer.messages[0].id
        hub.core.settler.receipts("carrier", [DeliveryReceipt("x", ReceiptState(state), client_ref=name)])
    connector, owner, outcomes, *_ = owners[0]
    with hub.core.write() as connection:
        changes = record_outcomes(connection, connector, owner, outcomes, at=hub.clock.now(), resend_unknown=False)
    assert (hub.states(answer.campaign_id), changes.updates) == ([state], [])


def test_an_answer_from_a_stranger_changes_nothing(hub: TestHub) -> None:
    """Whoever records must be who claimed."""
    answer = hub.send()
    hub.carrier.answer = lambda _: Unknown("lost")
    hub.drain()
    with hub.core.write() as connection:
        changes = record_outcomes(
            connection, "carrier", "someone else", {1: Submitted(("x",))}, at=hub.clock.now(), resend_unknown=False
        )
    assert (hub.states(answer.campaign_id), changes.updates) == ([UNKNOWN], [])


def test_a_clock_that_jumps_ahead_texts_nobody_twice(hub: TestHub) -> None:
    """Every lease runs out at once; the answer that comes is recorded all the same (F27)."""

    def jump(_: object) -> None:
        hub.clock.set(hub.clock.now() + timedelta(hours=1))
        hub.core.sweeper.recover_leases()

    hub.carrier.before = jump
    answer = hub.send()
    hub.drain()
    assert (hub.states(answer.campaign_id), list(hub.carrier.counts.values())) == ([SUBMITTED], [1])


def test_a_clock_that_jumps_back_loses_nothing(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a dead worker held waits until its time has come again (F27)."""
    answer = hub.send()
    with monkeypatch.context() as patch:
        patch.setattr(dispatch.Dispatcher, "_submit_window", kill)
        with pytest.raises(Killed):
            hub.drain()
    hub.clock.set(hub.clock.now() - timedelta(hours=1))
    early = hub.core.sweeper.recover_leases()
    hub.clock.advance(hours=1, seconds=61)
    hub.core.sweeper.recover_leases()
    assert (early, hub.drain(), hub.states(answer.campaign_id)) == (0, 1, [SUBMITTED])
