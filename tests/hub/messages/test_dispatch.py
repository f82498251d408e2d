"""Messages are handed to a carrier, and its answers are recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from hub.errors import ConnectorError, PermanentFailure, StoreUnavailable, TemporaryFailure, Throttled
from hub.messages.connector import Capabilities, NotSent, Rejected, Submitted, Unknown
from hub.messages.dispatch import RECORD_AGAIN_S
from hub.messages.model import FailureReason, MessageState
from hub.messages.tables import message_parts, messages
from hub.store.engine import Store
from hub.testing.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from hub.messages.connector import Outcome
    from hub.messages.model import OutgoingMessage
    from hub.store.bulk import AnyRow
    from hub.testing.hub import TestHub

PENDING, SUBMITTED, UNKNOWN = MessageState.PENDING, MessageState.SUBMITTED, MessageState.UNKNOWN


def numbers(count: int) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(count)]


def row_of(hub: TestHub) -> AnyRow:
    """The only message there is."""
    with hub.core.read() as connection:
        return connection.execute(select(messages)).one()


def always(outcome: Any) -> Callable[[OutgoingMessage], Any]:
    """A carrier that always answers so."""
    return lambda _: outcome


def raising(error: BaseException) -> Callable[[Sequence[OutgoingMessage]], None]:
    """A carrier that fails before it takes anything."""

    def fail(_: Sequence[OutgoingMessage]) -> None:
        raise error

    return fail


class Scripted(FakeConnector):
    """Answers a whole batch with what it was told to, whatever that is."""

    said: Any = ()

    def submit(self, batch: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        """Answer so."""
        self.taken += batch
        said: Sequence[Outcome] = self.said
        return said


# --- outcomes ---


def test_a_yes_charges_the_credits_and_keeps_the_carriers_id(hub: TestHub, books: Callable[[], Any]) -> None:
    """The message is no longer anybody's."""
    hub.send()
    hub.drain()
    row = row_of(hub)
    assert (row.state, row.carrier_id, row.connector, row.owner, row.lease_until, row.tries) == (
        SUBMITTED,
        f"c-{row.campaign_id}-0",
        "carrier",
        None,
        None,
        1,
    )
    assert (row.submitted_at, books()) == (hub.clock.now(), (999, 0, 1))


def test_a_yes_to_several_parts_keeps_an_id_for_each(hub: TestHub, books: Callable[[], Any]) -> None:
    """Receipts come for each."""
    hub.send(text="x" * 400)
    hub.drain()
    with hub.core.read() as connection:
        parts = connection.execute(select(message_parts).order_by(message_parts.c.part)).all()
    assert [(part.part, part.carrier_id[-2:], part.state) for part in parts] == [
        (1, "/1", None),
        (2, "/2", None),
        (3, "/3", None),
    ]
    assert (row_of(hub).carrier_id, books()) == (None, (997, 0, 3))


def test_a_no_gives_the_credits_back_and_says_why(hub: TestHub, books: Callable[[], Any]) -> None:
    """The carrier's own word is kept beside."""
    hub.carrier.answer = always(Rejected(FailureReason.BARRED, "69", "Number is barred."))
    hub.send()
    hub.drain()
    row = row_of(hub)
    assert (row.state, row.reason, row.receipt_code, row.detail) == (
        MessageState.REJECTED,
        "barred",
        "69",
        "Number is barred.",
    )
    assert (row.settled_at, books()) == (hub.clock.now(), (1000, 0, 0))


def test_not_now_is_tried_again_when_the_carrier_said(hub: TestHub) -> None:
    """The message waits, and no try is counted."""
    hub.carrier.answer = always(NotSent("throttled", retry_after_s=7))
    hub.send()
    first = hub.drain()
    row = row_of(hub)
    assert (first, row.state, row.due_at, row.tries) == (1, PENDING, hub.clock.now() + timedelta(seconds=7), 0)
    hub.carrier.answer = always(None)
    hub.clock.advance(seconds=6)
    early = hub.drain()
    hub.clock.advance(seconds=1)
    assert (early, hub.drain(), row_of(hub).state) == (0, 1, SUBMITTED)


def test_nobody_knows_is_held(hub: TestHub, books: Callable[[], Any]) -> None:
    """Never twice: the credits stay set aside, and nothing is sent again (F5)."""
    hub.carrier.answer = always(Unknown("timeout"))
    hub.send()
    hub.drain()
    hub.clock.advance(hours=1)
    again = hub.drain()
    row = row_of(hub)
    assert (again, row.state, row.reason, row.detail, books()) == (
        0,
        UNKNOWN,
        "answer_lost",
        "timeout",
        (999, 1, 0),
    )


