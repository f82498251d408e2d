"""Links of texts are followed: whose they are, where they lead, who it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hub import hookimpl
from hub.contacts.model import NewContact
from hub.errors import RequestRefused
from hub.events.model import EventType
from hub.links.clicks import ClickLog
from hub.links.model import Visitor
from hub.messages.model import CampaignRequest, Recipient
from hub.plugin_manager import Plugins
from hub.testing.clock import FakeClock
from hub.testing.hub import GOOD_NUMBER
from hub.web.app import create_app

from .conftest import A_MONDAY, PHONE, SETTINGS, Visits, codes_in, send_links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.links.model import Click, ClickNotice
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

OTHER = "+33612345679"


def clicks_of(hub: TestHub) -> tuple[Click, ...]:
    """Every click that is kept."""
    return hub.core.links.clicks(hub.account.id)


def test_each_recipient_has_a_link_of_their_own(hub: TestHub) -> None:
    """So that it is known who followed it."""
    codes = codes_in(hub, send_links(hub, GOOD_NUMBER, OTHER).campaign_id)
    assert len(set(codes)) == 2


def test_a_visitor_is_led_to_the_address(hub: TestHub, visits: Visits) -> None:
    """And no cache keeps that."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    answer = visits.get(code)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://shop.example/a")
    assert answer.headers["Cache-Control"] == "no-store"


def test_several_links_of_a_text_lead_each_to_its_own(hub: TestHub, visits: Visits) -> None:
    """The first placeholder to the first address."""
    sent = hub.send(text="<-short-> ou <-short->", links=("https://a.example/", "https://b.example/"))
    led = [visits.get(code).headers["Location"] for code in codes_in(hub, sent.campaign_id)]
    assert led == ["https://a.example/", "https://b.example/"]


def test_a_click_says_who_when_and_on_what(hub: TestHub, visits: Visits) -> None:
    """By the recipient's link, and the browser's own word."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    assert visits.collect() == 1
    (click,) = clicks_of(hub)
    device = click.device
    assert (click.number, click.at, click.visitor) == (GOOD_NUMBER, hub.clock.now(), Visitor.PERSON)
    assert (device.brand, device.model, device.system) == ("Samsung", "SM-S918B", "Android 14")


@pytest.mark.parametrize(
    ("heard", "visitor", "rule"),
    [
        ({"agent": "facebookexternalhit/1.1"}, "preview", "known_preview"),
        ({"agent": "WhatsApp/2.23.20.0 A"}, "preview", "known_preview"),
        ({"Sec_Purpose": "prefetch;prerender"}, "preview", "prefetch"),
        ({"agent": "curl/8.5.0"}, "scanner", "known_scanner"),
        ({"agent": ""}, "scanner", "no_agent"),
        ({}, "person", "person"),
    ],
)
def test_programs_that_follow_links_are_told_from_people(
    hub: TestHub, visits: Visits, heard: dict[str, Any], visitor: str, rule: str
) -> None:
    """By the first rule of the table that holds."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code, **heard)
    visits.collect()
    (click,) = clicks_of(hub)
    assert (click.visitor, click.rule) == (visitor, rule)


