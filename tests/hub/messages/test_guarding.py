"""Guards on the way in: what is blocked, what is held, and what they count by."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select

from hub.accounts.model import AccountLimits, AccountSettings, Balance
from hub.compliance.model import Purpose
from hub.errors import NotEnoughCredits, RequestRefused
from hub.guard.model import HoldReason
from hub.guard.tables import account_days, recent_texts
from hub.mailing.tables import outgoing_mails
from hub.messages.model import CampaignRequest, CampaignState, MessageState, Recipient

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from hub.bootstrap import Core
    from hub.testing.hub import TestHub

    from .conftest import Twin

HELD, PENDING, BLOCKED = MessageState.HELD, MessageState.PENDING, MessageState.BLOCKED
FR, BE, RE = "+33612345678", "+32470123456", "+262692123456"


@pytest.fixture
def guarded(make: Callable[..., TestHub]) -> Callable[..., TestHub]:
    """Make a hub whose guards are on, with figures of the test's own."""

    def made(**figures: object) -> TestHub:
        settings = {f"HUB_GUARD_{name.upper()}": str(value) for name, value in figures.items()}
        return make(settings={"HUB_GUARD_ENABLED": "yes"} | settings)

    return made


def far_apart(count: int, first: int = 0) -> list[str]:
    """French mobiles that are no neighbours, each of a block of its own."""
    return [f"+336{10 + place:02d}{place * 37:06d}" for place in range(first, first + count)]


def belgians(count: int, first: int = 0) -> list[str]:
    """Belgian mobiles that are no neighbours."""
    return [f"+324701{place * 37:05d}" for place in range(first, first + count)]


def mails(hub: TestHub) -> list[tuple[str, str]]:
    """Who is written to, and under which key, the oldest first."""
    with hub.core.read() as connection:
        query = select(outgoing_mails.c.recipient, outgoing_mails.c.key).order_by(outgoing_mails.c.id)
        return [(row.recipient, row.key) for row in connection.execute(query)]


def grow(hub: TestHub) -> None:
    """Expand what waits."""
    while hub.core.expander.expand_next():
        pass


def spent_today(hub: TestHub) -> int:
    """What the test's account has accepted today, without review."""
    with hub.core.read() as connection:
        return int(connection.execute(select(func.coalesce(func.sum(account_days.c.credits), 0))).scalar_one())


# --- countries ---


def test_a_new_account_texts_its_own_country_only(hub: TestHub) -> None:
    """With those of its numbering plan; the sentence says where that is changed (B17)."""
    account, _ = hub.core.accounts.create("Neuf", "FR", credits_=10)
    request = CampaignRequest(account.id, "Bonjour", (Recipient(FR), Recipient(RE), Recipient(BE)), Purpose.ALERT)
    answer = hub.core.accept(request)
    assert [message.reason for message in answer.messages] == [None, None, "country_not_allowed"]
    assert "hub account countries ACCOUNT --add BE" in (answer.messages[2].detail or "")


def test_an_account_texts_what_it_was_allowed(hub: TestHub) -> None:
    """From then on."""
    account, _ = hub.core.accounts.create("Neuf", "FR", credits_=10)
    hub.core.accounts.set_countries(account.id, {"BE"})
    request = CampaignRequest(account.id, "Bonjour", (Recipient(FR), Recipient(BE)), Purpose.ALERT)
    assert [message.reason for message in hub.core.accept(request).messages] == ["country_not_allowed", None]


def test_the_operator_s_countries_are_the_outer_wall(make: Callable[..., TestHub]) -> None:
    """What an account may, the hub may still not (B17)."""
    hub = make(settings={"HUB_COMPLIANCE_ALLOWED_COUNTRIES": "FR"})
    hub.core.accounts.set_countries(hub.account.id, {"FR", "BE"})
    with pytest.raises(RequestRefused, match=r"\[compliance\] allowed_countries") as refusal:
        hub.send(BE)
    assert refusal.value.code == "country_not_allowed"