def test_each_message_of_a_window_gets_its_own_outcome(hub: TestHub, books: Callable[[], Any]) -> None:
    """One yes, one no, one later, one lost."""
    said: list[Outcome | None] = [
        None,
        Rejected(FailureReason.OTHER, "1", "no"),
        NotSent("busy"),
        Unknown("lost"),
    ]
    hub.carrier.answer = lambda message: said[int(message.to[-1])]
    answer = hub.send(*numbers(4))
    hub.drain()
    assert hub.states(answer.campaign_id) == [SUBMITTED, MessageState.REJECTED, PENDING, UNKNOWN]
    assert books() == (997, 2, 1)


def test_messages_go_out_in_windows_of_the_carriers_size(make: Callable[..., TestHub]) -> None:
    """Seven in threes."""
    sizes: list[int] = []
    carrier = FakeConnector(Capabilities(batch_size=3), before=lambda batch: sizes.append(len(batch)))
    hub = make(carrier=carrier)
    hub.send(*numbers(7))
    assert (hub.drain(), sizes) == (7, [3, 3, 1])


def test_a_connector_is_handed_what_it_needs(hub: TestHub) -> None:
    """The client reference is the message's id, the parts are as they are billed."""
    answer = hub.send(text="x" * 161)
    hub.drain()
    (taken,) = hub.carrier.taken
    assert (taken.id, taken.to, taken.sender, taken.alphabet, [len(part) for part in taken.parts]) == (
        answer.messages[0].id,
        "+33612345678",
        "36180",
        "GSM-7",
        [153, 8],
    )


def test_a_route_that_is_not_there_has_nothing_to_do(hub: TestHub) -> None:
    """A ring for it does no harm."""
    assert hub.core.dispatcher.drain("nowhere") == 0


def test_a_drain_stops_when_asked(make: Callable[..., TestHub]) -> None:
    """Between claims, not in the middle of one."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "2"})
    hub.send(*numbers(6))
    hub.core.dispatcher.drain("main", stop=lambda: len(hub.carrier.taken) >= 4)
    assert len(hub.carrier.taken) == 4


def test_a_drain_leaves_off_after_its_time(make: Callable[..., TestHub]) -> None:
    """Others want their turn; and of a line that is this slow no more than one message is taken at once."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "2"})
    hub.carrier.before = lambda _: hub.clock.advance(seconds=3)
    hub.send(*numbers(10))
    assert hub.core.dispatcher.drain("main", budget_s=5) == 3


# --- carriers that fail ---


@pytest.mark.parametrize(
    ("error", "wait_s"),
    [
        (TemporaryFailure("later"), 1),
        (TemporaryFailure("later", retry_after=timedelta(seconds=33)), 33),
        (TemporaryFailure("at once", retry_after=timedelta(0)), 0),
        (Throttled("slower", retry_after=timedelta(seconds=2)), 2),
        (PermanentFailure("wrong password"), 60),
        (ConnectorError("hm"), 1),
    ],
)
def test_a_carrier_that_takes_nothing_loses_nothing(hub: TestHub, error: ConnectorError, wait_s: float) -> None:
    """Everything waits at its place in the queue, and leaves once it is well again (F19, F22)."""
    hub.core.route_health.chance = lambda: 0.0
    hub.carrier.before = raising(error)
    answer = hub.send(*numbers(3))
    hub.drain()
    waiting = {(one.state, one.due_at) for one in hub.core.messages(hub.account.id, answer.campaign_id)}
    asked_at = hub.clock.now()
    hub.carrier.before = lambda _: None
    early = hub.drain() if wait_s else 0
    hub.clock.advance(seconds=wait_s)
    hub.drain()
    assert (waiting, early) == ({(PENDING, asked_at)}, 0)
    assert list(hub.carrier.counts.values()) == [1, 1, 1]


def test_a_carrier_that_takes_nothing_is_asked_once_and_everything_goes_back(make: Callable[..., TestHub]) -> None:
    """Not once per window; and the order is kept for the next time."""
    asked: list[int] = []

    def fail(batch: Sequence[OutgoingMessage]) -> None:
        asked.append(len(batch))
        raise Throttled("slower")

    carrier = FakeConnector(Capabilities(batch_size=2), before=fail)
    hub = make(carrier=carrier)
    answer = hub.send(*numbers(7))
    hub.drain()
    states = set(hub.states(answer.campaign_id))
    carrier.before = lambda _: None
    for _ in range(2):  # at the pace of a carrier that wanted us slower
        hub.clock.advance(seconds=5)
        hub.drain()
    assert (asked, states, [message.to for message in carrier.taken]) == ([2], {PENDING}, numbers(7))


