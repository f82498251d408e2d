"""What may have changed between accept and submit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from hub.compliance.model import Purpose
from hub.compliance.policies import load_policies
from hub.contacts.model import SuppressionKind
from hub.messages.connector import NotSent
from hub.messages.dispatch import Dispatcher
from hub.messages.model import CampaignRequest, MessageState, Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.testing.hub import TestHub

PENDING, SUBMITTED = MessageState.PENDING, MessageState.SUBMITTED
FR = "+33612345678"
LATE_TUESDAY = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "reason"), [(SuppressionKind.OPT_OUT, "opted_out"), (SuppressionKind.UNALLOCATED, "unallocated")]
)
@pytest.mark.parametrize("purpose", Purpose)
def test_who_said_stop_meanwhile_gets_nothing(
    hub: TestHub, books: Callable[[], Any], purpose: Purpose, kind: SuppressionKind, reason: str
) -> None:
    """Alerts neither; it is paid back."""
    answer = hub.send(FR, purpose=purpose)
    hub.core.suppressions.add(hub.account.id, FR, kind, source="test")
    hub.drain()
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, message.reason, books()) == (MessageState.BLOCKED, reason, (1000, 0, 0))
    assert hub.carrier.taken == []


def test_who_said_stop_to_one_account_is_texted_by_another(hub: TestHub) -> None:
    """Both in the same claim; they are looked up together."""
    other, _ = hub.core.accounts.create("Boutique", "FR", credits_=10)
    mine = hub.send(FR)
    theirs = hub.core.accept(CampaignRequest(other.id, "Bonjour", (Recipient(FR),), Purpose.ALERT))
    hub.core.suppressions.add(hub.account.id, FR, SuppressionKind.UNALLOCATED, source="test")
    hub.core.suppressions.add(hub.account.id, FR, SuppressionKind.OPT_OUT, source="test")
    hub.drain()
    (stopped,) = hub.core.messages(hub.account.id, mine.campaign_id)
    (sent,) = hub.core.messages(other.id, theirs.campaign_id)
    assert (stopped.reason, sent.state) == ("opted_out", SUBMITTED)


def test_a_worker_that_slept_past_its_lease_hands_nothing_over(hub: TestHub) -> None:
    """A machine that was suspended for the night: the hour, an opt-out, a pause must be asked again."""
    hub.carrier.capabilities = replace(hub.carrier.capabilities, batch_size=1)
    answer = hub.send(FR, "+33612345679")

    def sleep(_: object) -> None:
        hub.clock.advance(hours=14)

    hub.carrier.before = sleep
    hub.drain()
    hub.carrier.before = lambda _: None
    asleep = hub.states(answer.campaign_id)
    hub.core.sweeper.recover_leases()
    assert (asleep, hub.states(answer.campaign_id)) == ([SUBMITTED, MessageState.CLAIMED], [SUBMITTED, PENDING])


def test_what_is_too_old_is_not_sent(hub: TestHub, books: Callable[[], Any]) -> None:
    """No worker ran for two days: a reminder of yesterday's appointment helps nobody."""
    answer = hub.send()
    hub.clock.advance(hours=48)
    hub.drain()
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, message.reason, books()) == (MessageState.EXPIRED, "expired_unsent", (1000, 0, 0))


def test_a_carrier_that_never_takes_it_lets_it_expire(hub: TestHub) -> None:
    """Trying again ends with the message's time."""
    hub.carrier.answer = lambda _: NotSent("later", 3600)
    answer = hub.send()
    for _ in range(50):
        hub.drain()
        hub.clock.advance(hours=1)
    assert hub.states(answer.campaign_id) == [MessageState.EXPIRED]


def test_marketing_that_missed_its_hours_waits_for_the_next(hub: TestHub) -> None:
    """It was due at ten in the morning; at eleven at night it may not leave."""
    answer = hub.send(purpose=Purpose.MARKETING)
    hub.clock.set(LATE_TUESDAY)
    hub.drain()
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, hub.carrier.taken) == (PENDING, [])
    assert message.due_at is not None
    hub.clock.set(message.due_at)
    hub.drain()
    assert hub.states(answer.campaign_id) == [SUBMITTED]


def test_alerts_are_sent_at_night(hub: TestHub) -> None:
    """The hours are for marketing."""
    answer = hub.send()
    hub.clock.set(LATE_TUESDAY)
    hub.drain()
    assert hub.states(answer.campaign_id) == [SUBMITTED]


