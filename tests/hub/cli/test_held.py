"""`hub held`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

TO = ("--to", "+33612345678,+33622345678")


@pytest.fixture
def watched(shop: CommandLine) -> CommandLine:
    """A shop that may use one credit a day without review."""
    shop.json("account", "limits", "Salon Exemple", "--day-credits", "1")
    return shop


def held(watched: CommandLine) -> str:
    """The id of a campaign that is held."""
    sent = watched.json("send", "--alert", "--text", "Bonjour", *TO)
    assert (sent["state"], sent["hold"]["reason"]) == ("held", "day_ceiling")
    campaign: str = sent["campaign_id"]
    return campaign


def states(watched: CommandLine, campaign: str) -> list[str]:
    """The states of its messages."""
    return [one["state"] for one in watched.json("messages", "--campaign", campaign)["items"]]


def test_it_lists_what_waits_for_a_program(watched: CommandLine) -> None:
    """With reason, count, cost, and since when."""
    campaign = held(watched)
    (one,) = watched.json("held")["items"]
    assert (one["id"], one["account"], one["messages"], one["credits"]) == (campaign, "Salon Exemple", 2, 2)
    assert one["hold"].keys() == {"reason", "message", "since"}


def test_it_lists_what_waits_for_a_person(watched: CommandLine) -> None:
    """One line each."""
    campaign = held(watched)
    said = watched("held").stdout
    assert all(word in said for word in (campaign, "Salon Exemple", "day_ceiling", "Bonjour", "This costs 2 credits"))


def test_without_anything_held_the_list_is_empty(shop: CommandLine) -> None:
    """All is well."""
    assert shop.json("held") == {"items": []}


def test_the_sender_is_told_why(watched: CommandLine) -> None:
    """In the answer, and beside each message."""
    said = watched("send", "--alert", "--text", "Bonjour", *TO).stdout
    assert "Held for review: This costs 2 credits, 0 went today, and 1 a day go without review." in said
    assert "+33612345678: day_ceiling." in said


def test_what_is_released_may_leave(watched: CommandLine) -> None:
    """And is no longer listed."""
    campaign = held(watched)
    assert watched("held", "release", campaign).stdout == "2 message(s) may leave.\n"
    assert (states(watched, campaign), watched.json("held")["items"]) == (["pending"] * 2, [])


def test_what_is_rejected_is_cancelled(watched: CommandLine) -> None:
    """Its credits come back."""
    campaign = held(watched)
    assert watched.json("held", "reject", campaign) == {"id": campaign, "cancelled": 2}
    assert states(watched, campaign) == ["cancelled"] * 2
    assert watched.json("account", "list")[0]["available"] == 100


@pytest.mark.parametrize("act", ["release", "reject"])
def test_what_is_not_held_is_refused(watched: CommandLine, act: str) -> None:
    """With a sentence."""
    assert watched.refused("held", act, "nothing")[0] == "not_found"


def test_a_check_finds_what_waits(watched: CommandLine) -> None:
    """So that somebody learns of it."""
    held(watched)
    found = {one["where"]: one["message"] for one in watched.json("check")["findings"]}
    assert found["guards"] == "1 campaign(s) wait for review; `hub held` lists them."


def test_a_check_finds_spending_that_jumped(watched: CommandLine) -> None:
    """With the account's name, to ask."""
    watched.json("account", "limits", "Salon Exemple", "--default")
    watched.json("send", "--alert", "--text", "Bonjour", *TO, HUB_GUARD_JUMP_CREDITS="2")
    found = {one["where"]: one["message"] for one in watched.json("check")["findings"]}
    assert found["guards"].startswith("Salon Exemple used 2 credits today, many times what it did before")