@pytest.mark.parametrize("error", [RuntimeError("boom"), OSError("reset"), MemoryError(), RecursionError()])
def test_any_other_failure_leaves_the_window_in_doubt_and_the_rest_untouched(
    make: Callable[..., TestHub], error: Exception
) -> None:
    """Nobody knows what of the window was sent; what was never handed over certainly was not."""
    carrier = FakeConnector(Capabilities(batch_size=2), before=raising(error))
    hub = make(carrier=carrier)
    answer = hub.send(*numbers(5))
    hub.drain()
    assert hub.states(answer.campaign_id) == [UNKNOWN, UNKNOWN, PENDING, PENDING, PENDING]


@pytest.mark.parametrize(
    "said", [(), (Submitted(("a",)),), (Submitted(("a",)),) * 3, (Submitted(("a",)), None), ("yes", "no"), None]
)
def test_answers_that_do_not_fit_the_messages_leave_them_in_doubt(make: Callable[..., TestHub], said: Any) -> None:
    """Too few, too many, or nothing that is an answer."""
    carrier = Scripted()
    carrier.said = said
    hub = make(carrier=carrier)
    answer = hub.send(*numbers(2))
    hub.drain()
    assert hub.states(answer.campaign_id) == [UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Submitted(()), SUBMITTED),
        (Submitted(("",)), SUBMITTED),
        (Submitted(("x" * 500,)), SUBMITTED),
        (Submitted(("\x00id\ud800",)), SUBMITTED),
        (Submitted(("same", "same")), SUBMITTED),
        (Rejected(FailureReason.OTHER, "c\x00" * 100, "no\x00\ud800"), MessageState.REJECTED),
        (NotSent("x", retry_after_s=1e300), PENDING),
        (NotSent("x", retry_after_s=-5), PENDING),
        (NotSent("x", retry_after_s=float("nan")), PENDING),
        (Unknown("d\x00" * 1000), UNKNOWN),
    ],
)
def test_whatever_a_connector_says_is_recorded(hub: TestHub, outcome: Outcome, state: MessageState) -> None:
    """One odd answer does not leave its window in doubt."""
    hub.carrier.answer = lambda message: outcome if message.to.endswith("0") else None
    answer = hub.send(*numbers(2))
    hub.drain()
    assert hub.states(answer.campaign_id) == [state, SUBMITTED]


def test_a_carrier_may_use_its_ids_again(hub: TestHub) -> None:
    """Part ids come round after a while; the latest message has them."""
    hub.carrier.answer = always(Submitted(("1", "2")))
    answers = [hub.send(f"+3361234567{number}") for number in range(2)]
    assert (hub.drain(), [hub.states(answer.campaign_id) for answer in answers]) == (2, [[SUBMITTED]] * 2)


