"""What is due on a route that is out takes another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub import InboundText
from hub.compliance.model import Purpose
from hub.errors import TemporaryFailure
from hub.messages import failover
from hub.messages.breaker import Condition, Failure, Success
from hub.messages.connector import Unknown
from hub.messages.model import CampaignRequest, MessageState, Recipient
from hub.messages.tables import messages
from hub.switches import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub.messages.model import OutgoingMessage
    from hub.testing.connector import FakeConnector

    from .conftest import TwoWays

    MakeTwo = Callable[..., TwoWays]

PENDING, SUBMITTED, UNKNOWN = MessageState.PENDING, MessageState.SUBMITTED, MessageState.UNKNOWN
BE = "+32470123456"


def numbers(count: int) -> list[str]:
    """French mobiles, one after the other."""
    return [f"+336123{number:05d}" for number in range(count)]


def refuse(_: Sequence[OutgoingMessage]) -> None:
    """Take nothing."""
    raise TemporaryFailure("connection refused")


def well(carrier: FakeConnector) -> None:
    """Let a carrier take messages again."""
    carrier.before = lambda _: None


def fail(ways: TwoWays, route: str = "main", *, final: bool = True) -> None:
    """Open a route, as a worker does that was told that its password is wrong."""
    ways.hub.core.route_health.note(route, Failure("wrong password", is_final=final))


def by_route(ways: TwoWays) -> dict[str, int]:
    """How many messages wait on each route."""
    with ways.hub.core.read() as connection:
        waiting = connection.execute(select(messages.c.route).where(messages.c.state == PENDING)).scalars().all()
    return {route: waiting.count(route) for route in sorted(set(waiting))}


def test_when_a_carrier_goes_away_its_messages_take_the_other_and_none_is_lost(two_ways: MakeTwo) -> None:
    """Within seconds, each once (F19)."""
    ways = two_ways()
    answer = ways.hub.send(*numbers(50))
    ways.main.before = refuse
    for _ in range(6):
        ways.tick()
    assert set(ways.hub.states(answer.campaign_id)) == {SUBMITTED}
    assert (len(ways.main.taken), set(ways.spare.counts.values()), len(ways.spare.counts)) == (0, {1}, 50)


def test_a_single_message_goes_around_within_seconds_too(two_ways: MakeTwo) -> None:
    """Though nothing comes behind it, and it waits a little longer after each refusal."""
    ways = two_ways()
    ways.main.before = refuse
    ways.hub.send(*numbers(1))
    for _ in range(10):
        ways.tick()
    assert [one.to for one in ways.spare.taken] == numbers(1)


def test_new_messages_take_the_other_at_once(two_ways: MakeTwo) -> None:
    """They need not be moved."""
    ways = two_ways()
    fail(ways)
    ways.hub.send(*numbers(5))
    assert by_route(ways) == {"spare": 5}


def test_it_is_returned_to_little_by_little(two_ways: MakeTwo) -> None:
    """A message tries it; then it gets a tenth, and a minute later everything."""
    ways = two_ways()
    fail(ways)
    ways.hub.clock.advance(seconds=60)
    ways.hub.send(*numbers(40))
    ways.hub.drain()
    counts = []
    for later_s in (2, 60):
        ways.hub.clock.advance(seconds=later_s)
        before = len(ways.main.taken)
        ways.hub.send(*numbers(40))
        ways.hub.drain()
        counts.append(len(ways.main.taken) - before)
    assert (3 <= counts[0] <= 5, counts[1]) == (True, 40)


def test_what_only_it_takes_waits(two_ways: MakeTwo) -> None:
    """The other does not text Belgium."""
    ways = two_ways(HUB_ROUTE_SPARE_COUNTRIES="FR")
    ways.hub.send(*numbers(3), BE)
    fail(ways)
    ways.tick()
    assert ([one.to for one in ways.spare.taken], by_route(ways)) == (numbers(3), {"main": 1})


def test_what_waits_for_too_long_ends_and_is_paid_back(two_ways: MakeTwo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody hands it over."""
    monkeypatch.setattr(failover, "AHEAD", timedelta(0))
    ways = two_ways(HUB_ROUTE_SPARE_COUNTRIES="BE")
    answer = ways.hub.send()
    fail(ways)
    ways.hub.clock.advance(hours=49)
    ways.hub.core.failover.fail_over()
    assert ways.hub.states(answer.campaign_id) == [MessageState.EXPIRED]
    assert ways.hub.core.accounts.balance(ways.hub.account.id).available == 1000


