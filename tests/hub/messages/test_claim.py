"""Which messages a worker takes, and in what order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from hub.compliance.model import Purpose
from hub.ids import new_id
from hub.messages.claim import claim_batch
from hub.messages.model import CampaignRequest, MessageState, Recipient
from hub.messages.tables import messages
from hub.messages.tables import route_rates as rates
from hub.testing.connector import FakeConnector

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.accounts.model import Account
    from hub.messages.claim import Claim
    from hub.testing.hub import TestHub

LEASE = timedelta(seconds=60)


def claim(hub: TestHub, size: int = 500, rate: float | None = None, route: str = "main") -> Claim:
    """Take a batch as a worker does."""
    now = hub.clock.now()
    with hub.core.write() as connection:
        return claim_batch(connection, route, owner=new_id(now), now=now, until=now + LEASE, size=size, rate=rate)


def numbers(count: int) -> tuple[Recipient, ...]:
    """French mobiles, one after the other."""
    return tuple(Recipient(f"+336123{number:05d}") for number in range(count))


def open_account(hub: TestHub, name: str, credits_: int = 20_000) -> Account:
    """Another sender."""
    return hub.core.accounts.create(name, "FR", credits_=credits_)[0]


def send(hub: TestHub, account: Account, count: int = 1, purpose: Purpose = Purpose.ALERT, text: str = "x") -> None:
    """Accept a campaign of that many recipients."""
    hub.core.accept(CampaignRequest(account.id, text, numbers(count), purpose))


def by_account(taken: Claim) -> dict[int, int]:
    """How many each account got."""
    counts: dict[int, int] = {}
    for row in taken.rows:
        counts[row.account_id] = counts.get(row.account_id, 0) + 1
    return counts


def test_a_claim_is_written_on_the_message(hub: TestHub) -> None:
    """State, owner and lease, before anything is sent."""
    hub.send()
    taken = claim(hub)
    with hub.core.read() as connection:
        row = connection.execute(messages.select()).one()
    assert (row.state, row.owner, row.lease_until, row.tries) == (
        MessageState.CLAIMED,
        taken.owner,
        hub.clock.now() + LEASE,
        0,
    )


def test_what_is_claimed_is_not_claimed_again(hub: TestHub) -> None:
    """It belongs to someone."""
    hub.send()
    assert (len(claim(hub).rows), len(claim(hub).rows)) == (1, 0)


def test_only_what_is_due_is_claimed(hub: TestHub) -> None:
    """A time to come waits for its time."""
    hub.send(send_at=hub.clock.now() + timedelta(minutes=1))
    early = len(claim(hub).rows)
    hub.clock.advance(minutes=1)
    assert (early, len(claim(hub).rows)) == (0, 1)


def test_another_route_is_another_queue(hub: TestHub) -> None:
    """A worker takes what goes its way."""
    hub.send()
    assert len(claim(hub, route="other").rows) == 0


def test_what_was_due_first_leaves_first(hub: TestHub) -> None:
    """And of one moment, what was written first."""
    hub.send("+33612345671", "+33612345672", send_at=hub.clock.now() + timedelta(minutes=2))
    hub.send("+33612345673", send_at=hub.clock.now() + timedelta(minutes=1))
    hub.clock.advance(minutes=3)
    assert [row.recipient[-1] for row in claim(hub).rows] == ["3", "1", "2"]


def test_alerts_overtake_marketing(hub: TestHub) -> None:
    """However long the campaign before them is."""
    send(hub, hub.account, 50, Purpose.MARKETING)
    hub.clock.advance(seconds=1)
    send(hub, hub.account, 2)
    assert [row.priority for row in claim(hub, size=3).rows] == [0, 0, 1]


def test_a_big_sender_does_not_keep_a_small_one_waiting(hub: TestHub) -> None:
    """Ten thousand of one account, one alert and one advertisement of two others: all in the first batch."""
    big, alerting, selling = (open_account(hub, name) for name in ("Big", "Alerting", "Selling"))
    for _ in range(5):
        send(hub, big, 2000, Purpose.MARKETING)
    send(hub, alerting)
    send(hub, selling, 1, Purpose.MARKETING)
    taken = claim(hub, size=100)
    assert by_account(taken) == {alerting.id: 1, big.id: 98, selling.id: 1}
    assert taken.rows[0].account_id == alerting.id


def test_equal_askers_get_equal_shares(hub: TestHub) -> None:
    """A third each."""
    for name in "ABC":
        send(hub, open_account(hub, name), 50)
    assert sorted(by_account(claim(hub, size=30)).values()) == [10, 10, 10]


def test_more_askers_than_places_are_served_in_turn(hub: TestHub) -> None:
    """One place each, and after enough rounds everybody had theirs."""
    for number in range(12):
        send(hub, open_account(hub, f"Account {number}"))
    rounds = [by_account(claim(hub, size=5)) for _ in range(3)]
    assert [len(counts) for counts in rounds] == [5, 5, 2]


def test_those_who_wait_for_later_take_no_place_from_those_who_are_due(hub: TestHub) -> None:
    """Thirty accounts with reminders for next week, one with an alert for now, and room for three."""
    for number in range(30):
        account = open_account(hub, f"Later {number}")
        later = hub.clock.now() + timedelta(days=7)
        hub.core.accept(CampaignRequest(account.id, "x", numbers(1), Purpose.ALERT, send_at=later))
    send(hub, hub.account, 3)
    assert by_account(claim(hub, size=3)) == {hub.account.id: 3}


def test_a_route_is_due_when_something_of_it_is(hub: TestHub) -> None:
    """And for as long as is asked."""
    hub.send(send_at=hub.clock.now() + timedelta(seconds=10))
    dispatcher = hub.core.dispatcher
    early = dispatcher.due_routes()
    hub.clock.advance(seconds=10)
    assert (early, dispatcher.due_routes(), dispatcher.due_routes(since=timedelta(seconds=1))) == ((), ("main",), ())


# --- rates ---


def rounds(hub: TestHub, rate: float, seconds: int, pause_s: float = 1.0) -> list[int]:
    """How many messages leave in each round."""
    counts = []
    for _ in range(seconds):
        counts.append(len(claim(hub, rate=rate).rows))
        hub.clock.advance(seconds=pause_s)
    return counts


def test_a_rate_holds_second_after_second(hub: TestHub) -> None:
    """Ten a second, also for the first second."""
    send(hub, hub.account, 50)
    assert rounds(hub, 10, 4) == [10, 10, 10, 10]


def test_idle_time_is_not_saved_up(hub: TestHub) -> None:
    """An hour of silence is no leave for thirty-six thousand at once."""
    send(hub, hub.account, 10)
    claim(hub, rate=10)
    hub.clock.advance(hours=1)
    send(hub, hub.account, 50)
    assert len(claim(hub, rate=10).rows) == 10


def test_a_rate_counts_segments(hub: TestHub) -> None:
    """Three of three segments each fit into ten, a fourth does not."""
    send(hub, hub.account, 30, text="x" * 400)
    assert rounds(hub, 10, 3) == [3, 3, 3]


def test_a_message_longer_than_a_seconds_worth_leaves_and_then_the_line_rests(hub: TestHub) -> None:
    """Six segments at two a second: one every three seconds."""
    send(hub, hub.account, 3, text="x" * 900)
    assert rounds(hub, 2, 7) == [1, 0, 0, 1, 0, 0, 1]


def test_a_slow_line_sends_one_at_a_time(hub: TestHub) -> None:
    """One segment every five seconds, not none for ever."""
    send(hub, hub.account, 3)
    assert rounds(hub, 0.2, 11) == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]


def test_a_clock_set_back_does_not_silence_a_route(hub: TestHub) -> None:
    """An hour back, the line is free all the same (F27)."""
    send(hub, hub.account, 30)
    claim(hub, rate=10)
    with hub.core.write() as connection:
        late = hub.clock.now().timestamp() + 3600
        connection.execute(rates.update().values(free_at=late))
    hub.clock.advance(seconds=1)
    assert rounds(hub, 10, 2) == [10, 10]


def test_alerts_overtake_marketing_on_a_narrow_line_too(hub: TestHub) -> None:
    """The room there is goes to them first."""
    send(hub, hub.account, 50, Purpose.MARKETING)
    send(hub, hub.account, 3)
    assert [row.priority for row in claim(hub, rate=5).rows] == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(("route_rate", "carrier_rate", "left"), [("3", 10.0, 3), ("10", 3.0, 3), ("", 3.0, 3)])
def test_the_lower_rate_counts(make: Callable[..., TestHub], route_rate: str, carrier_rate: float, left: int) -> None:
    """The route's, or the carrier's own."""
    carrier = FakeConnector()
    carrier.capabilities = type(carrier.capabilities)(receipts=True, rate=carrier_rate)
    hub = make(settings={"HUB_ROUTE_MAIN_RATE": route_rate} if route_rate else None, carrier=carrier)
    send(hub, hub.account, 20)
    hub.drain()
    assert len(carrier.taken) == left


def test_routes_have_lines_of_their_own(hub: TestHub) -> None:
    """What one sends leaves the other's room alone."""
    send(hub, hub.account, 10)
    taken = claim(hub, rate=5)
    claim(hub, rate=5, route="other")
    assert len(taken.rows) == 5
    with hub.core.read() as connection:
        lines = connection.execute(rates.select().order_by(rates.c.route)).all()
    assert [line.route for line in lines] == ["main", "other"]
    assert lines[0].free_at > lines[1].free_at


