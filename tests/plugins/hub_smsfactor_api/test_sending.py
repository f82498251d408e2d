"""Sending: the counters, the statuses, and what clients write in many ways."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.model import Purpose
from hub.contacts.model import SuppressionKind
from hub_smsfactor_api.texting import clean_sender

from .conftest import FRIEND, OTHER, Make, Site

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTERS = ("blacklisted", "duplicated", "npai", "invalid", "not_allowed", "flood", "country_limit")


def counted(reply: dict[str, Any]) -> dict[str, int]:
    """The counters of a reply that are not zero."""
    return {name: reply[name] for name in COUNTERS if reply[name]}


def test_a_send_reply_has_the_documented_fields_in_their_order(site: Site) -> None:
    """Counters are integers, the ticket is a text of digits."""
    reply = site.send(FRIEND, OTHER)
    assert list(reply) == ["status", "message", "ticket", "cost", "credits", "total", "sent", *COUNTERS]
    assert reply["ticket"].isdecimal()
    assert {type(reply[name]) for name in ("cost", "credits", "total", "sent", *COUNTERS)} == {int}


def test_a_number_that_is_none_is_no_error(site: Site) -> None:
    """As recorded from the real server: status 1, a ticket, and a counter."""
    reply = site.send("0142345678")
    assert (reply["status"], reply["cost"], reply["total"], reply["sent"], reply["invalid"]) == (1, 0, 1, 0, 1)
    (report,) = site.get(f"/campaign/{reply['ticket']}")["campaign"]
    assert (report["total"], report["error"], report["text"]) == ("1", "1", "Bonjour")


def test_each_recipient_that_is_left_out_is_counted(site: Site) -> None:
    """By why."""
    mine = site.hub.account.id
    site.hub.core.suppressions.add(mine, f"+{OTHER}", SuppressionKind.OPT_OUT, source="api")
    site.hub.core.suppressions.add(mine, "+33612345670", SuppressionKind.UNALLOCATED, source="api")
    reply = site.send(FRIEND, FRIEND, OTHER, "33612345670", "12", "+99912345678")
    assert (reply["total"], reply["sent"]) == (6, 1)
    assert counted(reply) == {"blacklisted": 1, "duplicated": 1, "npai": 1, "invalid": 2}


def test_a_country_that_the_account_may_not_text_is_counted(site: Site) -> None:
    """`not_allowed`, and no error even where nobody is left."""
    site.hub.core.accounts.set_countries(site.hub.account.id, ["FR"])
    assert counted(site.send("32470123456")) == {"not_allowed": 1}


@pytest.mark.parametrize(
    "said",
    [
        {"delay": {"date": "2027-01-04 09:30:00.000000", "timezone_type": 3, "timezone": "Europe/Paris"}},
        {"pushtype": {"a": "marketing"}},
        {"text": {"a": "Bonjour"}},
        {"sender": {"a": "ACME"}},
    ],
)
def test_an_object_in_the_place_of_a_value_is_refused(site: Site, said: dict[str, Any]) -> None:
    """Nothing leaves that its client did not mean so."""
    reply = site.send(**said)
    assert (reply["status"], next(iter(said)) in reply["details"]) == (-7, True)
    assert site.get("/campaigns")["totalRecords"] == 0


def test_an_object_in_the_place_of_networks_makes_no_token(site: Site) -> None:
    """One that is good from everywhere is not what was asked for."""
    before = len(site.get("/token")["tokens"])
    reply = site.post("/token", {"token": {"name": "a", "allowed_ips": {"a": "10.0.0.0/8"}}})
    assert (reply["status"], len(site.get("/token")["tokens"])) == (-7, before)


def test_a_form_as_php_builds_it_is_a_document(site: Site) -> None:
    """`http_build_query` writes names in brackets."""
    form = {
        "sms[message][text]": "Bonjour",
        "sms[message][sender]": "ACME",
        "sms[recipients][gsm][0][value]": FRIEND,
        "sms[recipients][gsm][0][gsmsmsid]": "cmd-1",
        "sms[recipients][gsm][1][value]": OTHER,
    }
    assert site.call("POST", "/send", data=form)["sent"] == 2


def test_a_field_that_holds_the_whole_document_is_that(site: Site) -> None:
    """Also where it is called as what is in it."""
    whole = '{"sms": {"message": {"text": "Bonjour"}, "recipients": {"gsm": [{"value": "33612345678"}]}}}'
    assert site.call("POST", "/send", data={"sms": whole})["sent"] == 1


def test_a_name_of_endless_brackets_is_refused(site: Site) -> None:
    """With a sentence."""
    assert site.call("POST", "/send", data={"sms" + "[0]" * 3000 + "[a]": "x"})["status"] == -7


def test_a_delay_may_say_its_own_offset(site: Site) -> None:
    """As ISO 8601 writes it."""
    reply = site.send(delay="2026-12-01T09:30:00+00:00")
    (shown,) = site.get(f"/campaign/{reply['ticket']}")["campaign"]
    assert shown["date"] == "2026-12-01 10:30:00"


@pytest.mark.parametrize(("body", "word"), [({"text": "a"}, "to"), ({"message": {"text": "a"}}, "recipients")])
def test_who_is_to_be_texted_is_asked_for_by_its_name(site: Site, body: dict[str, Any], word: str) -> None:
    """As its form calls it."""
    assert site.post("/send", {"sms": body})["details"].startswith(f"{word} is missing")


@pytest.mark.parametrize(
    "written", ["33612345678", "+33612345678", "0033612345678", "0612345678", "06 12 34 56 78", "33 6 12 34 56 78"]
)
def test_a_number_may_be_written_in_every_usual_way(site: Site, written: str) -> None:
    """They are one number."""
    site.send(written)
    site.hub.drain()
    assert [one.to for one in site.hub.carrier.taken] == ["+33612345678"]


def test_a_sub_account_of_another_country_writes_to_france_too(site: Site) -> None:
    """Digits without a plus have their calling code, whatever the account's country."""
    child = site.hub.core.children.create(site.hub.account.id, "Suisse", "CH", credits_=5)
    _, token = site.hub.core.tokens.make(child.id, "t")
    reply = site.get("/send", token=token.secret, text="a", to=FRIEND) | {}
    assert reply["status"] == 1


