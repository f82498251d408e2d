from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.messages.connector import Unknown
from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hub.testing.databases import Databases

NOBODYS_CAMPAIGN = "01JZ5Y3X6R8W9T2Q4V7N0KMDBE"


def test_a_campaign_is_answered_with_what_becomes_of_each_recipient(caller: Caller) -> None:
    """Counts are whole numbers; each message has its number, its state and its price."""
    answer = caller.send("06 12 34 56 78", {"to": "01 23 45 67 89"})
    content = answer.get_json()
    assert answer.status_code == 201
    assert {name: content[name] for name in ("state", "accepted", "blocked", "deferred", "segments", "credits")} == {
        "state": "accepted",
        "accepted": 1,
        "blocked": 1,
        "deferred": 0,
        "segments": 1,
        "credits": 1,
    }
    assert [(m["to"], m["state"], m["reason"], m["segments"]) for m in content["messages"]] == [
        ("+33612345678", "pending", None, 1),
        ("01 23 45 67 89", "blocked", "landline", 0),
    ]
    assert content["blocked_by"] == {"landline": 1}


def test_the_answer_says_where_the_campaign_can_be_looked_at(caller: Caller) -> None:
    """The Location header is an address of this API."""
    answer = caller.send()
    assert caller.get(answer.headers["Location"]).get_json()["id"] == answer.get_json()["id"]


def test_a_message_beside_what_was_typed(caller: Caller) -> None:
    """Fullwidth digits, invisible marks and spaces are understood, and the request's own words come back."""
    typed = "\u200f+\uff13\uff13 6\u200b12 34 56 78"
    (message,) = caller.send(typed).get_json()["messages"]
    assert (message["to"], message["input"]) == ("+33612345678", typed)


def test_fields_fill_the_text(caller: Caller) -> None:
    """Each recipient brings their own."""
    recipient = {"to": "+33612345678", "fields": {"name": "Nina"}}
    (message,) = caller.send(recipient, text="Bonjour #name#").get_json()["messages"]
    assert message["text"] == "Bonjour Nina"


def test_one_emoji_makes_a_text_dearer_and_is_named(caller: Caller) -> None:
    """(B26) 160 characters fit one segment; with an emoji among them, three."""
    content = caller.send(text="a" * 159 + "\N{PARTY POPPER}").get_json()
    (message,) = content["messages"]
    assert (message["encoding"], message["segments"], content["offending"]) == ("UCS-2", 3, ["\N{PARTY POPPER}"])


def test_a_number_twice_is_texted_once_and_noted(caller: Caller) -> None:
    """(B21) However it is written."""
    content = caller.send("0612345678", "+33 6 12 34 56 78").get_json()
    assert (len(content["messages"]), content["notes"]) == (1, ["1 duplicate recipient(s) left out."])


def test_a_rewriting_is_reported(caller: Caller) -> None:
    """A curly apostrophe would have cost a second segment."""
    content = caller.send(text="L\u2019\u00e9quipe").get_json()
    assert content["changes"] == [{"found": "\u2019", "replacement": "'", "count": 1}]


def test_marketing_outside_its_hours_waits_and_says_until_when(caller: Caller) -> None:
    """On Sunday at noon the next lawful hour is Monday morning."""
    caller.hub.clock.advance(days=5, hours=2)
    content = caller.send(purpose="marketing").get_json()
    (deferral,) = content["deferrals"]
    assert (content["deferred"], deferral["country"], deferral["count"]) == (1, "FR", 1)
    assert deferral["until"].startswith("2026-11-30T")


def test_without_a_purpose_the_operators_default_holds(caller: Caller) -> None:
    """Which is marketing."""
    campaign = caller.send(purpose=None).get_json()["id"]
    assert caller.get(f"/api/v1/campaigns/{campaign}").get_json()["purpose"] == "marketing"


def test_a_time_of_the_hubs_zone_is_answered_in_utc(caller: Caller) -> None:
    """Half past nine in Paris, in winter."""
    content = caller.send(send_at="2026-12-01T09:30").get_json()
    assert content["messages"][0]["due_at"] == "2026-12-01T08:30:00Z"


def test_the_same_key_is_answered_again_and_sends_nothing(caller: Caller) -> None:
    """(B29) Same body, same answer, and a header that says so."""
    first = caller.send(headers={"Idempotency-Key": "order-1"})
    again = caller.send(headers={"Idempotency-Key": "order-1"})
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert (first.headers.get("Idempotent-Replayed"), again.headers.get("Idempotent-Replayed")) == (None, "true")
    assert len(caller.hub.core.campaigns.latest()) == 1


