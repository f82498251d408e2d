"""What happens is kept for those who asked, and for nobody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from hub.events.model import EventType, Fact, WebhookState
from hub.events.outbox import record
from hub.events.tables import webhook_events
from hub.failpoints import FailpointReached, armed
from hub.messages.arrivals import Arrival
from hub.messages.connector import InboundText
from hub.messages.model import DeliveryReceipt, ReceiptState
from hub.messages.settle import apply_receipts
from hub.testing.connector import carrier_id_of

from .conftest import happen, subscribe

if TYPE_CHECKING:
    from typing import Any

    from hub.testing.hub import TestHub

    from .conftest import Receiver


def kept(hub: TestHub) -> list[tuple[str, dict[str, Any]]]:
    """Types and data of what waits."""
    with hub.core.store.read() as connection:
        rows = connection.execute(select(webhook_events.c.body).order_by(webhook_events.c.id)).scalars()
        return [(body["type"], body["data"]) for body in map(json.loads, rows)]


def test_without_a_webhook_nothing_is_written(hub: TestHub) -> None:
    """There is one statement for the batch, which looks for webhooks."""
    said: list[str] = []
    facts = [Fact(hub.account.id, EventType.BALANCE_LOW, {}, hub.clock.now())] * 100
    with hub.core.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *of: said.append(of[2]))
        record(connection, facts)
    assert ([one.split()[0] for one in said], kept(hub)) == (["SELECT"], [])


def test_with_webhooks_a_batch_is_two_statements(hub: TestHub, receiver: Receiver) -> None:
    """Whatever the number of facts."""
    subscribe(hub, receiver)
    said: list[str] = []
    facts = [Fact(hub.account.id, EventType.BALANCE_LOW, {}, hub.clock.now())] * 100
    with hub.core.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *of: said.append(of[2]))
        assert record(connection, facts) == 100
    assert [one.split()[0] for one in said] == ["SELECT", "INSERT"]


@pytest.mark.parametrize("kind", [EventType.LINK_CLICKED, EventType.SURVEY_ANSWERED])
def test_other_types_are_not_kept(hub: TestHub, receiver: Receiver, kind: EventType) -> None:
    """A webhook is told what it asked for."""
    subscribe(hub, receiver, EventType.BALANCE_LOW)
    happen(hub, kind=kind)
    assert kept(hub) == []


def test_a_webhook_counts_as_soon_as_it_is_made(hub: TestHub, receiver: Receiver) -> None:
    """What a transaction records after its commit is told; nothing is remembered from before."""
    happen(hub)
    subscribe(hub, receiver)
    happen(hub)
    assert len(kept(hub)) == 1


def test_one_that_is_switched_off_misses_what_happens(hub: TestHub, receiver: Receiver) -> None:
    """So that a receiver nobody mends fills no database."""
    made = subscribe(hub, receiver)
    hub.core.webhooks.set_state(made.webhook.id, WebhookState.DISABLED)
    happen(hub)
    assert kept(hub) == []


def test_what_is_rolled_back_did_not_happen(hub: TestHub, receiver: Receiver) -> None:
    """The event goes with its cause."""
    subscribe(hub, receiver)
    with armed("plugin.before_commit=raise"), pytest.raises(FailpointReached):
        happen(hub)
    assert kept(hub) == []


def test_a_settled_message_is_told(hub: TestHub, receiver: Receiver) -> None:
    """With its state and whom it was for."""
    subscribe(hub, receiver, EventType.MESSAGE_SETTLED)
    answer = hub.send("+33612345678")
    hub.drain()
    receipt = DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)
    hub.core.settler.receipts("carrier", [receipt])
    told = [(kind, data["campaign_id"], data["number"], data["state"]) for kind, data in kept(hub)]
    assert told == [("message.settled", answer.campaign_id, "+33612345678", "delivered")]


def test_a_text_from_a_phone_and_its_opt_out_are_told(hub: TestHub, receiver: Receiver) -> None:
    """Both, for a STOP is a text too."""
    subscribe(hub, receiver, EventType.MESSAGE_INBOUND, EventType.CONTACT_OPTED_OUT)
    hub.send("+33612345678")
    hub.drain()
    hub.core.inbox.take("carrier", [InboundText("+33612345678", "36180", "STOP")])
    assert [(kind, data["number"]) for kind, data in kept(hub)] == [
        ("message.inbound", "+33612345678"),
        ("contact.opted_out", "+33612345678"),
    ]


def test_a_finished_campaign_is_told(hub: TestHub, receiver: Receiver) -> None:
    """Once all its messages have come to their end."""
    subscribe(hub, receiver, EventType.CAMPAIGN_FINISHED)
    answer = hub.send("+33612345678")
    hub.drain()
    hub.core.sweeper.finish_campaigns()
    before = kept(hub)
    hub.core.settler.receipts(
        "carrier", [DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)]
    )
    hub.core.sweeper.finish_campaigns()
    assert (before, kept(hub)) == ([], [("campaign.finished", {"campaign_id": answer.campaign_id})])


@pytest.mark.parametrize("listeners", [0, 1])
def test_receipts_look_for_webhooks_in_what_they_read_anyway(hub: TestHub, receiver: Receiver, listeners: int) -> None:
    """Without any webhook they pay no statement; with one of anybody's they pay one."""
    other, _ = hub.core.accounts.create("Boutique Exemple", "FR")
    for _ in range(listeners):
        hub.core.webhooks.create(other.id, receiver.url, (EventType.MESSAGE_SETTLED,))
    answer = hub.send("+33612345678")
    hub.drain()
    said: list[str] = []
    with hub.core.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *of: said.append(of[2]))
        receipt = DeliveryReceipt(carrier_id_of(answer.messages[0].id), ReceiptState.DELIVERED)
        apply_receipts(connection, "carrier", [Arrival(receipt, hub.clock.now())], hub.clock.now())
    looks = [one for one in said if "FROM webhooks" in one and "FROM messages" not in one]
    assert (len(looks), any("somebody_listens" in one for one in said)) == (listeners, True)