def test_a_large_list_keeps_to_the_account_s_countries_too(make: Callable[..., TestHub]) -> None:
    """When it is expanded."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    hub.core.accounts.set_countries(hub.account.id, {"FR"})
    answer = hub.send(FR, BE)
    grow(hub)
    assert hub.states(answer.campaign_id) == [PENDING, BLOCKED]


# --- texts to one number ---


def test_the_sixth_text_within_an_hour_to_one_number_is_blocked(guarded: Callable[..., TestHub]) -> None:
    """The others of the campaign go."""
    hub = guarded()
    for _ in range(5):
        hub.send(FR)
    answer = hub.send(FR, *far_apart(1))
    assert [(one.state, one.reason) for one in answer.messages] == [(BLOCKED, "too_many_to_recipient"), (PENDING, None)]


def test_a_request_to_nobody_else_is_refused(guarded: Callable[..., TestHub]) -> None:
    """Nothing of it is kept."""
    hub = guarded(recipient_per_hour=1)
    hub.send(FR)
    with pytest.raises(RequestRefused) as refusal:
        hub.send(FR)
    assert (refusal.value.code, len(hub.core.campaigns.latest())) == ("too_many_to_recipient", 1)


def test_an_hour_later_the_number_may_be_texted_again(guarded: Callable[..., TestHub]) -> None:
    """The window slides."""
    hub = guarded(recipient_per_hour=1)
    hub.send(FR)
    hub.clock.advance(minutes=59)
    with pytest.raises(RequestRefused):
        hub.send(FR)
    hub.clock.advance(minutes=2)
    assert hub.send(FR).accepted == 1


def test_what_another_account_texts_does_not_count(guarded: Callable[..., TestHub]) -> None:
    """Tenants do not feel one another."""
    hub = guarded(recipient_per_hour=1)
    other, _ = hub.core.accounts.create("Autre", "FR", credits_=10)
    hub.core.accept(CampaignRequest(other.id, "Bonjour", (Recipient(FR),), Purpose.ALERT))
    assert hub.send(FR).accepted == 1


def test_what_was_blocked_does_not_count(guarded: Callable[..., TestHub]) -> None:
    """Only accepted texts do."""
    hub = guarded(recipient_per_hour=1)
    hub.core.accounts.set_countries(hub.account.id, {"BE"})
    hub.send(FR, BE)
    hub.core.accounts.set_countries(hub.account.id, None)
    assert hub.send(FR).accepted == 1


def test_an_account_may_have_a_figure_of_its_own(guarded: Callable[..., TestHub]) -> None:
    """0 is no limit."""
    hub = guarded(recipient_per_hour=1)
    hub.core.accounts.set_limits(hub.account.id, AccountLimits(recipient_per_hour=0))
    assert [hub.send(FR).accepted for _ in range(3)] == [1, 1, 1]


def test_a_large_list_counts_texts_to_one_number_too(make: Callable[..., TestHub]) -> None:
    """Across campaigns, chunk by chunk."""
    figures = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_RECIPIENT_PER_HOUR": "1"}
    hub = make(settings=figures | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    for _ in range(2):
        answer = hub.send(FR, *far_apart(3), purpose=Purpose.MARKETING)
        grow(hub)
    assert hub.core.campaign(hub.account.id, answer.campaign_id).by_state == {BLOCKED: 4}


# --- the ceiling ---


def test_beyond_the_day_s_ceiling_a_campaign_is_held(guarded: Callable[..., TestHub]) -> None:
    """Accepted, stored, its credits set aside, and nothing leaves."""
    hub = guarded(day_credits=3)
    first, second = hub.send(*far_apart(2)), hub.send(*far_apart(2, first=2))
    assert (first.hold, second.state, second.hold and second.hold.reason) == (None, "held", HoldReason.DAY_CEILING)
    assert (hub.drain(), hub.states(second.campaign_id), spent_today(hub)) == (2, [HELD, HELD], 2)
    assert hub.core.accounts.balance(hub.account.id) == Balance(996, 2, 2)


def test_the_sender_hears_why_in_a_sentence(guarded: Callable[..., TestHub]) -> None:
    """In the answer's notes, and beside each message."""
    answer = guarded(day_credits=1).send(*far_apart(2))
    sentence = "This costs 2 credits, 0 went today, and 1 a day go without review."
    assert answer.notes[0].startswith(f"Held for review: {sentence} ")
    assert [(one.reason, one.detail) for one in answer.messages] == [("day_ceiling", sentence)] * 2


