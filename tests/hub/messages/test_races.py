"""Many at once: real threads, each with connections of its own, on both databases."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from hub.compliance.model import Purpose
from hub.errors import Conflict, NotEnoughCredits
from hub.messages import dispatch, expand
from hub.messages.arrivals import Arrival
from hub.messages.model import CampaignRequest, CampaignState, DeliveryReceipt, MessageState, ReceiptState, Recipient
from hub.messages.settle import apply_receipts, unpark
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from hub.bootstrap import Core
    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub

T = TypeVar("T")
FR = "+33612345678"


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Begin all of them at the same moment; what each gives."""
    ready = threading.Barrier(len(acts))

    def begin(act: Callable[[], T]) -> T:
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(begin, acts))


def request(hub: TestHub, text: str = "Bonjour", key: str | None = None, *numbers: str) -> CampaignRequest:
    """An alert of the test's account."""
    recipients = tuple(Recipient(number) for number in numbers or (FR,))
    return CampaignRequest(hub.account.id, text, recipients, Purpose.ALERT, idempotency_key=key)


def test_eight_senders_race_for_a_hundred_credits_and_spend_exactly_that(
    hub: TestHub, twin: Callable[[TestHub], Core]
) -> None:
    """Nobody overdraws, and no credit is left unused while someone is refused."""
    hub.core.accounts.add_credits(hub.account.id, -900)

    def spend(core: Core) -> Counter[str]:
        told: Counter[str] = Counter()
        for _ in range(8):
            try:
                told["credits"] += core.accept(request(hub, "x" * 300)).credits
            except NotEnoughCredits:
                told["refused"] += 1
        return told

    cores = [twin(hub) for _ in range(8)]
    told = sum(at_once([partial(spend, core) for core in cores]), Counter())
    balance = hub.core.accounts.balance(hub.account.id)
    assert (told["credits"], told["refused"]) == (100, 14)
    assert (balance.available, balance.reserved) == (0, 100)


def test_the_same_key_at_once_makes_one_campaign_and_the_others_hear_of_it(
    hub: TestHub, twin: Callable[[TestHub], Core]
) -> None:
    """On PostgreSQL both transactions run; the second waits for the first, and answers with its campaign."""
    cores = [twin(hub) for _ in range(6)]
    answers: list[Acceptance] = at_once([partial(core.accept, request(hub, key="k")) for core in cores])
    assert len({answer.campaign_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5
    assert hub.core.accounts.balance(hub.account.id).reserved == 1


def test_a_large_campaign_under_one_key_is_kept_once_too(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core]
) -> None:
    """Before it is expanded."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    numbers = (FR, "+33612345679")
    cores = [twin(hub) for _ in range(4)]
    answers = at_once([partial(core.accept, request(hub, "Bonjour", "k", *numbers)) for core in cores])
    assert (len({answer.campaign_id for answer in answers}), len(hub.core.campaigns.latest())) == (1, 1)


def test_two_dispatchers_never_take_the_same_message(hub: TestHub, twin: Callable[[TestHub], Core]) -> None:
    """Two hundred messages, four workers: each leaves once."""
    for start in range(0, 200, 50):
        hub.send(*(f"+336123{number:05d}" for number in range(start, start + 50)))
    cores = [twin(hub) for _ in range(4)]
    for core in cores:
        vars(core)["limits"] = replace(core.limits, batch=7)
    handled = at_once([partial(core.dispatcher.drain, "main") for core in cores])
    assert (sum(handled), set(hub.carrier.counts.values()), len(hub.carrier.counts)) == (200, {1}, 200)


def test_two_workers_that_expand_a_campaign_make_each_message_once(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core]
) -> None:
    """Chunks of five, duplicates in every chunk."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "5"})
    numbers = [f"+336123000{number % 40:02d}" for number in range(60)]
    answer = hub.send(*numbers)

    def grow(core: Core) -> None:
        while core.expander.expand_next():
            pass

    cores = [twin(hub) for _ in range(3)]
    at_once([partial(grow, core) for core in cores])
    view = hub.core.campaign(hub.account.id, answer.campaign_id)
    assert (view.state, view.accepted, view.by_state) == (CampaignState.ACCEPTED, 40, {"pending": 40})


def test_cancelling_while_others_expand_and_submit_loses_nothing(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core]
) -> None:
    """What the carrier has is submitted, everything else cancelled; no message is in between, no lock in a circle."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "5"})
    answer = hub.send(*(f"+336123000{number:02d}" for number in range(60)))
    expanding, sending, cancelling = twin(hub), twin(hub), twin(hub)
    begun = threading.Event()

    def grow() -> None:
        while expanding.expander.expand_next():
            begun.set()

    def submit() -> None:
        begun.wait(10)
        for _ in range(5):
            sending.dispatcher.drain("main")

    def cancel() -> None:
        begun.wait(10)
        with suppress(Conflict):  # the others may have been quicker
            cancelling.campaigns.cancel(hub.account.id, answer.campaign_id)

    at_once([grow, submit, cancel])
    hub.drain()
    view = hub.core.campaign(hub.account.id, answer.campaign_id)
    assert set(view.by_state) <= {MessageState.SUBMITTED, MessageState.CANCELLED}
    assert view.by_state.get(MessageState.SUBMITTED, 0) == len(hub.carrier.taken)
    assert not hub.core.sweeper.has_chunks()


def test_cancelling_in_the_middle_of_an_expansion_waits_for_its_end(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both take the campaign before its chunks: otherwise each would hold what the other wants."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    answer = hub.send(*(f"+336123000{number:02d}" for number in range(4)))
    cancelling = threading.Thread(target=twin(hub).campaigns.cancel, args=(hub.account.id, answer.campaign_id))

    def look_slowly(*args: Any) -> Any:
        cancelling.start()
        cancelling.join(0.3)
        return first_seen(*args)

    first_seen = expand._first_seen
    monkeypatch.setattr(expand, "_first_seen", look_slowly)
    hub.core.expander.expand_next()
    cancelling.join()
    assert hub.core.campaign(hub.account.id, answer.campaign_id).by_state == {MessageState.CANCELLED: 2}
    assert not hub.core.sweeper.has_chunks()


def test_receipts_for_two_parts_at_once_still_make_a_whole(hub: TestHub, twin: Callable[[TestHub], Core]) -> None:
    """Each worker would see the other's part still open, if they did not take turns."""
    answer = hub.send(text="x" * 161)
    hub.drain()
    first, second = (
        DeliveryReceipt(carrier_id_of(answer.messages[0].id, part), ReceiptState.DELIVERED) for part in (1, 2)
    )
    later = threading.Thread(target=twin(hub).settler.receipts, args=("carrier", [second]))
    with hub.core.write() as connection:
        apply_receipts(connection, "carrier", [Arrival(first, hub.clock.now())], hub.clock.now())
        later.start()
        later.join(0.3)
    later.join()
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]