def test_a_line_that_does_not_open_loses_nothing(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are not even claimed."""

    def refuse(_: object) -> None:
        raise OSError("connection refused")

    answer = hub.send()
    with monkeypatch.context() as patch:
        patch.setattr(hub.carrier, "open", refuse)
        closed = hub.drain()
    hub.clock.advance(seconds=5)  # a line that cannot be opened is left alone for a moment
    assert (closed, hub.states(answer.campaign_id), hub.drain()) == (0, [PENDING], 1)


def test_a_carrier_that_says_later_is_left_alone_by_the_whole_backlog(make: Callable[..., TestHub]) -> None:
    """One refused login is one login, however many batches wait behind it."""
    hub = make(settings={"HUB_MESSAGES_BATCH": "1"})
    calls = []

    def refuse(batch: Sequence[OutgoingMessage]) -> None:
        calls.append(len(batch))
        raise Throttled("slower", retry_after=timedelta(seconds=30))

    hub.carrier.before = refuse
    hub.send("0612345678", "0749123456", "0612345679")
    for _ in range(3):
        hub.drain()
    assert (calls, hub.core.dispatcher.due_routes()) == ([1], ())


def test_a_stop_between_two_calls_gives_the_rest_back(make: Callable[..., TestHub]) -> None:
    """What was not written to the wire is due again at once, for another worker."""
    carrier = FakeConnector(Capabilities(receipts=True, batch_size=1))
    hub = make(carrier=carrier)
    answer = hub.send("0612345678", "0749123456", "0612345679")
    hub.core.dispatcher.drain("main", stop=lambda: bool(carrier.taken))
    assert sorted(hub.states(answer.campaign_id)) == [PENDING, PENDING, SUBMITTED]


def test_a_line_that_does_not_open_is_closed(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it had begun must not stay behind."""

    def refuse(_: object) -> None:
        raise OSError("connection refused")

    hub.send()
    monkeypatch.setattr(hub.carrier, "open", refuse)
    hub.drain()
    assert hub.carrier.closed == 1


# --- send again where asked ---


@pytest.fixture
def resending(make: Callable[..., TestHub]) -> TestHub:
    """A hub whose route would rather text twice than not at all."""
    return make(settings={"HUB_ROUTE_MAIN_ON_UNKNOWN": "resend"})


def test_a_route_that_asks_for_it_sends_again(resending: TestHub) -> None:
    """After a pause in which a receipt may come."""
    resending.carrier.answer = always(Unknown("lost"))
    answer = resending.send()
    resending.drain()
    at_once = resending.drain()
    resending.carrier.answer = always(None)
    resending.clock.advance(seconds=15)
    assert (at_once, resending.drain(), resending.states(answer.campaign_id)) == (0, 1, [SUBMITTED])


def test_sending_again_comes_to_an_end(resending: TestHub) -> None:
    """Five texts are enough for a carrier that never says so."""
    tries = 0

    def count(batch: Sequence[OutgoingMessage]) -> None:
        nonlocal tries
        tries += len(batch)
        raise RuntimeError

    resending.carrier.before = count
    answer = resending.send()
    for _ in range(20):
        resending.drain()
        resending.clock.advance(minutes=5)
    assert (tries, resending.states(answer.campaign_id)) == (5, [UNKNOWN])


def test_an_idempotent_carrier_is_asked_again(make: Callable[..., TestHub]) -> None:
    """It drops the repeat itself."""
    carrier = FakeConnector(Capabilities(idempotent=True), answer=always(Unknown("lost")))
    hub = make(carrier=carrier)
    hub.send()
    hub.drain()
    carrier.answer = always(None)
    hub.clock.advance(seconds=15)
    assert hub.drain() == 1


# --- a database that fails ---


@pytest.fixture
def blocked(make: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestHub, Connection]]:
    """A hub that waits for nobody, and someone whose transaction gets in its way once the carrier has the messages."""
    monkeypatch.setattr("hub.store.engine.BUSY_TIMEOUT_S", 0.05)
    hub = make()
    other = Store(hub.core.store.url.render_as_string(hide_password=False))
    connection = other.engine.connect().execution_options(hub_write=True)

    def get_in_the_way(_: Sequence[OutgoingMessage]) -> None:
        connection.execute(update(messages).values(tries=messages.c.tries))

    hub.carrier.before = get_in_the_way
    yield hub, connection
    connection.close()
    other.close()


def test_answers_are_recorded_when_the_database_is_back(blocked: tuple[TestHub, Connection]) -> None:
    """A lock of some seconds between the carrier's yes and its record leaves nothing in doubt (F15)."""
    hub, holder = blocked
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            holder.rollback()

    answer = hub.send()
    replace(hub.core.dispatcher, pause=pause).drain("main")
    assert (pauses, hub.states(answer.campaign_id)) == (list(RECORD_AGAIN_S[:2]), [SUBMITTED])


def test_answers_that_cannot_be_recorded_at_all_end_in_doubt(blocked: tuple[TestHub, Connection]) -> None:
    """The worker gives up; the lease runs out, and nothing is sent twice."""
    hub, holder = blocked
    answer = hub.send()
    with pytest.raises(StoreUnavailable):
        replace(hub.core.dispatcher, pause=lambda _: None).drain("main")
    holder.rollback()
    hub.clock.advance(seconds=61)
    hub.core.sweeper.recover_leases()
    assert (hub.states(answer.campaign_id), hub.drain(), len(hub.carrier.taken)) == ([UNKNOWN], 0, 1)


@pytest.mark.parametrize(
    "error",
    [TemporaryFailure("system error", retry_after=timedelta(seconds=5)), PermanentFailure("refuses the account: 400")],
    ids=["for now", "for good"],
)
def test_a_message_that_its_carrier_chokes_on_does_not_hold_up_the_others(hub: TestHub, error: ConnectorError) -> None:
    """It is tried again behind them: it may be the reason."""
    hub.core.route_health.chance = lambda: 0.0
    (poison,) = numbers(1)

    def choke(batch: Sequence[OutgoingMessage]) -> None:
        if all(one.to == poison for one in batch):
            raise error

    hub.carrier.before = choke
    hub.carrier.answer = lambda message: NotSent("system error", 5.0) if message.to == poison else None
    hub.send(poison)
    hub.drain()
    for number in range(10):
        hub.clock.advance(seconds=30)
        hub.send(f"+3361299{number:04d}")
        hub.drain()
    assert len(hub.carrier.taken) >= 8