def test_without_a_purpose_a_text_is_an_alert(site: Site) -> None:
    """`pushtype` says otherwise."""
    mine = site.hub.account.id
    site.send()
    site.send(text="Soldes", pushtype="marketing")
    purposes = [one.purpose for one in site.hub.core.campaigns.latest(mine)]
    assert purposes == [Purpose.MARKETING, Purpose.ALERT]


def test_the_mark_for_the_stop_mention_is_never_texted(site: Site) -> None:
    """The hub writes the mention where the law asks for one."""
    site.send(text="Soldes <-stop->", pushtype="marketing", sender="ACME")
    site.hub.drain()
    assert site.hub.carrier.taken[0].text == "Soldes - STOP au 36180"


WITH_ADDRESS = {"HUB_HUB_PUBLIC_URL": "https://t.example.net"}


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "Votre colis: <-short->", "links": ["https://exemple.fr/suivi/42"]},
        {"text": "Votre colis: https://exemple.fr/suivi/42", "shortlink": 1},
    ],
    ids=["links", "shortlink"],
)
def test_a_short_link_stands_in_the_text(make_site: Make, asked: dict[str, Any]) -> None:
    """Where `links` say so, or the address is in the text and `shortlink` asks for it."""
    site = make_site(**WITH_ADDRESS)
    site.send(**asked)
    site.hub.drain()
    assert re.fullmatch(r"Votre colis: t\.example\.net/\w{7}", site.hub.carrier.taken[0].text)


def test_a_hub_without_a_web_address_makes_no_short_links(site: Site) -> None:
    """And says so, rather than text the mark as it stands."""
    reply = site.send(text="Votre colis: <-short->", links=["https://exemple.fr/suivi/42"])
    assert (reply["status"], "web address" in reply["details"]) == (-7, True)


def test_unicode_costs_by_seventy_characters(site: Site) -> None:
    """0 is the default."""
    assert [site.send(text="a" * 80, unicode=one)["cost"] for one in (0, 1)] == [1, 2]


def test_a_delay_is_a_time_in_paris(site: Site) -> None:
    """In January, an hour ahead of UTC."""
    reply = site.send(delay="2027-01-04 09:30:00")
    (view,) = site.hub.core.campaigns.latest(site.hub.account.id)
    assert view.send_at == datetime(2027, 1, 4, 8, 30, tzinfo=UTC)
    (report,) = site.get(f"/campaign/{reply['ticket']}")["campaign"]
    assert (report["date"], report["status"]) == ("2027-01-04 09:30:00", "Scheduled")


@pytest.mark.parametrize("delay", ["tomorrow", "2027-02-30 10:00:00", "2020-01-01 10:00:00", "2199-01-01 10:00:00"])
def test_a_delay_that_cannot_be_is_its_own_error(site: Site, delay: str) -> None:
    """-4."""
    assert site.send(delay=delay)["status"] == -4


