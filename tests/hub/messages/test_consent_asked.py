"""Campaigns that ask for consents, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hub.compliance.model import Purpose
from hub.contacts.model import NewConsent
from hub.messages.model import CampaignRequest, Recipient

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

NINA, OMAR = "+33612345671", "+33612345672"


def agree(hub: TestHub, number: str) -> None:
    """A person agreed yesterday."""
    given_at = hub.clock.now() - timedelta(days=1)
    hub.core.consents.record(hub.account.id, [NewConsent(number, "J'accepte", given_at, "website")], "account 1")


def ask(hub: TestHub) -> str:
    """Text Nina and Omar, if they have agreed."""
    both = (Recipient(NINA), Recipient(OMAR))
    request = CampaignRequest(hub.account.id, "Bonjour", both, Purpose.ALERT, require_consent=True)
    return hub.core.accept(request).campaign_id


def ends(hub: TestHub, campaign: str) -> list[tuple[str, str, str | None]]:
    """Who was texted, and why not."""
    return [(one.to, one.state, one.reason) for one in hub.core.messages(hub.account.id, campaign)]


def test_who_has_not_agreed_is_not_texted(hub: TestHub, books: Callable[[], tuple[int, int, int]]) -> None:
    """Nor paid for."""
    agree(hub, NINA)
    campaign = ask(hub)
    found = ends(hub, campaign)
    assert (found[0][1:], found[1][1:], books()[1]) == (("pending", None), ("blocked", "no_consent"), 1)


def test_who_takes_it_back_before_it_leaves_is_not_texted(hub: TestHub) -> None:
    """Though the number is on no list of opt-outs."""
    agree(hub, NINA)
    agree(hub, OMAR)
    campaign = ask(hub)
    hub.core.consents.withdraw(hub.account.id, [OMAR])
    hub.drain()
    assert ends(hub, campaign)[1] == (OMAR, "blocked", "no_consent")
    assert ends(hub, campaign)[0][1] != "blocked"


def test_a_long_list_is_asked_too(make: HubMaker) -> None:
    """When it is expanded, later."""
    hub = make(settings={"HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "1"})
    agree(hub, NINA)
    campaign = ask(hub)
    while hub.core.expander.expand_next():
        pass
    assert [reason for _, _, reason in ends(hub, campaign)] == [None, "no_consent"]