def test_a_head_request_is_no_click(hub: TestHub, visits: Visits) -> None:
    """People's browsers ask for the page."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.client.head(f"/{code}", headers={"User-Agent": PHONE})
    visits.collect()
    assert [one.rule for one in clicks_of(hub)] == ["head"]


def test_nobody_reads_a_text_in_the_moment_of_its_hand_over(hub: TestHub, visits: Visits) -> None:
    """What clicks then is a filter of the network."""
    sent = hub.send(text="<-short->", links=("https://a.example/",))
    hub.drain()
    visits.get(codes_in(hub, sent.campaign_id)[0])
    visits.collect()
    assert [one.rule for one in clicks_of(hub)] == ["too_soon"]


def test_a_click_from_a_data_centre_within_a_minute_is_a_scanner(make: HubMaker) -> None:
    """Readers are on networks for people."""
    hub = make(settings={**SETTINGS, "HUB_LINKS_DATA_CENTRES": "127.0.0.0/8"})
    sent = hub.send(text="<-short->", links=("https://a.example/",))
    hub.drain()
    hub.clock.advance(seconds=5)
    (code,) = codes_in(hub, sent.campaign_id)
    create_app(hub.core).test_client().get(f"/{code}", headers={"User-Agent": PHONE})
    hub.core.click_work.collect()
    assert [one.rule for one in clicks_of(hub)] == ["data_centre"]


def test_people_who_clicked_are_counted_once_and_their_clicks_each(hub: TestHub, visits: Visits) -> None:
    """Per link and per person; programs beside them."""
    sent = send_links(hub, GOOD_NUMBER, OTHER)
    first, second = codes_in(hub, sent.campaign_id)
    for code in (first, first, second):
        visits.get(code)
    visits.get(first, agent="curl/8")
    visits.collect()
    (count,) = hub.core.links.counts(hub.account.id, campaign_id=sent.campaign_id)
    assert (count.recipients, count.clicks, count.people, count.others) == (2, 3, 2, 1)
    people = hub.core.links.clickers(hub.account.id, sent.campaign_id)
    assert {one.number: one.clicks for one in people} == {GOOD_NUMBER: 2, OTHER: 1}


def test_webhooks_are_told_of_people_and_not_of_programs(hub: TestHub, visits: Visits) -> None:
    """Once per click."""
    hub.core.webhooks.create(hub.account.id, "https://shop.example/hook", [EventType.LINK_CLICKED])
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    visits.get(code, agent="curl/8")
    visits.collect()
    (backlog,) = hub.core.webhooks.backlogs(hub.account.id)
    assert backlog.waiting == 1


class Listener:
    """A plugin that writes down who it hears clicked."""

    hub_api = 1

    def __init__(self) -> None:
        self.heard: list[tuple[ClickNotice, ...]] = []

    @hookimpl
    def hub_link_clicked(self, clicks: Sequence[ClickNotice]) -> None:
        """Hear."""
        self.heard.append(tuple(clicks))


def listened_to(make: HubMaker) -> tuple[Listener, Visits]:
    """A hub with such a plugin, and a way to follow its links."""
    listener, plugins = Listener(), Plugins()
    plugins.add(listener, "listener")
    hub = make(settings=SETTINGS, clock=FakeClock(A_MONDAY), plugins=plugins)
    return listener, Visits(hub, create_app(hub.core).test_client())


def test_plugins_hear_of_people_who_clicked_in_one_batch(make: HubMaker) -> None:
    """Who, of which text, where it led and on what; programs are not told."""
    listener, visits = listened_to(make)
    sent = send_links(visits.hub, GOOD_NUMBER, OTHER)
    first, second = codes_in(visits.hub, sent.campaign_id)
    visits.get(first)
    visits.get(second)
    visits.get(second, agent="curl/8")
    visits.collect()
    ((one, other),) = listener.heard
    assert {one.number, other.number} == {GOOD_NUMBER, OTHER}
    assert (one.account_id, one.campaign_id, one.url) == (
        visits.hub.account.id,
        sent.campaign_id,
        "https://shop.example/a",
    )
    assert (one.at, one.device.system) == (visits.hub.clock.now(), "Android 14")


def test_each_click_says_how_often_its_link_was_followed(make: HubMaker) -> None:
    """By people, in the order of their visits; one recipient's link is not another's."""
    listener, visits = listened_to(make)
    first, second = codes_in(visits.hub, send_links(visits.hub, GOOD_NUMBER, OTHER).campaign_id)
    for code in (first, second, first):
        visits.get(code)
    visits.get(first, agent="curl/8")
    visits.collect()
    visits.get(first)
    visits.collect()
    heard = [(one.code, one.clicks) for some in listener.heard for one in some]
    assert heard == [(first, 1), (second, 1), (first, 2), (first, 3)]


def test_plugins_hear_of_a_click_once(make: HubMaker) -> None:
    """Though its file may be read twice."""
    listener, visits = listened_to(make)
    (code,) = codes_in(visits.hub, send_links(visits.hub).campaign_id)
    visits.get(code)
    (path,) = visits.hub.core.click_log.folder.iterdir()
    content = path.read_bytes()
    visits.collect()
    path.write_bytes(content)
    visits.collect()
    assert len(listener.heard) == 1


def test_a_plugin_is_not_told_of_programs_alone(make: HubMaker) -> None:
    """There is nothing to say."""
    listener, visits = listened_to(make)
    (code,) = codes_in(visits.hub, send_links(visits.hub).campaign_id)
    visits.get(code, agent="curl/8")
    visits.collect()
    assert listener.heard == []


def test_who_clicked_can_be_a_segment(hub: TestHub, visits: Visits) -> None:
    """Of a list, within some days."""
    clients = hub.core.lists.create(hub.account.id, "Clients")
    hub.core.lists.put(hub.account.id, clients.id, [NewContact(GOOD_NUMBER), NewContact(OTHER)])
    code, _ = codes_in(hub, send_links(hub, GOOD_NUMBER, OTHER).campaign_id)
    visits.get(code)
    visits.collect()
    rule = {"clicked_within_days": 2}
    found = [hub.core.segments.count_rule(hub.account.id, clients.id, rule)]
    hub.clock.advance(seconds=3 * 86_400)
    found.append(hub.core.segments.count_rule(hub.account.id, clients.id, rule))
    assert found == [1, 0]


def test_a_click_of_a_process_that_died_is_kept_by_the_next(hub: TestHub, visits: Visits) -> None:
    """What it noted is in its file, which nobody has locked any more."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    hub.core.click_log.close()  # as the system does to the files of a process that is killed
    next_one = replace(hub.core.click_work, log=ClickLog(hub.core.click_log.folder))
    assert next_one.collect() == 1


