"""The list of campaigns, and a campaign whose time is changed."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hub.errors import Conflict
from hub.messages.cancel import cancel_campaign
from hub.store.engine import Store
from tests.hub.web.conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

    from hub.bootstrap import Core
    from tests.conftest import HubMaker

CAMPAIGNS = "/api/v1/campaigns"
LATER, LATEST = "2026-11-27T10:00:00+01:00", "2026-11-28T15:00:00+01:00"


def move(caller: Caller, campaign_id: str, send_at: str | None, tag: str | None = None) -> TestResponse:
    """Change when a campaign leaves."""
    headers = caller.bearer | ({"If-Match": tag} if tag else {})
    return caller.client.patch(f"{CAMPAIGNS}/{campaign_id}", json={"send_at": send_at}, headers=headers)


def due(caller: Caller, campaign_id: str) -> list[str]:
    """When its messages may leave."""
    page = caller.get("/api/v1/messages", campaign=campaign_id).get_json()
    return [one["due_at"] for one in page["items"]]


@pytest.fixture
def other(caller: Caller) -> Iterator[Core]:
    """Another process of the caller's hub."""
    made = replace(caller.hub.core, store=Store(caller.hub.core.store.url.render_as_string(hide_password=False)))
    yield made
    made.store.close()


# --- the list ---


def ids(caller: Caller, **query: Any) -> list[str]:
    """The campaigns of a list."""
    return [one["id"] for one in caller.get(CAMPAIGNS, **query).get_json()["items"]]


def test_the_list_has_the_latest_first_page_by_page(caller: Caller) -> None:
    """Each once."""
    made = []
    for _ in range(5):
        made.append(caller.send().get_json()["id"])
        caller.hub.clock.advance(seconds=1)
    page = caller.get(CAMPAIGNS, limit=2).get_json()
    found = [one["id"] for one in page["items"]]
    while page["next"]:
        page = caller.get(CAMPAIGNS, limit=2, cursor=page["next"]).get_json()
        found += [one["id"] for one in page["items"]]
    assert found == made[::-1]


def test_the_list_is_filtered(caller: Caller) -> None:
    """By state, door, time and words."""
    first = caller.send(text="Soldes d'hiver à 50 %").get_json()["id"]
    caller.hub.clock.advance(hours=24)
    second = caller.send(text="Bonjour", send_at=LATEST).get_json()["id"]
    caller.client.post(f"{CAMPAIGNS}/{second}/cancel", headers=caller.bearer)
    third = caller.hub.send(source="calendar").campaign_id
    assert ids(caller, state="cancelled") == [second]
    assert ids(caller, source="calendar") == [third]
    assert ids(caller, text="soldes") == [first]
    assert ids(caller, text="50 %") == [first]
    day = caller.hub.clock.now().date().isoformat()
    assert sorted(ids(caller, since=day)) == sorted([second, third])
    assert ids(caller, until=day) == [first]


def test_campaigns_of_others_are_not_listed(caller: Caller) -> None:
    """Each account sees its own."""
    caller.send()
    _, token = caller.hub.core.accounts.create("Autre", "FR")
    caller.hub.token = token.secret
    assert ids(caller) == []


def test_a_filter_that_is_no_time_is_refused(caller: Caller) -> None:
    """It names the field."""
    refused = caller.get(CAMPAIGNS, since="hier")
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, "since")


# --- another time ---


def test_a_campaign_leaves_at_its_new_time(caller: Caller) -> None:
    """Not before, and then it does."""
    one = caller.send(send_at=LATER).get_json()["id"]
    assert move(caller, one, LATEST).get_json()["send_at"] == "2026-11-28T14:00:00Z"
    assert due(caller, one) == ["2026-11-28T14:00:00Z"]
    caller.hub.drain()
    assert caller.hub.states(one) == ["pending"]
    caller.hub.clock.advance(days=6)
    caller.hub.drain()
    assert caller.hub.states(one) == ["submitted"]


def test_marketing_waits_for_the_lawful_hours_of_the_new_time(caller: Caller) -> None:
    """A Sunday is none of them; the answer says until when it waits."""
    one = caller.send(purpose="marketing", send_at=LATER).get_json()["id"]
    moved = move(caller, one, "2026-11-29T15:00:00+01:00").get_json()
    assert moved["deferred"] == 1
    assert due(caller, one)[0].startswith("2026-11-30T")


