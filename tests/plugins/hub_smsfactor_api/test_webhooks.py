"""Webhooks as SMSFactor makes them, and what their receivers are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hub import InboundText
from hub.events.model import EventType
from hub.testing.databases import KINDS

from .conftest import FRIEND

if TYPE_CHECKING:
    from hub.testing.databases import Databases

    from .conftest import Make, Receiver, Site


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


@pytest.fixture
def linked(make_site: Make) -> Site:
    """A site whose texts can have links."""
    return make_site(HUB_HUB_PUBLIC_URL="https://t.example.net")


def subscribe(site: Site, receiver: Receiver, kind: str, **more: str) -> dict[str, Any]:
    """Make a webhook."""
    found: dict[str, Any] = site.post("/webhook", {"webhook": {"type": kind, "url": receiver.url, **more}})["webhook"]
    return found


def texted(site: Site) -> str:
    """Text a friend, whom the client calls cmd-0; the ticket."""
    ticket: str = site.send(FRIEND)["ticket"]
    site.hub.drain()
    return ticket


def write(site: Site, text: str) -> None:
    """Let the friend write back, and webhooks be called."""
    assert site.hub.carrier.sink is not None
    site.hub.carrier.sink.inbound([InboundText(f"+{FRIEND}", "36180", text, text)])
    site.hub.core.desk.work_off(site.hub.core)
    site.hub.core.deliverer.deliver_due()


def follow(site: Site, times: int = 1) -> None:
    """Let whoever was texted last follow the link, a minute after it came, and webhooks be called."""
    for _ in range(times):
        site.hub.clock.advance(minutes=1)
        site.hub.follow(site.hub.carrier.taken[-1].text)
    site.hub.core.deliverer.deliver_due()


def test_a_webhook_is_made_shown_edited_and_deleted(site: Site, receiver: Receiver) -> None:
    """Its secret is in the answers to who sends it, and in no other."""
    made = subscribe(site, receiver, "DLR", signature="secret")
    assert (made["type"], made["url"], made["signature"], made["status"]) == ("DLR", receiver.url, "secret", "live")
    (listed,) = site.get("/webhook")["webhooks"]
    assert listed == site.get(f"/webhook/{made['webhook_id']}")["webhook"]
    assert tuple(listed) == ("webhook_id", "type", "url", "status", "last_http_code")
    body = {"webhook": {"type": "MO", "url": receiver.url + "/2", "signature": "other"}}
    edited = site.put(f"/webhook/{made['webhook_id']}", body)["webhook"]
    assert (edited["type"], edited["url"], edited["signature"]) == ("MO", receiver.url + "/2", "other")
    assert site.delete(f"/webhook/{made['webhook_id']}")["deleted_id"] == made["webhook_id"]
    assert site.get("/webhook")["webhooks"] == []


def test_a_receipt_is_told_in_the_documented_words(site: Site, receiver: Receiver) -> None:
    """The header is the secret itself; numbers have no plus, and times are those of Paris."""
    subscribe(site, receiver, "DLR", signature="mon secret")
    ticket = texted(site)
    site.hub.carrier.report(site.hub.carrier.taken[0].id)
    site.hub.core.deliverer.deliver_due()
    ((headers, body),) = receiver.calls
    said = {name.lower(): value for name, value in headers.items()}
    assert (headers["X-SMSFactor-Signature"], said["content-type"]) == ("mon secret", "application/json")
    assert "webhook-signature" not in said
    assert body == {
        "date": "2026-11-24T10:00:00+01:00",
        "status": 3,
        "destination": FRIEND,
        "message_id": "cmd-0",
        "campaign_id": ticket,
        "country_code": "FR",
    }


def test_without_a_secret_there_is_no_signature(site: Site, receiver: Receiver) -> None:
    """An edit to an empty one takes it away, too."""
    made = subscribe(site, receiver, "MO", signature="x")
    site.put(f"/webhook/{made['webhook_id']}", {"webhook": {"type": "MO", "url": made["url"]}})
    texted(site)
    write(site, "Oui")
    ((headers, _),) = receiver.calls
    assert "X-SMSFactor-Signature" not in headers


def test_a_text_is_told_with_the_name_of_what_it_answers(site: Site, receiver: Receiver) -> None:
    """As a Mautic receiver reads it: `from` and `message`."""
    subscribe(site, receiver, "MO")
    texted(site)
    write(site, "Oui")
    assert receiver.last == {
        "date": "2026-11-24T10:00:00+01:00",
        "message": "Oui",
        "from": FRIEND,
        "account_id": str(site.hub.account.id),
        "last_message_id": "cmd-0",
    }


def test_a_stop_is_told_to_its_own_webhook_alone(site: Site, receiver: Receiver) -> None:
    """One for answers hears nothing of it, and nobody counts that as a call."""
    answers = subscribe(site, receiver, "MO")
    subscribe(site, receiver, "STOP")
    texted(site)
    write(site, "Stop SMS")
    ((_, body),) = receiver.calls
    assert body == {
        "date": "2026-11-24T10:00:00+01:00",
        "message": "Stop SMS",
        "from": FRIEND,
        "account_id": str(site.hub.account.id),
        "last_message_id": "cmd-0",
    }
    assert site.hub.core.webhooks.attempts(site.hub.account.id, int(answers["webhook_id"])) == ()


def test_a_low_balance_is_told_as_texts(site: Site, receiver: Receiver) -> None:
    """Balance, trigger, and the time in Paris, once the trigger that was set is crossed; once."""
    subscribe(site, receiver, "BALANCE_ALERT")
    said = {"alert_trigger": 1000, "alert_email": 0, "alert_gsm": 0}
    assert site.put("/notification/balance", {"notification": said})["notification"]["alert_trigger"] == "1000"
    texted(site)
    for _ in range(2):
        site.hub.core.balance_alerts.look()
    site.hub.core.deliverer.deliver_due()
    ((_, body),) = receiver.calls
    assert body == {"balance": "999", "trigger": "1000", "date": "2026-11-24 10:00:00"}


def test_a_click_is_told_in_the_documented_words(linked: Site, receiver: Receiver) -> None:
    """Whose it is, where the link led, on what it was followed, and how often by now."""
    subscribe(linked, receiver, "CLICKER")
    ticket = linked.send(FRIEND, text="Colis: <-short->", links=["https://exemple.fr/suivi/42"])["ticket"]
    linked.hub.drain()
    follow(linked, times=2)
    code = linked.hub.carrier.taken[-1].text.rpartition("/")[2]
    assert [body["clicks_on_link"] for _, body in receiver.calls] == ["1", "2"]
    assert receiver.last == {
        "campaign_id": ticket,
        "gsmsid": "cmd-0",
        "date": "2026-11-24 10:02:00",
        "long_url": "https://exemple.fr/suivi/42",
        "short_url": code,
        "brand": "Samsung",
        "model": "SM-S918B",
        "os": "Android 14",
        "info1": None,
        "info2": None,
        "info3": None,
        "info4": None,
        "clicks_on_link": "2",
    }


def to_a_list(site: Site, *lists: str) -> None:
    """Send a text with a link to lists, and let it leave."""
    message = {"text": "Colis: <-short->", "pushtype": "alert", "links": ["https://exemple.fr"]}
    site.post("/send/lists", {"sms": {"message": message, "lists": [{"value": one} for one in lists]}})
    while site.hub.core.expander.expand_next():
        pass
    site.hub.drain()


def listed(site: Site, **infos: str) -> str:
    """A list with the friend on it; its id."""
    gsm = [{"value": FRIEND, **infos}]
    made: str = site.post("/list", {"list": {"name": str(infos), "contacts": {"gsm": gsm}}})["id"]
    return made


def test_a_click_of_a_contact_is_told_with_what_its_list_says(linked: Site, receiver: Receiver) -> None:
    """The first of the lists that knows them."""
    subscribe(linked, receiver, "CLICKER")
    to_a_list(linked, listed(linked, info1="Ana", info4="Lyon"), listed(linked, info1="Anna", info2="x"))
    follow(linked)
    told = receiver.last
    assert (told["gsmsid"], told["clicks_on_link"]) == (None, "1")
    assert [told[f"info{place}"] for place in range(1, 5)] == ["Ana", None, None, "Lyon"]


def test_a_click_is_told_of_a_list_that_is_gone(linked: Site, receiver: Receiver) -> None:
    """Without what it said."""
    subscribe(linked, receiver, "CLICKER")
    clients = listed(linked, info1="Ana")
    to_a_list(linked, clients)
    linked.delete(f"/list/{clients}")
    follow(linked)
    assert (receiver.last["info1"], receiver.last["brand"]) == (None, "Samsung")


def test_a_program_that_follows_a_link_is_not_told(linked: Site, receiver: Receiver) -> None:
    """Nor counted among the clicks on it."""
    subscribe(linked, receiver, "CLICKER")
    linked.send(FRIEND, text="Colis: <-short->", links=["https://exemple.fr"])
    linked.hub.drain()
    linked.hub.clock.advance(minutes=1)
    linked.client.get("/" + linked.hub.carrier.taken[-1].text.rpartition("/")[2], headers={"User-Agent": "curl/8"})
    follow(linked)
    assert [body["clicks_on_link"] for _, body in receiver.calls] == ["1"]


def test_the_last_answer_of_a_receiver_is_shown(site: Site, receiver: Receiver) -> None:
    """And what it did not take comes again."""
    subscribe(site, receiver, "MO")
    receiver.status = 503
    texted(site)
    write(site, "Oui")
    assert site.get("/webhook")["webhooks"][0]["last_http_code"] == "503"
    receiver.status = 200
    site.hub.clock.advance(minutes=1)
    site.hub.core.deliverer.deliver_due()
    assert (len(receiver.calls), site.get("/webhook")["webhooks"][0]["last_http_code"]) == (2, "200")


def test_a_webhook_of_the_hubs_own_is_not_here(site: Site, receiver: Receiver) -> None:
    """It has other calls, and another secret."""
    own = site.hub.core.webhooks.create(site.hub.account.id, receiver.url, [EventType.MESSAGE_INBOUND])
    assert site.get("/webhook")["webhooks"] == []
    calls = [site.get(f"/webhook/{own.webhook.id}"), site.delete(f"/webhook/{own.webhook.id}")]
    assert [one["status"] for one in calls] == [-5, -5]
    texted(site)
    write(site, "Oui")
    ((headers, body),) = receiver.calls
    assert ("webhook-signature" in {name.lower() for name in headers}, body["type"]) == (True, "message.inbound")


@pytest.mark.parametrize(
    "wrong", [{"type": "FAX"}, {"url": "nowhere"}, {"signature": "été"}, {"signature": "a\nb"}, {"url": None}]
)
def test_a_webhook_that_cannot_be_is_a_data_error(site: Site, wrong: dict[str, Any]) -> None:
    """-7."""
    body = {"webhook": {"type": "MO", "url": "https://exemple.fr/hook", **wrong}}
    assert site.call("POST", "/webhook", data=json.dumps(body))["status"] == -7


def test_the_secret_is_not_kept_in_clear(site: Site, receiver: Receiver) -> None:
    """It is sealed like every secret of the hub's."""
    subscribe(site, receiver, "MO", signature="mon secret")
    with site.hub.core.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM webhook_secrets").all()
    assert (len(rows), "mon secret" in str(rows)) == (1, False)