def test_a_file_that_is_read_twice_counts_once(hub: TestHub, visits: Visits) -> None:
    """Whoever keeps it may die before it is taken away."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    (path,) = hub.core.click_log.folder.iterdir()
    content = path.read_bytes()
    assert visits.collect() == 1
    path.write_bytes(content)
    assert (visits.collect(), len(clicks_of(hub))) == (0, 1)


def test_a_file_that_is_written_to_is_left_alone(hub: TestHub, visits: Visits) -> None:
    """Another process takes no clicks out of its hands."""
    from hub.links.clicks import ClickLog

    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    assert list(ClickLog(hub.core.click_log.folder).released()) == []


def test_a_line_that_was_cut_off_spoils_no_other(hub: TestHub, visits: Visits) -> None:
    """The disk may have been full."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    (path,) = hub.core.click_log.folder.iterdir()
    path.write_bytes(path.read_bytes() + b'["01J')
    assert visits.collect() == 1


def test_no_address_of_a_visitor_is_kept(hub: TestHub, visits: Visits) -> None:
    """It is looked at, and forgotten with its file."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    visits.get(code)
    visits.collect()
    assert list(hub.core.click_log.folder.iterdir()) == []
    assert "127.0.0.1" not in repr(clicks_of(hub))


def test_a_link_of_nobody_leads_nowhere(visits: Visits) -> None:
    """In the visitor's language."""
    answer = visits.get("bcdfghj", Accept_Language="de")
    assert (answer.status_code, "nirgendwohin" in answer.text) == (404, True)


def test_whoever_tries_codes_must_wait(make: HubMaker) -> None:
    """Then not even a right one is answered."""
    hub = make(settings={**SETTINGS, "HUB_LINKS_MISSES_PER_MINUTE": "2"})
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    client = create_app(hub.core).test_client()
    assert [client.get(f"/{one}").status_code for one in ("bcdfghj", "bcdfghk", code)] == [404, 404, 429]