def test_marketing_whose_next_hour_is_after_its_end_expires(make: Callable[..., TestHub]) -> None:
    """Four hours to live, and the night is longer."""
    hub = make(settings={"HUB_COMPLIANCE_MAX_DEFER_HOURS": "12.5"})
    answer = hub.send(purpose=Purpose.MARKETING)
    hub.clock.advance(hours=12)
    hub.drain()
    assert hub.states(answer.campaign_id) == [MessageState.EXPIRED]


@pytest.mark.parametrize(("before_the_end", "count"), [(timedelta(minutes=5, seconds=1), 1), (timedelta(minutes=5), 0)])
def test_sending_stops_some_minutes_before_the_hours_end(hub: TestHub, before_the_end: timedelta, count: int) -> None:
    """A text that leaves at the last second arrives after it."""
    hub.send(purpose=Purpose.MARKETING)
    end = hub.core.policies.countries["FR"].marketing.end
    today = hub.clock.now().astimezone(ZoneInfo("Europe/Paris"))
    hub.clock.set(today.replace(hour=end.hour, minute=end.minute).astimezone(UTC) - before_the_end)
    hub.drain()
    assert len(hub.carrier.taken) == count


@pytest.mark.parametrize("purpose", Purpose)
def test_a_country_that_is_gone_from_the_table_gets_nothing(
    hub: TestHub, books: Callable[[], Any], purpose: Purpose
) -> None:
    """Where no rule is known, none is kept: fail closed."""
    answer = hub.send(purpose=purpose)
    recheck = replace(hub.core.dispatcher.recheck, policies=replace(hub.core.policies, countries={}))
    replace(hub.core.dispatcher, recheck=recheck).drain("main")
    (message,) = hub.core.messages(hub.account.id, answer.campaign_id)
    assert (message.state, message.reason, books()) == (MessageState.BLOCKED, "country_not_allowed", (1000, 0, 0))


def test_what_is_cancelled_between_claim_and_submit_does_not_leave(
    hub: TestHub, monkeypatch: pytest.MonkeyPatch, books: Callable[[], Any]
) -> None:
    """It was only claimed."""
    submit_window = Dispatcher._submit_window
    answer = hub.send()

    def cancel_first(self: Dispatcher, *args: Any) -> Any:
        hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)
        return submit_window(self, *args)

    monkeypatch.setattr(Dispatcher, "_submit_window", cancel_first)
    hub.drain()
    assert (hub.states(answer.campaign_id), hub.carrier.taken, books()) == (
        [MessageState.CANCELLED],
        [],
        (1000, 0, 0),
    )


def test_what_comes_back_from_the_carrier_of_a_cancelled_campaign_does_not_leave_again(
    hub: TestHub, books: Callable[[], Any]
) -> None:
    """It was at the carrier when the rest was cancelled; the carrier said later."""
    numbers = [f"+3361234567{number}" for number in range(2)]
    hub.carrier.capabilities = type(hub.carrier.capabilities)(batch_size=1)
    answer = hub.send(*numbers)

    def cancel(_: object) -> None:
        hub.core.campaigns.cancel(hub.account.id, answer.campaign_id)

    hub.carrier.before = cancel
    hub.carrier.answer = lambda _: NotSent("later", 5)
    hub.drain()
    back = hub.states(answer.campaign_id)
    hub.clock.advance(seconds=5)
    hub.carrier.answer = lambda _: None
    hub.drain()
    assert (back, hub.states(answer.campaign_id)) == (
        [PENDING, MessageState.CANCELLED],
        [MessageState.CANCELLED] * 2,
    )
    assert (hub.carrier.taken, books()) == ([], (1000, 0, 0))


def test_an_account_that_was_locked_meanwhile_sends_nothing(hub: TestHub, books: Callable[[], Any]) -> None:
    """A stolen token's campaign stops where it stands, and its credits come back."""
    answer = hub.send()
    hub.core.accounts.lock(hub.account.id, locked=True)
    hub.drain()
    assert (hub.states(answer.campaign_id), hub.carrier.taken, books()) == ([MessageState.BLOCKED], [], (1000, 0, 0))


def test_marketing_that_was_switched_off_meanwhile_does_not_leave(hub: TestHub) -> None:
    """The operator changed the rules while it waited."""
    answer = hub.send(purpose=Purpose.MARKETING)
    hub.core.policies = load_policies(overrides={"FR": {"enabled": "no"}})
    hub.drain()
    assert (hub.states(answer.campaign_id), hub.carrier.taken) == ([MessageState.EXPIRED], [])