def test_a_receipt_and_the_answer_it_overtakes_at_once_find_each_other(
    hub: TestHub, twin: Callable[[TestHub], Core]
) -> None:
    """Whichever is committed first; if neither saw the other, the next look joins them."""
    settling = twin(hub)
    waiting: list[threading.Thread] = []

    def report(_: object) -> None:
        # The answer is recorded as soon as this returns, while these are being recorded elsewhere.
        for carrier_id in [carrier_id_of(one.id) for one in answer.messages]:
            receipt = DeliveryReceipt(carrier_id, ReceiptState.DELIVERED)
            waiting.append(threading.Thread(target=settling.settler.receipts, args=("carrier", [receipt])))
            waiting[-1].start()

    hub.carrier.before = report
    answer = hub.send(*(f"+336123000{number:02d}" for number in range(5)))
    hub.drain()
    for thread in waiting:
        thread.join()
    hub.core.settler.retry_parked(younger_than=timedelta(minutes=1))
    assert set(hub.states(answer.campaign_id)) == {MessageState.DELIVERED}


def test_a_receipt_that_is_parked_while_its_answer_is_committed_waits_for_nobody(
    hub: TestHub, twin: Callable[[TestHub], Core], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer has looked, and is not to be seen yet; the receipt has looked twice. Whoever is last looks again."""
    answer, settling = hub.send(), twin(hub)
    receipt = DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)
    reporting = threading.Thread(target=settling.settler.receipts, args=("carrier", [receipt]))

    def unpark_and_be_slow(*args: Any) -> Any:
        changes = unpark(*args)
        reporting.start()
        reporting.join(1 if hub.core.store.is_sqlite else 10)  # SQLite lets it in once this is committed
        return changes

    monkeypatch.setattr(dispatch, "unpark", unpark_and_be_slow)
    hub.drain()
    reporting.join()
    assert hub.states(answer.campaign_id) == [MessageState.DELIVERED]


def test_two_accounts_of_one_name_cannot_be_opened_at_once(hub: TestHub, twin: Callable[[TestHub], Core]) -> None:
    """One is told that the name is taken."""

    def open_one(core: Core) -> bool:
        try:
            core.accounts.create("Deux fois", "FR")
        except Conflict:
            return False
        return True

    cores = [twin(hub) for _ in range(4)]
    opened = at_once([partial(open_one, core) for core in cores])
    assert sorted(opened) == [False, False, False, True]


def test_a_rate_holds_for_all_dispatchers_together(
    make: Callable[..., TestHub], twin: Callable[[TestHub], Core]
) -> None:
    """Five a second, however many ask."""
    hub = make(settings={"HUB_ROUTE_MAIN_RATE": "5"})
    hub.send(*(f"+336123000{number:02d}" for number in range(30)))
    cores = [twin(hub) for _ in range(2)]
    each_second = []
    for _ in range(3):
        each_second.append(sum(at_once([partial(core.dispatcher.drain, "main") for core in cores])))
        hub.clock.advance(seconds=1)
    assert each_second == [5, 5, 5]


def test_two_processes_that_keep_the_same_keys_the_other_way_round_do_not_wait_for_each_other(
    hub: TestHub, twin: Callable[[TestHub], Core]
) -> None:
    """Each keeps two requests in one transaction: an account's requests take turns before a key is taken."""
    cores, gate = [twin(hub), twin(hub)], threading.Barrier(2)

    def keep(core: Core, keys: str) -> list[bool]:
        together = core.intake.together
        with ThreadPoolExecutor(2) as pool:
            with together._turn:
                parts = []
                for key in keys:
                    parts.append(pool.submit(core.intake.accept, request(hub, key, key)))
                    while len(together._waiting) < len(parts):
                        time.sleep(0.001)
                gate.wait()
            return [part.result().replayed for part in parts]

    answers = at_once([partial(keep, cores[0], "ab"), partial(keep, cores[1], "ba")])
    assert sorted(replayed for each in answers for replayed in each) == [False, False, True, True]