def test_a_large_campaign_is_answered_before_it_is_expanded(databases: Databases, tmp_path: Path) -> None:
    """202: it is stored, its counts still grow."""
    settings = {"HUB_MESSAGES_INLINE_RECIPIENTS": "1"}
    caller = Caller(make_hub(tmp_path, databases.fresh("sqlite"), settings=settings))
    answer = caller.send("+33612345678", "+33612345679")
    assert (answer.status_code, answer.get_json()["state"]) == (202, "expanding")
    while caller.hub.core.expander.expand_next():
        pass
    assert caller.get(answer.headers["Location"]).get_json()["accepted"] == 2
    caller.hub.core.close()


def test_a_campaign_counts_its_messages_by_state(caller: Caller) -> None:
    """As they stand now."""
    campaign = caller.send("+33612345678", "0123456789").get_json()["id"]
    caller.hub.drain()
    content = caller.get(f"/api/v1/campaigns/{campaign}").get_json()
    assert content["by_state"] == {"submitted": 1, "blocked": 1}


def test_messages_come_page_by_page_in_order(caller: Caller) -> None:
    """`next` leads from one page to the next, and is null at the end."""
    numbers = [f"+3361234567{digit}" for digit in range(5)]
    campaign = caller.send(*numbers).get_json()["id"]
    pages: list[list[str]] = []
    cursor = None
    while not pages or cursor:
        query = {"campaign": campaign, "limit": 2} | ({"cursor": cursor} if cursor else {})
        content = caller.get("/api/v1/messages", **query).get_json()
        pages.append([message["to"] for message in content["items"]])
        cursor = content["next"]
    assert pages == [numbers[:2], numbers[2:4], numbers[4:]]


def test_messages_can_be_asked_for_by_state(caller: Caller) -> None:
    """Several states may be named."""
    campaign = caller.send("+33612345678", "0123456789").get_json()["id"]
    found = caller.get("/api/v1/messages", campaign=campaign, state=["blocked", "unknown"]).get_json()
    assert [message["state"] for message in found["items"]] == ["blocked"]


def test_cancelling_gives_credits_back(caller: Caller) -> None:
    """And cancelling again changes nothing."""
    campaign = caller.send(send_at="2026-12-01T09:30").get_json()["id"]
    for _ in range(2):
        answer = caller.client.post(f"/api/v1/campaigns/{campaign}/cancel", headers=caller.bearer)
        assert (answer.status_code, answer.get_json()["state"]) == (200, "cancelled")
    assert caller.get("/api/v1/account").get_json()["balance"] == {"available": 1000, "reserved": 0, "spent": 0}


def test_what_has_left_cannot_be_cancelled(caller: Caller) -> None:
    """409: the state forbids it."""
    campaign = caller.send().get_json()["id"]
    caller.hub.drain()
    answer = caller.client.post(f"/api/v1/campaigns/{campaign}/cancel", headers=caller.bearer)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "already_sent")


def test_an_account_sees_its_name_country_and_credits(caller: Caller) -> None:
    """What is on its way is set aside."""
    caller.send()
    assert caller.get("/api/v1/account").get_json() == {
        "name": "Salon Exemple",
        "country": "FR",
        "balance": {"available": 999, "reserved": 1, "spent": 0},
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/campaigns/{}"),
        ("POST", "/api/v1/campaigns/{}/cancel"),
        ("GET", "/api/v1/messages?campaign={}"),
    ],
)
@pytest.mark.parametrize("whose", ["another's", "nobody's", "no id at all"])
def test_what_is_not_the_accounts_own_is_not_found(caller: Caller, method: str, path: str, whose: str) -> None:
    """(B30) Another account's campaign is answered as one that never was: 404, on every route that takes an id."""
    campaigns = {
        "another's": caller.send().get_json()["id"],
        "nobody's": NOBODYS_CAMPAIGN,
        "no id at all": "%00' OR 1=1",
    }
    _, token = caller.hub.core.accounts.create("Autre", "FR")
    stranger = {"Authorization": f"Bearer {token.secret}"}
    answer = caller.client.open(path.format(campaigns[whose]), method=method, headers=stranger)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.fixture