def test_a_claim_over_many_accounts_asks_no_more_often_than_over_one(hub: TestHub) -> None:
    """One statement for all of them, and another when some leave room for others."""

    def statements() -> int:
        asked: list[str] = []
        engine = hub.core.store.engine
        event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        claim(hub, size=1000)
        return len(asked)

    send(hub, hub.account)
    one = statements()
    for number in range(30):
        send(hub, open_account(hub, f"Salon {number}"), 2)
    assert statements() <= one + 2


def test_every_account_of_many_gets_its_share_and_the_room_that_others_leave(hub: TestHub) -> None:
    """Thirty with one message each, and one with plenty."""
    for number in range(30):
        send(hub, open_account(hub, f"Salon {number}"))
    send(hub, hub.account, 200)
    taken = by_account(claim(hub, size=100))
    assert (len(taken), sum(taken.values()), taken[hub.account.id]) == (31, 100, 70)


def test_the_recheck_of_many_accounts_asks_no_more_often_than_of_one(hub: TestHub) -> None:
    """Their opt-outs are looked up together."""
    asked: list[str] = []
    for number in range(20):
        send(hub, open_account(hub, f"Salon {number}"))
    event.listen(hub.core.store.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    hub.core.dispatcher._claim(hub.core.routes["main"], hub.core.lines.get("carrier"))
    assert sum("FROM suppressions" in statement for statement in asked) == 1