def test_the_same_key_is_answered_with_the_hold(guarded: Callable[..., TestHub]) -> None:
    """A repeat neither sends nor counts again."""
    hub = guarded(day_credits=1)
    first = hub.send(*far_apart(2), idempotency_key="k")
    again = hub.send(*far_apart(2), idempotency_key="k")
    assert (again.replayed, again.state, again.hold) == (True, CampaignState.HELD, first.hold)


def test_a_smaller_request_still_goes_below_the_ceiling(guarded: Callable[..., TestHub]) -> None:
    """What is held takes no room of it."""
    hub = guarded(day_credits=3)
    hub.send(*far_apart(5))
    assert hub.send(*far_apart(3)).state is CampaignState.ACCEPTED


def test_at_midnight_where_the_hub_is_the_day_begins_anew(guarded: Callable[..., TestHub]) -> None:
    """Paris is an hour ahead in winter: 22:30 is still today, 23:30 is tomorrow."""
    hub = guarded(day_credits=1)
    hub.send(*far_apart(1))
    hub.clock.set(hub.clock.now().replace(hour=22, minute=30))
    assert hub.send(*far_apart(1)).state is CampaignState.HELD
    hub.clock.advance(hours=1)
    assert hub.send(*far_apart(1)).state is CampaignState.ACCEPTED


def test_a_large_list_is_held_from_the_part_on_that_passes_the_ceiling(make: Callable[..., TestHub]) -> None:
    """What went before goes on; the whole is `held` once it is expanded."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "4"}
    hub = make(settings=settings | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    answer = hub.send(*far_apart(7))
    states = []
    while hub.core.expander.expand_next():
        states.append(hub.core.campaign(hub.account.id, answer.campaign_id).state)
    assert states == ["expanding", "expanding", "expanding", "held"]
    assert hub.states(answer.campaign_id) == [PENDING] * 4 + [HELD] * 3
    assert hub.drain() == 4


def test_what_the_credits_do_not_reach_is_not_counted(make: Callable[..., TestHub]) -> None:
    """The end of a large list that nobody could pay."""
    hub = make(settings={"HUB_GUARD_ENABLED": "yes", "HUB_MESSAGES_INLINE_RECIPIENTS": "1"})
    hub.core.accounts.add_credits(hub.account.id, -998)
    hub.send(*far_apart(5))
    grow(hub)
    with hub.core.read() as connection:
        texts = connection.execute(select(func.count()).select_from(recent_texts)).scalar_one()
    assert (spent_today(hub), texts) == (2, 2)


def test_a_dear_message_is_held(guarded: Callable[..., TestHub]) -> None:
    """As the account has it."""
    hub = guarded()
    hub.core.accounts.set_limits(hub.account.id, AccountLimits(message_credits=1))
    answer = hub.send(text="x" * 161)
    assert answer.hold
    assert answer.hold.reason is HoldReason.MESSAGE_COST


def test_what_would_leave_too_little_is_held(guarded: Callable[..., TestHub]) -> None:
    """Nine hundred and ninety-nine must be left of a thousand."""
    hub = guarded(low_balance=999)
    one, two = hub.send(*far_apart(1)), hub.send(*far_apart(1, first=1))
    assert (one.hold, two.hold and two.hold.reason) == (None, HoldReason.LOW_BALANCE)


def test_a_list_that_goes_as_far_as_the_credits_reach_would_leave_too_little(make: Callable[..., TestHub]) -> None:
    """It is not refused for costing more than there is, so it is held."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_LOW_BALANCE": "5", "HUB_MESSAGES_INLINE_RECIPIENTS": "1"}
    hub = make(settings=settings)
    hub.core.accounts.add_credits(hub.account.id, -992)
    answer = hub.send(*far_apart(20))
    grow(hub)
    view = hub.core.campaign(hub.account.id, answer.campaign_id)
    assert (view.state, view.by_state) == (CampaignState.HELD, {HELD: 8, BLOCKED: 12})