def test_now_is_a_time_too(caller: Caller) -> None:
    """With null it leaves at once."""
    one = caller.send(send_at=LATER).get_json()["id"]
    assert move(caller, one, None).status_code == 200
    caller.hub.drain()
    assert caller.hub.states(one) == ["submitted"]


def test_what_has_left_stays_as_it_is(caller: Caller) -> None:
    """Then all of it does, and what was cancelled does too."""
    gone, cancelled = (caller.send().get_json()["id"] for _ in range(2))
    caller.client.post(f"{CAMPAIGNS}/{cancelled}/cancel", headers=caller.bearer)
    caller.hub.drain()
    assert {move(caller, one, LATER).get_json()["code"] for one in (gone, cancelled)} == {"already_sent"}


@pytest.mark.parametrize(
    ("send_at", "code"),
    [("2020-01-01T10:00:00Z", "schedule_past"), ("2030-01-01T10:00:00Z", "schedule_too_far"), ("x", "schedule_form")],
)
def test_a_time_that_is_no_good_is_refused(caller: Caller, send_at: str, code: str) -> None:
    """As when sending."""
    one = caller.send(send_at=LATER).get_json()["id"]
    assert move(caller, one, send_at).get_json()["errors"][0]["code"] == code


def test_an_edit_of_what_changed_meanwhile_is_refused(caller: Caller) -> None:
    """Who read it before another moved it does not undo that."""
    one = caller.send(send_at=LATER).get_json()["id"]
    tag = caller.get(f"{CAMPAIGNS}/{one}").headers["ETag"]
    assert move(caller, one, LATEST, tag).status_code == 200
    assert move(caller, one, LATER, tag).status_code == 412


def test_what_of_a_list_is_not_expanded_yet_leaves_at_the_new_time_too(make: HubMaker) -> None:
    """Whichever came first."""
    caller = Caller(make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "1"}))
    one = caller.send("+33612345678", "+33612345679", send_at=LATER).get_json()["id"]
    caller.hub.core.expander.expand_next()
    assert move(caller, one, LATEST).status_code == 200
    caller.hub.core.expander.expand_next()
    assert due(caller, one) == ["2026-11-28T14:00:00Z"] * 2


# --- races ---


def both(*acts: Any) -> None:
    """Carry out several things at the same moment."""
    start = threading.Barrier(len(acts))

    def carry_out(act: Any) -> None:
        start.wait()
        with suppress(Conflict):
            act()

    threads = [threading.Thread(target=carry_out, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_putting_off_and_submitting_at_once_loses_and_doubles_nothing(caller: Caller, other: Core) -> None:
    """Either all of it leaves now, or all of it later: each number is handed over once in the end."""
    numbers = [f"+3361234{place:04d}" for place in range(40)]
    campaigns = [caller.hub.send(*numbers, text=f"Texte {turn}").campaign_id for turn in range(6)]
    zone = caller.hub.core.settings.hub.timezone
    later = caller.hub.clock.now().astimezone(zone).replace(month=12, day=1, hour=15)
    for one in campaigns:
        both(
            lambda one=one: caller.hub.core.rescheduler.reschedule(caller.hub.account.id, one, later, lambda _: None),
            lambda: other.dispatcher.drain("main"),
        )
    caller.hub.drain()
    caller.hub.clock.advance(days=10)
    caller.hub.drain()
    for one in campaigns:
        times = set(caller.hub.states(one))
        assert times in ({"submitted"}, {"expired"})


def test_cancelling_and_putting_off_at_once_end_in_one_of_both(caller: Caller, other: Core) -> None:
    """Credits come back once, whoever was first: the books agree afterwards."""
    mine = caller.hub.account.id
    for turn in range(6):
        one = caller.send(send_at=LATER, text=f"Texte {turn}").get_json()["id"]

        def cancel(one: str = one) -> None:
            with other.store.write("cancel") as connection:
                cancel_campaign(connection, mine, one, other.clock.now())

        def put_off(one: str = one) -> None:
            caller.hub.core.rescheduler.reschedule(
                mine, one, caller.hub.clock.now().replace(day=29, hour=15), lambda _: None
            )

        both(cancel, put_off)
        assert caller.hub.states(one) == ["cancelled"]
