"""Webhooks as SMSFactor makes them, and what their receivers are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hub import InboundText
from hub.events.model import EventType, Fact
from hub.events.outbox import record
from hub.testing.databases import KINDS

from .conftest import FRIEND

if TYPE_CHECKING:
    from hub.testing.databases import Databases

    from .conftest import Receiver, Site


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


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


def happen(site: Site, kind: EventType, **data: Any) -> None:
    """Let something happen that the hub has no room for yet."""
    with site.hub.core.write() as connection:
        record(connection, [Fact(site.hub.account.id, kind, data, site.hub.clock.now())])
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
    site.put(f"/webhook/{made['webhook_id']}", {"webhook": {"signature": ""}})
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
    assert [(body["message"], body["last_message_id"]) for _, body in receiver.calls] == [("Stop SMS", "cmd-0")]
    assert site.hub.core.webhooks.attempts(site.hub.account.id, int(answers["webhook_id"])) == ()


def test_a_low_balance_is_told_as_texts(site: Site, receiver: Receiver) -> None:
    """Balance, trigger, and the time in Paris."""
    subscribe(site, receiver, "BALANCE_ALERT")
    happen(site, EventType.BALANCE_LOW, available=159, threshold=500)
    assert receiver.last == {"balance": "159", "trigger": "500", "date": "2026-11-24 10:00:00"}


def test_a_click_names_its_recipient_as_gsmsid(site: Site, receiver: Receiver) -> None:
    """Without the second m, as documented."""
    subscribe(site, receiver, "CLICKER")
    ticket = texted(site)
    (view,) = site.hub.core.campaigns.latest(site.hub.account.id)
    who = {"campaign_id": view.id, "number": f"+{FRIEND}"}
    happen(site, EventType.LINK_CLICKED, **who, url="https://exemple.fr", brand="Nokia", model="3310", system="S40")
    told = receiver.last
    assert (told["campaign_id"], told["gsmsid"], told["long_url"]) == (ticket, "cmd-0", "https://exemple.fr")
    assert (told["brand"], told["model"], told["os"], told["clicks_on_link"]) == ("Nokia", "3310", "S40", "1")


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
