"""A carrier with every fault of HTTP: each text reaches its end, and none is sent twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hub.messages.model import MessageState

from .served import HUNG_UP, Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .carriers import FakeCarrier
    from .conftest import Site

MESSAGES = 60
SOON_S = 30.0
HTML = b"<html><body>Bad Gateway</body></html>"

NOT_TAKEN = [Answer(429, b"", {"Retry-After": "1"}), Answer(503, HTML, {"Retry-After": "1"})]
NOBODY_KNOWS = [Answer(HUNG_UP), Answer(500, HTML), Answer(502, HTML), Answer(200, HTML), Answer(200, b'{"mess')]
OFTEN = 0.3


def faults(seed: int) -> Callable[[int], tuple[bool, Answer] | None]:
    """Of each request: no fault, a no before anything was taken, or an answer that tells nothing, taken or not."""

    def fault(number: int) -> tuple[bool, Answer] | None:
        odds = random.Random(seed * 100_000 + number)  # noqa: S311 - a fault, not a secret
        if odds.random() > OFTEN:
            return None
        if odds.random() < 0.5:
            return False, odds.choice(NOT_TAKEN)
        return odds.random() < 0.5, odds.choice(NOBODY_KNOWS)

    return fault


def submit_all(site: Site, route: str, campaign: str) -> None:
    """Submit until nothing waits, however often the carrier wants a pause."""
    give_up_at = time.monotonic() + SOON_S
    while MessageState.PENDING in site.hub.states(campaign):
        assert time.monotonic() < give_up_at
        site.hub.core.dispatcher.drain(route)
        site.hub.clock.advance(seconds=3)


def settled(site: Site, campaign: str, carrier: FakeCarrier, before: int) -> bool:
    """Wait for every report to be in: whether that was soon."""
    give_up_at = time.monotonic() + SOON_S
    taken = {one.to for one in carrier.book[before:]}
    while time.monotonic() < give_up_at:
        site.hub.core.settler.retry_parked()  # as the scheduler does: reports that came before the answer was lost
        views = site.hub.core.messages(site.hub.account.id, campaign)
        if all(view.state is MessageState.DELIVERED for view in views if view.to in taken):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("seed", range(3))
def test_no_text_is_lost_or_sent_twice(site: Site, seed: int) -> None:
    """What the carrier took is delivered once, and what nobody could tell is `unknown` and no other."""
    carrier = site.carriers["vonage"]
    carrier.fault, carrier.requests, before = faults(seed), 0, len(carrier.book)
    site.chooser.wish = "vonage"
    numbers = [f"+337491{seed}{number:04d}" for number in range(MESSAGES)]
    campaign = site.hub.send(*numbers).campaign_id
    submit_all(site, "vonage", campaign)
    assert settled(site, campaign, carrier, before)
    views = site.hub.core.messages(site.hub.account.id, campaign)
    counts = Counter(one.to for one in carrier.book[before:])
    delivered = {view.to for view in views if view.state is MessageState.DELIVERED}
    unknown = {view.to for view in views if view.state is MessageState.UNKNOWN}
    assert (set(counts.values()), delivered, unknown) == ({1}, set(counts), set(numbers) - set(counts))
    assert unknown, "no fault of that kind came up"
