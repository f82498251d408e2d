"""A whole tour by clients that know SMSFactor's documentation alone, on a running hub, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.messages.model import ReceiptState
from hub.testing.databases import KINDS as DATABASES

from .clients import JsonClient, OldClient, XmlClient
from .conftest import EMAIL, FRIEND, OTHER, PASSWORD, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.databases import Databases

    from .clients import Client
    from .conftest import Receiver, Site

KINDS = ("json", "xml", "old")


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, smsfactor_databases: Databases) -> str:
    """A fresh database of each kind."""
    return smsfactor_databases.fresh(request.param)


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, site: Site) -> Iterator[Client]:
    """A client of each kind, on a server."""
    with serving(site) as url:
        if request.param == "old":
            site.open()
            yield OldClient(url, EMAIL, PASSWORD)
        elif request.param == "xml":
            yield XmlClient(url, site.hub.token)
        else:
            yield JsonClient(url, site.hub.token)


def test_a_client_makes_a_whole_tour(client: Client, site: Site, receiver: Receiver) -> None:
    """Credits, simulate, send, follow, delay, cancel, lists, blacklist, webhook, report."""
    assert client.credits() == "1000"
    webhook = client.subscribe("DLR", receiver.url, "mon secret")
    assert webhook.isdecimal()

    simulated = client.simulate([FRIEND, OTHER], "Votre colis part")
    assert (simulated["status"], simulated["cost"], simulated["credits"]) == ("1", "2", "998")
    assert simulated["ticket"]
    assert client.credits() == "1000"

    sent = client.send([FRIEND, OTHER], "Votre colis part")
    assert [sent[name] for name in ("status", "message", "cost", "credits", "total", "sent")] == [
        "1",
        "OK",
        "2",
        "998",
        "2",
        "2",
    ]
    site.hub.drain()
    assert [one.to for one in site.hub.carrier.taken] == [f"+{FRIEND}", f"+{OTHER}"]
    for one in list(site.hub.carrier.taken):
        site.hub.carrier.report(one.id, ReceiptState.DELIVERED)
    site.hub.core.deliverer.deliver_due()
    assert {body["destination"] for _, body in receiver.calls} == {FRIEND, OTHER}
    assert all(headers["X-SMSFactor-Signature"] == "mon secret" for headers, _ in receiver.calls)
    assert receiver.last["campaign_id"] == sent["ticket"]

    report = client.report(sent["ticket"])
    assert [report[name] for name in ("id", "delivered", "total", "delivery_rate")] == [
        sent["ticket"],
        "2",
        "2",
        "100.00",
    ]

    delayed = client.send([FRIEND], "A demain", delay="2026-11-25 09:30:00")
    assert (delayed["status"], delayed["credits"]) == ("1", "997")
    cancelled = client.cancel(delayed["ticket"])
    assert (cancelled["status"], cancelled["credits"]) == ("1", "998")

    made = client.make_list("Clients", [FRIEND, OTHER])
    assert client.list_size(made) == 2
    assert client.block([OTHER]) == "1"
    assert client.blocked() == [OTHER]
    to_list = client.send_to_list(made, "Bonjour [info1]")
    assert [to_list[name] for name in ("status", "total", "sent", "blacklisted", "cost")] == ["1", "2", "1", "1", "1"]
    while site.hub.core.expander.expand_next():
        pass
    site.hub.drain()
    assert site.hub.carrier.taken[-1].text == "Bonjour Ana"