def test_what_may_have_been_sent_is_never_sent_another_way(two_ways: MakeTwo) -> None:
    """It stays in doubt."""
    ways = two_ways()
    ways.main.answer = lambda _: Unknown("lost")
    answer = ways.hub.send()
    ways.hub.drain()
    fail(ways)
    for _ in range(3):
        ways.tick()
    assert (ways.hub.states(answer.campaign_id), ways.spare.taken) == ([UNKNOWN], [])


def test_what_a_worker_has_claimed_is_not_moved(two_ways: MakeTwo) -> None:
    """It may be on the wire."""
    ways = two_ways()
    ways.hub.send(*numbers(3))
    core = ways.hub.core
    core.dispatcher._claim(core.routes["main"], core.lines.get("carrier"))
    fail(ways)
    assert core.failover.fail_over() == 0


def test_what_is_due_later_stays_until_its_time(two_ways: MakeTwo) -> None:
    """By then the carrier may be well."""
    ways = two_ways()
    ways.hub.send(send_at=ways.hub.clock.now() + timedelta(seconds=30))
    fail(ways)
    ways.tick()
    first = by_route(ways)
    ways.tick(30)
    assert (first, len(ways.spare.taken)) == ({"main": 1}, 1)


def test_where_both_are_out_messages_stay(two_ways: MakeTwo) -> None:
    """They are not carried to and fro."""
    ways = two_ways()
    ways.hub.send()
    fail(ways)
    fail(ways, "spare")
    assert (ways.hub.core.failover.fail_over(), by_route(ways)) == (0, {"main": 1})


@pytest.mark.parametrize("paused", ["main", "spare"])
def test_what_is_paused_is_left_as_the_operator_wants_it(two_ways: MakeTwo, paused: str) -> None:
    """Neither does anything leave it, nor go there."""
    ways = two_ways()
    ways.hub.send()
    fail(ways)
    ways.hub.core.switches.pause([Way.OUT], route=paused)
    assert (ways.hub.core.failover.fail_over(), by_route(ways)) == (0, {"main": 1})


def test_a_carrier_that_wants_to_be_left_alone_for_an_hour_is_gone_around(two_ways: MakeTwo) -> None:
    """Though it has not failed."""
    ways = two_ways()
    ways.hub.send()
    ways.hub.core.route_health.note("main", Failure("come back later", rest_s=3600.0))
    ways.tick()
    assert len(ways.spare.taken) == 1