def test_more_than_the_account_has_is_refused_and_counts_for_nothing(guarded: Callable[..., TestHub]) -> None:
    """Held or not, it must be paid (B31)."""
    hub = guarded(day_credits=1)
    hub.core.accounts.add_credits(hub.account.id, -999)
    with pytest.raises(NotEnoughCredits) as refusal:
        hub.send(*far_apart(2))
    assert (refusal.value.needed, refusal.value.available) == (2, 1)
    assert (spent_today(hub), hub.core.campaigns.latest(), hub.core.held.all()) == (0, (), ())


# --- the fuse, by country and hour ---


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"abroad_hour_credits": 3}, HoldReason.COUNTRY_HOUR),
        ({"abroad_day_credits": 3}, HoldReason.COUNTRY_DAY),
        ({"hour_credits": 3}, HoldReason.HOUR_CEILING),
    ],
)
def test_beyond_the_fuse_a_campaign_is_held_and_what_was_below_it_goes(
    guarded: Callable[..., TestHub], figures: dict[str, int], reason: HoldReason
) -> None:
    """The answer says so, and its credits are set aside."""
    hub = guarded(**figures)
    answers = [hub.send(*belgians(2, first)) for first in (0, 2, 4)]
    assert [answer.state for answer in answers] == ["accepted", "held", "held"]
    assert [answer.hold and answer.hold.reason for answer in answers[1:]] == [reason] * 2
    assert (hub.drain(), hub.core.accounts.balance(hub.account.id)) == (2, Balance(994, 4, 2))


def test_the_account_s_own_numbering_plan_is_no_foreign_country(guarded: Callable[..., TestHub]) -> None:
    """Overseas is dialled as at home."""
    hub = guarded(abroad_hour_credits=1)
    assert hub.send(*far_apart(3), RE).hold is None


def test_each_foreign_country_has_a_ceiling_of_its_own(guarded: Callable[..., TestHub]) -> None:
    """Belgium's is not Germany's."""
    hub = guarded(abroad_hour_credits=1)
    assert [hub.send(number).state for number in (BE, "+4915123456789", "+32470123457")] == [
        "accepted",
        "accepted",
        "held",
    ]


def test_what_one_account_sends_abroad_does_not_hold_another(guarded: Callable[..., TestHub]) -> None:
    """Tenants do not feel one another."""
    hub = guarded(abroad_hour_credits=1)
    other, _ = hub.core.accounts.create("Autre", "FR", credits_=10, countries={"BE"})
    hub.core.accept(CampaignRequest(other.id, "Bonjour", (Recipient(BE),), Purpose.ALERT))
    assert hub.send(BE).hold is None


def test_an_hour_later_as_much_goes_again(guarded: Callable[..., TestHub]) -> None:
    """Until the day's ceiling is reached."""
    hub = guarded(abroad_hour_credits=2, abroad_day_credits=4)
    reasons = []
    for first in (0, 2, 4):
        answer = hub.send(*belgians(2, first))
        reasons.append(answer.hold and answer.hold.reason)
        hub.clock.advance(minutes=75)
    assert reasons == [None, None, HoldReason.COUNTRY_DAY]


def test_an_account_may_have_fuses_of_its_own(guarded: Callable[..., TestHub]) -> None:
    """A shop at the border."""
    hub = guarded(abroad_hour_credits=1)
    hub.core.accounts.set_limits(hub.account.id, AccountLimits(abroad_hour_credits=100))
    assert hub.send(*belgians(20)).hold is None


