"""From a campaign to its end: accepted, handed to a carrier over HTTP, settled by what it reports to the web."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hub.messages.model import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from .carriers import FakeCarrier
    from .conftest import Site

PRESETS = ["twilio", "vonage", "ovh", "smsfactor"]
SOON_S = 30.0


def until(holds: Callable[[], bool]) -> bool:
    """Wait for something to hold: whether it did in time."""
    give_up_at = time.monotonic() + SOON_S
    while not holds():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.02)
    return True


def send(site: Site, preset: str, *numbers: str) -> str:
    """Accept a campaign, and hand it to one carrier: its id."""
    site.chooser.wish = preset
    acceptance = site.hub.send(*numbers)
    site.hub.core.dispatcher.drain(preset)
    return acceptance.campaign_id


def states(site: Site, campaign: str) -> list[MessageState]:
    """Where the messages of a campaign stand."""
    return site.hub.states(campaign)


def quietly(carrier: FakeCarrier) -> FakeCarrier:
    """A carrier whose reports a test makes itself."""
    carrier.forget()
    carrier.reports = False
    return carrier


@pytest.mark.parametrize("preset", PRESETS)
def test_a_campaign_is_delivered(site: Site, preset: str) -> None:
    """Every message once, and settled by its report."""
    carrier = site.carriers[preset]
    before = len(carrier.book)
    campaign = send(site, preset, "+33749123101", "+33749123102", "+33749123103")
    assert until(lambda: set(states(site, campaign)) == {MessageState.DELIVERED}), states(site, campaign)
    assert sorted(one.to for one in carrier.book[before:]) == [f"+3374912310{last}" for last in (1, 2, 3)]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_number_that_is_not_in_use_is_known_as_such(site: Site, preset: str) -> None:
    """Whatever the carrier's word for it."""
    carrier = quietly(site.carriers[preset])
    campaign = send(site, preset, "+33749123104")
    carrier.report(carrier.book[-1], "unknown")
    assert until(lambda: states(site, campaign) == [MessageState.UNDELIVERED])
    carrier.reports = True
    (view,) = site.hub.core.messages(site.hub.account.id, campaign)
    assert view.reason == "unallocated"


@pytest.mark.parametrize("preset", PRESETS)
def test_a_report_that_comes_twice_changes_nothing(site: Site, preset: str) -> None:
    """And one that comes after the delivery takes nothing back."""
    carrier = quietly(site.carriers[preset])
    campaign = send(site, preset, "+33749123105")
    before = carrier.answers[200]
    for state in ("delivered", "delivered", "absent"):
        carrier.report(carrier.book[-1], state)
    assert until(lambda: carrier.answers[200] == before + 3)
    carrier.reports = True
    assert states(site, campaign) == [MessageState.DELIVERED]