def test_more_than_a_batch_moves_and_no_more_than_is_good_for_one_tick(
    two_ways: MakeTwo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next tick moves the rest."""
    monkeypatch.setattr(failover, "BATCH", 3)
    monkeypatch.setattr(failover, "MOST_AT_ONCE", 8)
    ways = two_ways()
    ways.hub.send(*numbers(10))
    fail(ways)
    assert [ways.hub.core.failover.fail_over() for _ in range(3)] == [8, 2, 0]


def test_alerts_move_first(two_ways: MakeTwo, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many advertisements were there before."""
    monkeypatch.setattr(failover, "MOST_AT_ONCE", 1)
    ways = two_ways()
    recipients = tuple(map(Recipient, numbers(3)))
    ways.hub.core.accept(CampaignRequest(ways.hub.account.id, "x", recipients, Purpose.MARKETING))
    ways.hub.send("+33612999999")
    fail(ways)
    ways.tick()
    assert [one.to for one in ways.spare.taken] == ["+33612999999"]


def test_only_routes_that_take_the_account_and_the_sender_are_gone_to(two_ways: MakeTwo) -> None:
    """As hub.ini says."""
    ways = two_ways(HUB_ROUTE_SPARE_ACCOUNTS="salon exemple", HUB_ROUTE_SPARE_SENDERS="36180, MonSalon")
    other = ways.hub.core.accounts.create("Other", "FR", credits_=10)[0]
    ways.hub.core.accept(CampaignRequest(other.id, "x", (Recipient("+33612345671"),), Purpose.ALERT))
    ways.hub.send("+33612345672")
    ways.hub.send("+33612345673", sender="MONSALON")
    ways.hub.send("+33612345674", sender="Autre")
    fail(ways)
    ways.tick()
    assert sorted(one.to[-1] for one in ways.spare.taken) == ["2", "3"]


# --- trying it ---


def test_a_route_that_nothing_waits_for_is_lent_a_message_to_be_tried_with(two_ways: MakeTwo) -> None:
    """Or it would stay open until somebody texts by it."""
    ways = two_ways()
    ways.hub.send(*numbers(3))
    fail(ways)
    ways.hub.core.failover.fail_over()
    ways.hub.clock.advance(seconds=60)
    ways.hub.core.failover.fail_over()
    lent = by_route(ways)
    ways.hub.drain()
    states = ways.hub.core.route_health.states()
    assert (lent, len(ways.main.taken), states["main"].condition) == (
        {"main": 1, "spare": 2},
        1,
        Condition.CLOSED,
    )


def test_an_advertisement_is_lent_rather_than_an_alert(two_ways: MakeTwo) -> None:
    """Should the try fail, it comes a few seconds later."""
    ways = two_ways()
    fail(ways)
    ways.hub.send("+33612345671")
    recipients = (Recipient("+33612345672"),)
    ways.hub.core.accept(CampaignRequest(ways.hub.account.id, "x", recipients, Purpose.MARKETING))
    ways.hub.clock.advance(seconds=60)
    ways.hub.core.failover.fail_over()
    ways.hub.core.dispatcher.drain("main")
    assert [one.to for one in ways.main.taken] == ["+33612345672"]


def test_after_a_try_in_vain_the_message_takes_the_other(two_ways: MakeTwo) -> None:
    """It was certainly not sent."""
    ways = two_ways()
    answer = ways.hub.send(*numbers(3))
    fail(ways)
    ways.main.before = refuse
    ways.tick(60)
    ways.tick()
    assert (set(ways.hub.states(answer.campaign_id)), len(ways.spare.taken)) == ({SUBMITTED}, 3)


def test_the_last_message_stays_for_a_route_that_is_about_to_be_tried(two_ways: MakeTwo) -> None:
    """Or there would be nothing to try it with."""
    ways = two_ways()
    ways.hub.send(*numbers(3))
    fail(ways)
    ways.hub.clock.advance(seconds=59)
    assert (ways.hub.core.failover.fail_over(), by_route(ways)) == (2, {"main": 1, "spare": 2})


@pytest.mark.slow
def test_ten_minutes_of_a_carrier_that_comes_and_goes_lose_and_double_nothing(two_ways: MakeTwo) -> None:
    """Away every other minute; a text every ten seconds (F19)."""
    ways = two_ways()
    campaigns = []
    for number in range(60):
        ways.main.before = refuse if number // 6 % 2 else lambda _: None
        campaigns.append(ways.hub.send(f"+336123{number:05d}").campaign_id)
        ways.tick(10)
    well(ways.main)
    for _ in range(10):
        ways.tick(30)
    counts = ways.main.counts + ways.spare.counts
    assert {state for one in campaigns for state in ways.hub.states(one)} == {SUBMITTED}
    assert (len(counts), set(counts.values())) == (60, {1})
    assert min(len(ways.main.taken), len(ways.spare.taken)) > 6


def test_a_search_in_vain_is_not_made_every_second(two_ways: MakeTwo) -> None:
    """The longer it took, the longer it is left."""
    ways = two_ways(HUB_ROUTE_SPARE_COUNTRIES="BE")
    ways.hub.send()
    fail(ways)
    core, looks = ways.hub.core, []
    move = type(core.failover)._move

    def slowly(*words: object) -> int:
        looks.append(1)
        ways.hub.clock.advance(seconds=0.5)
        return move(*words)  # type: ignore[arg-type]  # as they came

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(core.failover), "_move", slowly)
        for _ in range(9):
            ways.hub.clock.advance(seconds=1)
            core.failover.fail_over()
    assert len(looks) == 1


def test_a_route_that_is_well_again_is_left_alone(two_ways: MakeTwo) -> None:
    """Nothing moves without need."""
    ways = two_ways()
    ways.hub.send()
    ways.hub.core.route_health.note("main", Success())
    assert ways.hub.core.failover.fail_over() == 0


def test_what_a_carrier_may_have_takes_no_other(two_ways: MakeTwo) -> None:
    """Asked again it is only where the same reference means the same text."""
    ways = two_ways()
    ways.main.capabilities = replace(ways.main.capabilities, idempotent=True)
    reached = []

    def lose(message: OutgoingMessage) -> Unknown:
        reached.append(message.to)
        return Unknown("answer lost")

    ways.main.answer = lose
    ways.hub.send(*numbers(5))
    for _ in range(40):
        ways.tick()
    assert (set(reached) >= {numbers(1)[0]}, set(reached) & {one.to for one in ways.spare.taken}) == (True, set())


def test_an_answer_that_the_law_asks_for_goes_around_too(two_ways: MakeTwo) -> None:
    """It has an alert's purpose, whatever its place in the line."""
    ways = two_ways(HUB_ROUTE_SPARE_PURPOSES="alert")
    (nina,) = numbers(1)
    ways.hub.send(nina)
    ways.hub.drain()
    ways.hub.core.inbox.take("carrier", [InboundText(nina, "36180", "STOP", "m1", raw="STOP")])
    ways.hub.core.desk.work_off(ways.hub.core)
    fail(ways)
    ways.main.before = refuse
    for _ in range(10):
        ways.tick()
    assert [one.to for one in ways.spare.taken] == [nina]