def test_what_is_held_or_was_released_does_not_wear_the_fuse(guarded: Callable[..., TestHub]) -> None:
    """A person has looked at it."""
    hub = guarded(abroad_hour_credits=3)
    held = hub.send(*belgians(10))
    hub.core.held.release(held.campaign_id)
    assert (hub.drain(), hub.send(*belgians(3, 10)).hold) == (10, None)


def test_a_large_list_is_held_from_the_part_on_that_passes_the_fuse(make: Callable[..., TestHub]) -> None:
    """Once released, the rest of it is not held again."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_ABROAD_HOUR_CREDITS": "3"}
    hub = make(settings=settings | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    answer = hub.send(*belgians(8), purpose=Purpose.ALERT)
    for _ in range(2):
        hub.core.expander.expand_next()
    assert hub.states(answer.campaign_id) == [PENDING] * 2 + [HELD] * 2
    hub.core.held.release(answer.campaign_id)
    grow(hub)
    assert hub.states(answer.campaign_id) == [PENDING] * 8


def test_two_at_once_cannot_both_have_what_is_left_below_the_fuse(guarded: Callable[..., TestHub], twin: Twin) -> None:
    """They take turns, each on a connection of its own."""
    hub = guarded(abroad_hour_credits=7)
    cores = [twin(hub) for _ in range(3)]
    states: list[str] = []

    def spend(core: Core, first: int) -> None:
        for place in range(first, first + 4):
            numbers = tuple(Recipient(number) for number in belgians(1, place))
            states.append(core.accept(CampaignRequest(hub.account.id, "Bonjour", numbers, Purpose.ALERT)).state)

    threads = [threading.Thread(target=spend, args=(core, 4 * place)) for place, core in enumerate(cores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(states) == {"accepted": 7, "held": 5}


# --- the account is told ---


def test_the_account_is_told_by_mail_once_for_each_reason_and_day(guarded: Callable[..., TestHub]) -> None:
    """In the transaction of the hold; other reasons, and other days, are told too."""
    hub = guarded(abroad_hour_credits=1, message_credits=1)
    hub.core.accounts.change_settings(hub.account.id, AccountSettings(notice_email="gerante@salon.example"))
    for _ in range(2):
        hub.send(*belgians(2))
    hub.send(text="x" * 161)
    hub.clock.advance(days=1)
    hub.send(*belgians(2))
    assert mails(hub) == [
        ("gerante@salon.example", f"{hub.account.id}/country_hour/2026-11-24"),
        ("gerante@salon.example", f"{hub.account.id}/message_cost/2026-11-24"),
        ("gerante@salon.example", f"{hub.account.id}/country_hour/2026-11-25"),
    ]


def test_what_was_not_kept_is_not_told(guarded: Callable[..., TestHub]) -> None:
    """A hold that ends as a refusal leaves no mail."""
    hub = guarded(abroad_hour_credits=1)
    hub.core.accounts.change_settings(hub.account.id, AccountSettings(notice_email="gerante@salon.example"))
    hub.core.accounts.add_credits(hub.account.id, -999)
    with pytest.raises(NotEnoughCredits):
        hub.send(*belgians(2))
    assert mails(hub) == []


def test_a_large_list_is_told_of_with_what_is_held_of_it(make: Callable[..., TestHub]) -> None:
    """The part that a guard wondered at."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_ABROAD_HOUR_CREDITS": "3"}
    hub = make(settings=settings | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    hub.core.accounts.change_settings(hub.account.id, AccountSettings(notice_email="gerante@salon.example"))
    hub.send(*belgians(6), purpose=Purpose.ALERT)
    grow(hub)
    with hub.core.read() as connection:
        (mail,) = connection.execute(select(outgoing_mails.c.mail)).scalars()
    assert "(api : 2 message(s), 2 crédit(s)) est retenue" in json.loads(mail)["body"]


def test_an_account_that_cannot_be_told_is_in_the_log(
    guarded: Callable[..., TestHub], logs: list[MutableMapping[str, Any]]
) -> None:
    """The operator may ring."""
    answer = guarded(hour_credits=1).send(*far_apart(2))
    (line,) = [line for line in logs if line["event"] == "account_not_told"]
    assert line["campaign"] == answer.campaign_id


# --- patterns ---


def test_what_is_no_number_does_not_make_an_alert_too_long_to_be_watched(guarded: Callable[..., TestHub]) -> None:
    """Eight neighbours among a hundred words are eight neighbours."""
    neighbours = [f"+3361234560{digit}" for digit in range(8)]
    assert guarded().send(*neighbours, *(f"word {number}" for number in range(100))).state == "held"


def test_the_fifth_neighbour_within_an_hour_is_held(guarded: Callable[..., TestHub]) -> None:
    """One by one, as pumping comes."""
    hub = guarded()
    answers = [hub.send(f"+3361234560{digit}") for digit in range(6)]
    assert [answer.state for answer in answers] == ["accepted"] * 4 + ["held"] * 2
    assert answers[-1].hold
    assert answers[-1].hold.reason is HoldReason.NUMBER_RUN


def test_neighbours_an_hour_apart_are_no_run(guarded: Callable[..., TestHub]) -> None:
    """The window slides here too."""
    hub = guarded()
    for digit in range(6):
        assert hub.send(f"+3361234560{digit}").hold is None
        hub.clock.advance(minutes=20)


@pytest.mark.parametrize(
    ("count", "purpose", "state"),
    [
        (100, Purpose.ALERT, "held"),
        (101, Purpose.ALERT, "accepted"),
        (100, Purpose.MARKETING, "accepted"),
    ],
)
def test_patterns_are_looked_for_in_small_alerts_only(
    guarded: Callable[..., TestHub], count: int, purpose: Purpose, state: str
) -> None:
    """A long list, or marketing, goes to numbers that somebody collected."""
    hub = guarded()
    assert hub.send(*(f"+33612345{place:03d}" for place in range(count)), purpose=purpose).state == state


def test_many_numbers_of_one_block_are_held(guarded: Callable[..., TestHub]) -> None:
    """Two of them were texted before, and none is a neighbour."""
    hub = guarded(prefix_per_hour=3)
    answers = [hub.send(f"+33612345{place}50") for place in range(5)]
    assert [answer.hold and answer.hold.reason for answer in answers] == [None] * 3 + [HoldReason.NUMBER_BLOCK] * 2


def test_a_block_that_is_a_small_part_of_all_is_not_crowded(guarded: Callable[..., TestHub]) -> None:
    """Who texts many people has some in every block."""
    hub = guarded(prefix_per_hour=3)
    hub.send(*far_apart(60))
    assert [hub.send(f"+33699345{place}50").hold for place in range(4)] == [None] * 4


def test_an_account_without_patterns_is_not_watched(guarded: Callable[..., TestHub]) -> None:
    """A firm whose phones were bought as a block."""
    hub = guarded()
    hub.core.accounts.set_limits(hub.account.id, AccountLimits(patterns=False))
    assert hub.send(*(f"+3361234560{digit}" for digit in range(9))).hold is None


# --- the alarm, and the log ---


def test_a_hold_is_logged_once_it_is_stored(
    guarded: Callable[..., TestHub], logs: list[MutableMapping[str, Any]]
) -> None:
    """So that somebody learns of it."""
    answer = guarded(day_credits=1).send(*far_apart(2))
    (line,) = [line for line in logs if line["event"] == "campaign_held"]
    assert {name: said for name, said in line.items() if name != "account"} == {
        "event": "campaign_held",
        "log_level": "warning",
        "campaign": answer.campaign_id,
        "reason": "day_ceiling",
        "messages": 2,
        "credits": 2,
    }


def test_a_large_list_is_reported_once(make: Callable[..., TestHub], logs: list[MutableMapping[str, Any]]) -> None:
    """Not chunk by chunk."""
    settings = {"HUB_GUARD_ENABLED": "yes", "HUB_GUARD_DAY_CREDITS": "1"}
    hub = make(settings=settings | {"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    hub.send(*far_apart(6))
    grow(hub)
    assert len([line for line in logs if line["event"] == "campaign_held"]) == 1


def test_a_jump_raises_the_alarm_once_a_day_and_holds_nothing(
    guarded: Callable[..., TestHub], logs: list[MutableMapping[str, Any]]
) -> None:
    """It may be the one text that must not wait."""
    hub = guarded(jump_credits=2)
    sent = [hub.send(*far_apart(2, first=first)) for first in (0, 2, 4)]
    assert [answer.hold for answer in sent] == [None] * 3
    assert len([line for line in logs if line["event"] == "spending_jumped"]) == 1
    assert hub.core.held.jumped() == [(hub.account.id, 6)]


def test_what_is_usual_raises_no_alarm(guarded: Callable[..., TestHub], logs: list[MutableMapping[str, Any]]) -> None:
    """Seven days of as much."""
    hub = guarded(jump_credits=2)
    for _ in range(9):
        hub.send(*far_apart(2))
        hub.clock.advance(days=1)
    days = [line["event"] for line in logs].count("spending_jumped")
    assert days == 1  # the first, before which there was nothing


# --- switched off ---


def test_without_guards_nothing_is_counted_or_held(make: Callable[..., TestHub]) -> None:
    """`enabled = no`; countries are looked at all the same."""
    hub = make(settings={"HUB_GUARD_DAY_CREDITS": "1"})
    assert [hub.send(FR).state for _ in range(9)] == [CampaignState.ACCEPTED] * 9
    with hub.core.read() as connection:
        assert connection.execute(select(func.count()).select_from(recent_texts)).scalar_one() == 0


# --- what it costs ---


def _statements(hub: TestHub, act: Callable[[], object]) -> int:
    heard: list[str] = []

    def hear(*words: Any) -> None:
        heard.append(words[2])

    event.listen(hub.core.store.engine, "before_cursor_execute", hear)
    act()
    event.remove(hub.core.store.engine, "before_cursor_execute", hear)
    return len(heard)


def test_guards_take_as_many_statements_for_one_recipient_as_for_hundreds(guarded: Callable[..., TestHub]) -> None:
    """Four; nothing is asked per message. On PostgreSQL one is saved: the day's row is locked instead of the books."""

    def cost(hub: TestHub, count: int) -> int:
        return _statements(hub, lambda: hub.send(*far_apart(count), purpose=Purpose.MARKETING))

    hub = guarded()
    hub.send()  # what is done once in a process
    with_one, with_many = cost(hub, 1), cost(hub, 80)
    object.__setattr__(hub.core.guard.figures, "enabled", False)
    assert with_one == with_many
    assert with_many - cost(hub, 80) == (4 if hub.core.store.is_sqlite else 3)


def test_counted_texts_are_forgotten_after_the_hour_and_days_after_a_month(guarded: Callable[..., TestHub]) -> None:
    """Their tables stay small."""
    hub = guarded()
    hub.send(*far_apart(3))
    left = []
    for wait in (timedelta(minutes=59), timedelta(minutes=2), timedelta(days=36)):
        hub.clock.advance(wait)
        hub.core.held.forget_counted()
        with hub.core.read() as connection:
            texts = connection.execute(select(func.count()).select_from(recent_texts)).scalar_one()
        left.append((texts, spent_today(hub)))
    assert left == [(3, 3), (0, 3), (0, 0)]


def test_more_than_one_step_is_forgotten(guarded: Callable[..., TestHub], monkeypatch: pytest.MonkeyPatch) -> None:
    """Step by step, so that others get their turn."""
    monkeypatch.setattr("hub.guard.counters.FORGOTTEN_AT_ONCE", 2)
    hub = guarded()
    hub.send(*far_apart(5))
    hub.clock.advance(hours=2)
    assert hub.core.held.forget_counted() == 5