def test_a_link_dies_with_its_campaigns_time(hub: TestHub, visits: Visits) -> None:
    """And says so, in the visitor's language."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    hub.clock.advance(seconds=366 * 86_400)
    answer = visits.get(code, Accept_Language="nl")
    assert (answer.status_code, "niet meer geldig" in answer.text) == (410, True)


def test_who_clicked_is_forgotten_with_the_link(hub: TestHub, visits: Visits) -> None:
    """The code stays taken, and gone."""
    sent = send_links(hub)
    (code,) = codes_in(hub, sent.campaign_id)
    visits.get(code)
    visits.collect()
    hub.clock.advance(seconds=366 * 86_400)
    assert hub.core.links.forget_dead() > 0
    link = hub.core.links.find(code)
    assert clicks_of(hub) == ()
    assert link is not None
    assert (link.number, link.url, visits.get(code).status_code) == (None, "", 410)
    assert hub.core.links.forget_dead() == 0


def test_a_host_that_is_denied_later_is_not_led_to_any_more(hub: TestHub) -> None:
    """Links that went out are dead then too."""
    (code,) = codes_in(hub, send_links(hub).campaign_id)
    link = hub.core.links.find(code)
    stricter = replace(hub.core.links, denied={"shop.example"})
    assert link is not None
    assert (hub.core.links.leads_nowhere(link), stricter.leads_nowhere(link)) == (False, True)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("javascript:alert(1)", "link_form"),
        ("ftp://shop.example/a", "link_form"),
        ("https://user:secret@shop.example/", "link_form"),
        ("https://shop.example/a\r\nSet-Cookie: a=b", "link_form"),
        ("//shop.example/a", "link_form"),
        ("https:///a", "link_form"),
        ("https://shop.example\\@evil.example/", "link_form"),
        ("https://t.example.net/abcdefg", "link_denied"),
    ],
)
def test_a_link_leads_to_the_web_and_nowhere_else(hub: TestHub, url: str, code: str) -> None:
    """Refused before anything is stored."""
    with pytest.raises(RequestRefused) as refused:
        send_links(hub, url=url)
    assert [(one.field, one.code) for one in refused.value.faults] == [("links[0]", code)]


def test_an_address_with_accents_is_written_as_the_wire_has_it(hub: TestHub, visits: Visits) -> None:
    """IDNA for its host, percent signs for the rest."""
    (code,) = codes_in(hub, send_links(hub, url="https://café.example/menu/été?q=thé&a=%20").campaign_id)
    assert visits.get(code).headers["Location"] == "https://xn--caf-dma.example/menu/%C3%A9t%C3%A9?q=th%C3%A9&a=%20"


@pytest.mark.parametrize("links", [(), ("https://a.example/", "https://b.example/")])
def test_there_is_an_address_for_each_placeholder(hub: TestHub, links: tuple[str, ...]) -> None:
    """Neither more nor fewer."""
    with pytest.raises(RequestRefused) as refused:
        hub.send(text="Votre colis: <-short->", links=links)
    assert [one.code for one in refused.value.faults] == ["link_count"]


def test_a_field_cannot_bring_a_placeholder(hub: TestHub) -> None:
    """Values are never searched."""
    request = CampaignRequest(
        hub.account.id,
        "#a# <-short->",
        (Recipient(GOOD_NUMBER, {"a": "<-short->"}),),
        links=("https://a.example/",),
        purpose="alert",  # type: ignore[arg-type]  # its word is its value
    )
    sent = hub.core.accept(request)
    assert sent.messages[0].text.startswith("<-short-> t.example.net/")


def test_a_long_list_gets_its_links_chunk_by_chunk(make: HubMaker) -> None:
    """Each message has the link that its text says, and no other."""
    hub = make(settings={**SETTINGS, "HUB_MESSAGES_INLINE_RECIPIENTS": "1", "HUB_MESSAGES_CHUNK": "2"})
    numbers = [f"+3361234567{last}" for last in range(5)]
    sent = hub.send(*numbers, text="Ici: <-short->", links=("https://a.example/",))
    while hub.core.expander.expand_next():
        pass
    found = [hub.core.links.find(code) for code in codes_in(hub, sent.campaign_id)]
    assert [link.number for link in found if link] == numbers
    (count,) = hub.core.links.counts(hub.account.id)
    assert count.recipients == 5


def test_a_code_that_is_taken_is_drawn_again(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the text says the new one."""
    drawn = iter(["bbbbbbb", "bbbbbbb", "ccccccc"])
    for module in ("hub.messages.accept", "hub.links.storing"):
        monkeypatch.setattr(f"{module}.new_code", lambda _: next(drawn))
    first, second = (send_links(hub, number) for number in (GOOD_NUMBER, OTHER))
    assert [codes_in(hub, one.campaign_id) for one in (first, second)] == [["bbbbbbb"], ["ccccccc"]]
    link = hub.core.links.find("ccccccc")
    assert link is not None
    assert link.number == OTHER


def test_the_same_key_with_another_link_is_another_request(hub: TestHub) -> None:
    """It would send something else."""
    send_links(hub, idempotency_key="k")
    with pytest.raises(Exception, match="different request"):
        send_links(hub, url="https://shop.example/b", idempotency_key="k")
