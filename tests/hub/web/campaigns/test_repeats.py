"""The same campaign twice within minutes is refused, until somebody says that it is meant."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hub.errors import LooksRepeated
from hub.messages.model import CampaignRequest, Recipient
from hub.store.engine import Store
from tests.hub.web.conftest import Caller

if TYPE_CHECKING:
    from hub.bootstrap import Core
    from tests.conftest import HubMaker

TWO = ("+33612345678", "+33612345679")


def test_the_same_campaign_again_is_refused_with_the_id_of_the_first(caller: Caller) -> None:
    """In another order, and however its numbers are written."""
    first = caller.send(*TWO).get_json()["id"]
    again = caller.send("06 12 34 56 79", "0612345678")
    assert (again.status_code, again.get_json()["code"]) == (409, "looks_repeated")
    assert again.get_json()["duplicate_of"] == first
    assert len(caller.hub.core.campaigns.latest()) == 1


def test_what_is_meant_goes_out_again(caller: Caller) -> None:
    """It says so."""
    caller.send(*TWO)
    assert caller.send(*TWO, allow_repeat=True).status_code == 201


def test_another_key_is_no_excuse_and_the_same_key_is_answered_again(caller: Caller) -> None:
    """A program that makes up a key for each try repeats itself all the same."""
    first = caller.send(*TWO, headers={"Idempotency-Key": "a"}).get_json()["id"]
    assert caller.send(*TWO, headers={"Idempotency-Key": "b"}).status_code == 409
    again = caller.send(*TWO, headers={"Idempotency-Key": "a"})
    assert (again.status_code, again.get_json()["id"]) == (201, first)


def test_after_ten_minutes_it_may_go_out_again(caller: Caller) -> None:
    """It is another occasion then."""
    caller.send(*TWO)
    caller.hub.clock.advance(minutes=11)
    assert caller.send(*TWO).status_code == 201


@pytest.mark.parametrize(
    "changed", [{"text": "Bonsoir"}, {"purpose": "marketing"}, {"recipients": [*TWO, "+33612345670"]}]
)
def test_another_text_purpose_or_recipient_is_another_campaign(caller: Caller, changed: dict[str, Any]) -> None:
    """It goes out."""
    caller.send(*TWO)
    assert caller.send(*TWO, **changed).status_code == 201


def test_one_recipient_may_hear_the_same_twice(caller: Caller) -> None:
    """Codes and reminders are often alike."""
    assert [caller.send().status_code for _ in range(2)] == [201, 201]


def test_what_was_cancelled_is_not_repeated(caller: Caller) -> None:
    """Who stopped the first one may send it anew."""
    first = caller.send(*TWO).get_json()["id"]
    caller.client.post(f"/api/v1/campaigns/{first}/cancel", headers=caller.bearer)
    assert caller.send(*TWO).status_code == 201


def test_plugins_are_not_hindered(caller: Caller) -> None:
    """What they send by themselves may well be alike."""
    people = tuple(Recipient(number) for number in TWO)
    request = CampaignRequest(caller.hub.account.id, "Bonjour", people, source="calendar", allow_repeat=False)
    ids = {caller.hub.core.accept(request).campaign_id for _ in range(2)}
    assert len(ids) == 2


def test_a_large_campaign_is_compared_too(make: HubMaker) -> None:
    """Though it is expanded later."""
    caller = Caller(make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1"}))
    assert [caller.send(*TWO).status_code for _ in range(2)] == [202, 409]


def test_an_operator_can_switch_it_off(make: HubMaker) -> None:
    """With 0 minutes."""
    caller = Caller(make(settings={"HUB_MESSAGES_REPEAT_MINUTES": "0"}))
    assert [caller.send(*TWO).status_code for _ in range(2)] == [201, 201]


@pytest.mark.parametrize("inline", ["2000", "1"])
@pytest.mark.parametrize("guards", ["yes", "no"])
def test_of_two_at_once_one_goes_out(make: HubMaker, guards: str, inline: str) -> None:
    """They take turns, in two processes as in two threads: the second one sees the first."""
    settings = {"HUB_GUARD_ENABLED": guards, "HUB_MESSAGES_INLINE_RECIPIENTS": inline}
    hub = make(settings=settings)
    other = replace(hub.core, store=Store(hub.core.store.url.render_as_string(hide_password=False)))
    people = tuple(Recipient(number) for number in TWO)
    request = CampaignRequest(hub.account.id, "Bonjour", people, allow_repeat=False)
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def send(core: Core) -> None:
        start.wait()
        try:
            outcomes.append(core.accept(request).state)
        except LooksRepeated:
            outcomes.append("repeated")

    threads = [threading.Thread(target=send, args=(core,)) for core in (hub.core, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.store.close()
    assert max(outcomes) == "repeated"
    assert len(hub.core.campaigns.latest()) == 1
