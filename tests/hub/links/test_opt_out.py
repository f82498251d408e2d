"""The opt-out link: where replies are impossible, one press on a page ends the texts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hub.compliance.model import Purpose
from hub.contacts.model import NewConsent, SuppressionKind
from hub.errors import RequestRefused
from hub.events.model import EventType
from hub.messages.model import CampaignRequest, MessageState, Recipient
from hub.store.engine import Store

from .conftest import BELGIAN, codes_in, sell

if TYPE_CHECKING:
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

    from .conftest import Visits


def test_marketing_to_belgium_carries_a_link_of_each_recipients_own(hub: TestHub) -> None:
    """Two people, two links."""
    sent = sell(hub, BELGIAN, "+32470123457")
    texts = [one.text for one in hub.core.messages(hub.account.id, sent.campaign_id)]
    first, second = codes_in(hub, sent.campaign_id)
    assert texts == [f"Soldes STOP t.example.net/{first}", f"Soldes STOP t.example.net/{second}"]
    assert first != second


def test_without_a_web_address_there_is_no_marketing_to_belgium(make: HubMaker) -> None:
    """And the refusal says what its operator can do."""
    with pytest.raises(RequestRefused, match="public_url"):
        sell(make())


def test_the_carrier_gets_the_link_that_is_stored(hub: TestHub) -> None:
    """Nothing of a sample leaves."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert [one.text for one in hub.carrier.taken] == [f"Soldes STOP t.example.net/{code}"]


def test_looking_at_the_page_changes_nothing(hub: TestHub, visits: Visits) -> None:
    """Scanners look at every link."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert visits.get(code).status_code == 200
    assert visits.client.head(f"/{code}").status_code == 200
    assert hub.core.suppressions.of(hub.account.id, BELGIAN) == ()


def test_the_button_opts_out(hub: TestHub, visits: Visits) -> None:
    """As a STOP would, and it says how."""
    sent = sell(hub)
    (code,) = codes_in(hub, sent.campaign_id)
    answer = visits.press(code)
    (stopped,) = hub.core.suppressions.of(hub.account.id, BELGIAN)
    assert answer.status_code == 200
    assert (stopped.kind, stopped.source, stopped.campaign_id) == (SuppressionKind.OPT_OUT, "link", sent.campaign_id)


def test_who_opted_out_gets_no_alert_either(hub: TestHub, visits: Visits) -> None:
    """It is one list for all texts."""
    visits.press(codes_in(hub, sell(hub).campaign_id)[0])
    with pytest.raises(RequestRefused, match="asked not to be texted"):
        hub.send(BELGIAN)


def test_what_waits_for_who_opted_out_never_leaves(hub: TestHub, visits: Visits) -> None:
    """The engine looks again before a message leaves."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    waiting = hub.send(BELGIAN)
    visits.press(code)
    hub.drain()
    assert hub.states(waiting.campaign_id) == [MessageState.BLOCKED]


def test_an_opt_out_withdraws_consents(hub: TestHub, visits: Visits) -> None:
    """As every other opt-out does."""
    given = NewConsent(BELGIAN, "Oui", hub.clock.now(), "website")
    hub.core.consents.record(hub.account.id, [given], "caisse")
    visits.press(codes_in(hub, sell(hub).campaign_id)[0])
    (kept,) = hub.core.consents.page(hub.account.id)
    assert kept.withdrawn_at is not None


def test_pressing_twice_tells_webhooks_once(hub: TestHub, visits: Visits) -> None:
    """The second press finds it done."""
    hook = hub.core.webhooks.create(hub.account.id, "https://shop.example/hook", [EventType.CONTACT_OPTED_OUT])
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert [visits.press(code).status_code, visits.press(code).status_code] == [200, 200]
    (backlog,) = hub.core.webhooks.backlogs(hub.account.id)
    assert (backlog.webhook.id, backlog.waiting) == (hook.webhook.id, 1)


def test_eight_presses_at_once_are_one_opt_out(hub: TestHub) -> None:
    """Whichever process hears them."""
    hub.core.webhooks.create(hub.account.id, "https://shop.example/hook", [EventType.CONTACT_OPTED_OUT])
    (code,) = codes_in(hub, sell(hub).campaign_id)
    url = hub.core.store.url.render_as_string(hide_password=False)
    stores = [Store(url) for _ in range(8)]
    try:
        with ThreadPoolExecutor(len(stores)) as pool:
            pressed = list(pool.map(lambda store: replace(hub.core.links, store=store).opt_out(code), stores))
    finally:
        for store in stores:
            store.close()
    (backlog,) = hub.core.webhooks.backlogs(hub.account.id)
    assert (len(pressed), None in pressed, backlog.waiting) == (8, False, 1)


@pytest.mark.parametrize(
    ("language", "button"),
    [
        ("fr-BE,fr;q=0.9", "Me désinscrire"),
        ("en-GB", "Unsubscribe"),
        ("nl-BE,nl;q=0.8,en;q=0.5", "Afmelden"),
        ("de-CH", "Abmelden"),
        ("it", "Annulla l&#39;iscrizione"),
        ("ja", "Me désinscrire"),
    ],
)
def test_the_page_speaks_the_visitors_language(hub: TestHub, visits: Visits, language: str, button: str) -> None:
    """French where none of theirs is known."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert button in visits.get(code, Accept_Language=language).text


def test_the_page_says_whose_texts_they_are(hub: TestHub, visits: Visits) -> None:
    """The account and the sender that its text was signed with."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert "Salon Exemple (8850)" in visits.get(code).text


def test_the_page_names_no_number(hub: TestHub, visits: Visits) -> None:
    """Whoever finds a link learns nobody's number."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    assert "470123456" not in visits.get(code).text


def test_the_page_works_without_script_and_cannot_be_framed(hub: TestHub, visits: Visits) -> None:
    """It may post to itself, and nothing else."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    policy = visits.get(code).headers["Content-Security-Policy"]
    assert "script" not in policy
    assert {"form-action 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))


def test_a_campaigns_report_counts_who_opted_out_by_link(hub: TestHub, visits: Visits) -> None:
    """Beside those who answered STOP."""
    sent = sell(hub)
    visits.press(codes_in(hub, sent.campaign_id)[0])
    assert hub.core.links.clicked(hub.account.id, sent.campaign_id).opt_outs == 1


def test_simulating_says_what_sending_costs(hub: TestHub) -> None:
    """The link counts in both, at the border of a segment."""
    room = 160 - len(" STOP t.example.net/1234567")
    found = []
    for length in (room, room + 1):
        request = CampaignRequest(hub.account.id, "x" * length, (Recipient(BELGIAN),), Purpose.MARKETING)
        foreseen = hub.core.simulator.simulate(request).acceptance.segments
        found.append((foreseen, hub.core.accept(request).segments))
    assert found == [(1, 1), (2, 2)]


def test_a_forgotten_opt_out_link_is_gone(hub: TestHub, visits: Visits) -> None:
    """Its page says so, and its button does nothing."""
    (code,) = codes_in(hub, sell(hub).campaign_id)
    hub.clock.advance(seconds=366 * 86_400)
    assert [visits.get(code).status_code, visits.press(code).status_code] == [410, 410]
    assert hub.core.suppressions.of(hub.account.id, BELGIAN) == ()