def guarded(databases: Databases, tmp_path: Path) -> Iterator[Caller]:
    """A caller whose account may use one credit a day without review, and text a number twice an hour."""
    settings = {
        "HUB_GUARD_ENABLED": "yes",
        "HUB_GUARD_DAY_CREDITS": "1",
        "HUB_GUARD_RECIPIENT_PER_HOUR": "2",
    }
    made = Caller(make_hub(tmp_path, databases.fresh("sqlite"), settings=settings))
    yield made
    made.hub.core.close()


def test_what_is_held_is_answered_with_its_reason(guarded: Caller) -> None:
    """202: it is stored, and waits for the operator."""
    answer = guarded.send("+33612345678", "+33622345678")
    content = answer.get_json()
    assert (answer.status_code, content["state"], content["hold"]["reason"]) == (202, "held", "day_ceiling")
    assert [(one["state"], one["reason"]) for one in content["messages"]] == [("held", "day_ceiling")] * 2
    assert content["notes"][0].startswith("Held for review: This costs 2 credits")


def test_a_held_campaign_says_so_until_it_is_released(guarded: Caller) -> None:
    """With the reason, a sentence, and since when."""
    where = guarded.send("+33612345678", "+33622345678").headers["Location"]
    held = guarded.get(where).get_json()
    guarded.hub.core.held.release(held["id"])
    released = guarded.get(where).get_json()
    assert held["hold"].keys() == {"reason", "message", "since"}
    assert (held["by_state"], released["state"], released["hold"]) == ({"held": 2}, "accepted", None)


def test_the_same_key_gets_the_hold_again(guarded: Caller) -> None:
    """The same answer, 202 too."""
    numbers = ("+33612345678", "+33622345678")
    first, again = (guarded.send(*numbers, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (again.status_code, again.get_json(), again.headers["Idempotent-Replayed"]) == (
        202,
        first.get_json(),
        "true",
    )


def test_a_number_that_was_texted_too_often_is_429(guarded: Caller) -> None:
    """With a time after which it is worth another try (B32)."""
    for _ in range(2):
        guarded.send()
    answer = guarded.send()
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_to_recipient")
    assert answer.headers["Retry-After"] == "3600"


def test_what_is_in_doubt_is_listed_without_a_campaign(caller: Caller) -> None:
    """Page by page, of the account's own campaigns."""
    hub = caller.hub
    caller.send("+33612345679")
    hub.drain()
    hub.carrier.answer = lambda _: Unknown("the line broke")
    for number in ("+33612345678", "+33612345680", "+33612345681"):
        caller.send(number)
    hub.drain()
    first = caller.get("/api/v1/messages", state="unknown", limit=2).get_json()
    rest = caller.get("/api/v1/messages", state="unknown", limit=2, cursor=first["next"]).get_json()
    assert [[one["to"][-2:] for one in page["items"]] for page in (first, rest)] == [["78", "80"], ["81"]]
    assert (first["items"][0]["reason"], rest["next"]) == ("answer_lost", None)


@pytest.mark.parametrize("states", [[], ["delivered"], ["unknown", "delivered"]])
def test_without_a_campaign_only_what_is_in_doubt_is_listed(caller: Caller, states: list[str]) -> None:
    """There may be millions of the others."""
    answer = caller.get("/api/v1/messages", state=states)
    assert (answer.status_code, answer.get_json()["errors"][0]["field"]) == (422, "campaign")


def test_a_campaign_has_its_frozen_figures_and_says_when_they_were_corrected(caller: Caller) -> None:
    """48 hours after the last submission; a later receipt changes the counts of now."""
    hub = caller.hub
    sent = caller.send().get_json()
    path = f"/api/v1/campaigns/{sent['id']}"
    before = caller.get(path).get_json()
    hub.drain()
    hub.clock.advance(hours=49)
    hub.core.sweeper.give_up_waiting()
    hub.core.sweeper.finish_campaigns()
    hub.core.freezer.freeze_figures()
    frozen = caller.get(path).get_json()
    hub.carrier.report(sent["messages"][0]["id"])
    later = caller.get(path).get_json()
    names = ("figures", "frozen_at", "corrected", "corrected_at")
    figures, moment = [{"state": "no_receipt", "reason": None, "count": 1}], "2026-11-26T10:00:00Z"
    assert [before[name] for name in names] == [None, None, False, None]
    assert [frozen[name] for name in names] == [figures, moment, False, None]
    assert [later[name] for name in names] == [figures, moment, True, moment]
    assert (frozen["by_state"], later["by_state"]) == ({"no_receipt": 1}, {"delivered": 1})