def test_too_few_credits_are_their_own_error(site: Site) -> None:
    """-3, for a campaign and for its simulation; nothing is sent."""
    site.hub.core.accounts.add_credits(site.hub.account.id, -999)
    body = {"sms": {"message": {"text": "a"}, "recipients": {"gsm": [FRIEND, OTHER]}}}
    assert [site.post(path, body)["status"] for path in ("/send", "/send/simulate")] == [-3, -3]
    assert site.get("/credits")["credits"] == "1"


@pytest.mark.parametrize(
    "message", [{"text": ""}, {"text": None}, {"pushtype": "sms"}, {"text": "x" * 5000}, {"text": ["a", "b"]}]
)
def test_what_is_wrong_with_a_text_is_a_data_error(site: Site, message: dict[str, Any]) -> None:
    """-7, with a sentence."""
    reply = site.send(**message)
    assert (reply["status"], bool(reply["details"])) == (-7, True)


def test_a_campaign_that_is_held_says_so_and_has_its_ticket(make_site: Make) -> None:
    """-8: it will normally still be sent."""
    site = make_site(HUB_GUARD_ENABLED="yes", HUB_GUARD_DAY_CREDITS="1")
    reply = site.send(FRIEND, OTHER)
    assert (reply["status"], reply["ticket"].isdecimal(), reply["sent"]) == (-8, True, 2)


def test_a_simulation_sends_nothing_and_has_a_ticket(site: Site) -> None:
    """The official test suite asserts that there is one; no campaign has it."""
    reply = site.get("/send/simulate", text="a", to=FRIEND)
    assert (reply["ticket"], reply["sent"]) == ("1", 1)
    assert site.delete(f"/send/{reply['ticket']}")["status"] == -5
    assert site.hub.drain() == 0


def test_the_documented_query_of_a_get(site: Site) -> None:
    """`gsmsmsid` names its recipient."""
    reply = site.get("/send", text="Bonjour", to=FRIEND, gsmsmsid="cmd-9", sender="ACME", junk="1", pushtype="alert")
    body = (
        f'XML=<deliveryreport><message><ticket gsmsmsid="cmd-9">{reply["ticket"]}</ticket></message></deliveryreport>'
    )
    (row,) = site.call("POST", "/dr", data=body)["dr"]
    assert (row["gsmsmsid"], row["destination"], row["status"]) == ("cmd-9", FRIEND, "0")


def test_a_cancelled_campaign_gives_its_credits_back_once(site: Site) -> None:
    """Another account's ticket is nobody's, and what has left stays."""
    ticket = site.send(delay="2027-01-04 09:30:00")["ticket"]
    assert site.delete(f"/send/{ticket}") == {"status": 1, "message": "OK", "credits": 1000}
    assert site.delete(f"/send/{ticket}")["credits"] == 1000
    gone = site.send()["ticket"]
    site.hub.drain()
    assert site.delete(f"/send/{gone}")["status"] == -7
    _, token = site.hub.core.accounts.create("Boutique Exemple", "FR")
    strange = site.call("DELETE", f"/send/{gone}", headers={"Authorization": f"Bearer {token.secret}"})
    assert strange["status"] == -5


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Fleury, Duval and Benard", "FleuryDuval"),
        ("ACME", "ACME"),
        ("Café de l'Été", "CafedelEte"),
        ("33612345678", "33612345678"),
        ("!!!", None),
        (None, None),
    ],
)
def test_a_sender_is_cut_to_what_phones_show(said: str | None, kept: str | None) -> None:
    """The real server took names of any length."""
    assert clean_sender(said) == kept


def test_an_over_long_sender_is_no_error(site: Site) -> None:
    """As recorded."""
    assert site.send(sender="Fleury, Duval and Benard")["status"] == 1


def test_a_large_campaign_is_counted_before_it_is_answered(
    make_site: Make, numbers: Callable[[int], list[str]]
) -> None:
    """Though it is expanded afterwards."""
    site = make_site(HUB_MESSAGES_INLINE_RECIPIENTS="0")
    site.hub.core.accounts.add_credits(site.hub.account.id, 10_000)
    reply = site.send(*numbers(1001), FRIEND[:5])
    assert (reply["total"], reply["sent"], reply["invalid"], reply["credits"]) == (1002, 1001, 1, 9999)


@pytest.fixture
def numbers() -> Callable[[int], list[str]]:
    """So many numbers of mobiles."""
    return lambda count: [f"336{10_000_000 + place}" for place in range(count)]
