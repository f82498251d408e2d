"""Telling receivers what happened."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook

from hub.accounts.model import AccountSettings
from hub.errors import Conflict
from hub.events.line import Line
from hub.events.model import EventType, WebhookState
from hub.events.tables import webhook_events
from hub.failpoints import FailpointReached, armed
from hub.store.engine import Store

from .conftest import happen, subscribe

if TYPE_CHECKING:
    from hub.testing.hub import TestHub

    from .conftest import Receiver

STEPS = (
    "claim_webhooks.before_commit",
    "claim_webhooks.after_commit",
    "webhook.before_call",
    "webhook.after_call",
    "webhook_outcome.before_commit",
    "webhook_outcome.after_commit",
)


def later(hub: TestHub, **units: int) -> None:
    """Let time pass, and a worker work."""
    hub.clock.advance(timedelta(**units))
    hub.core.deliverer.deliver_due()


def test_what_is_sent_is_what_standard_webhooks_verifies(hub: TestHub, receiver: Receiver) -> None:
    """By the specification's own library; the body has type, version, timestamp and data."""
    made = subscribe(hub, receiver)
    happen(hub)
    hub.core.deliverer.deliver_due()
    call = receiver.calls[0]
    told = Webhook(made.secret).verify(call.body, call.headers)
    assert (told["type"], told["version"]) == ("balance.low", 1)
    assert list(json.loads(call.body)) == ["type", "version", "timestamp", "data"]


def test_few_credits_arrive_at_the_receiver(hub: TestHub, receiver: Receiver) -> None:
    """From the crossing to what a consumer reads with the library, once."""
    made = subscribe(hub, receiver)
    hub.core.balance_alerts.set(hub.account.id, 990)
    hub.core.accounts.add_credits(hub.account.id, -15)
    for _ in range(2):
        hub.core.balance_alerts.look()
        hub.core.deliverer.deliver_due()
    (told,) = [Webhook(made.secret).verify(call.body, call.headers) for call in receiver.calls]
    assert told["data"] == {"available": 985, "threshold": 990, "crossing": 1}


def test_an_old_secret_signs_for_a_day_beside_the_new_one(hub: TestHub, receiver: Receiver) -> None:
    """And not a moment longer."""
    old = subscribe(hub, receiver)
    hub.core.webhooks.rotate(hub.account.id, old.webhook.id)
    happen(hub)
    hub.core.deliverer.deliver_due()
    call = receiver.calls[0]
    Webhook(old.secret).verify(call.body, call.headers)
    hub.clock.advance(hours=24)
    happen(hub)
    hub.core.deliverer.deliver_due()
    signatures = [one.headers["webhook-signature"].split() for one in receiver.calls]
    assert [len(one) for one in signatures] == [2, 1]


def test_events_come_in_their_order_over_one_connection(hub: TestHub, receiver: Receiver) -> None:
    """Each once."""
    subscribe(hub, receiver)
    happen(hub, 30)
    assert hub.core.deliverer.deliver_due() == 30
    places = [json.loads(one.body)["data"]["place"] for one in receiver.calls]
    assert (places, len({one.connection for one in receiver.calls})) == (list(range(30)), 1)


def test_what_is_not_taken_comes_again_before_what_follows(hub: TestHub, receiver: Receiver) -> None:
    """Under the same id, five seconds later and some."""
    subscribe(hub, receiver)
    happen(hub, 2)
    receiver.statuses = [500]
    hub.core.deliverer.deliver_due()
    later(hub, seconds=4)
    assert len(receiver.ids) == 1
    later(hub, seconds=3)
    first, again, second = receiver.ids
    assert (first == again, first == second) == (True, False)


def test_a_receiver_says_itself_when_to_come_back(hub: TestHub, receiver: Receiver) -> None:
    """Retry-After is honoured where it is later than the hub would come."""
    subscribe(hub, receiver)
    happen(hub)
    receiver.statuses, receiver.more = [503], {"Retry-After": "100"}
    hub.core.deliverer.deliver_due()
    later(hub, seconds=99)
    assert len(receiver.calls) == 1
    later(hub, seconds=2)
    assert len(receiver.calls) == 2


def test_a_receiver_that_is_gone_is_called_no_more(hub: TestHub, receiver: Receiver) -> None:
    """410 ends it."""
    made = subscribe(hub, receiver)
    happen(hub)
    receiver.statuses = [410]
    hub.core.deliverer.deliver_due()
    later(hub, days=3)
    assert hub.core.webhooks.get(hub.account.id, made.webhook.id).state is WebhookState.GONE
    assert len(receiver.calls) == 1


def test_a_redirect_is_not_followed(hub: TestHub, receiver: Receiver) -> None:
    """It is a no: where it leads nobody has judged."""
    made = subscribe(hub, receiver)
    happen(hub)
    receiver.statuses, receiver.more = [307], {"Location": receiver.url}
    hub.core.deliverer.deliver_due()
    attempts = hub.core.webhooks.attempts(hub.account.id, made.webhook.id)
    assert ([one.status for one in attempts], len(receiver.calls)) == ([307], 1)


def test_a_long_answer_is_not_read_to_its_end(hub: TestHub, receiver: Receiver) -> None:
    """And is a yes all the same."""
    subscribe(hub, receiver)
    receiver.body = b"x" * 1_000_000
    happen(hub, 2)
    assert hub.core.deliverer.deliver_due() == 2


def test_a_dead_receiver_is_disabled_after_its_last_try_and_its_account_told(hub: TestHub, receiver: Receiver) -> None:
    """Ten tries within four days; what waits is kept, and told once it is switched on again."""
    made = subscribe(hub, receiver)
    hub.core.accounts.change_settings(hub.account.id, AccountSettings(notice_email="accueil@salon.example"))
    happen(hub)
    receiver.statuses = [500] * 10
    hub.core.deliverer.deliver_due()
    for _ in range(20):
        later(hub, hours=29)
    assert hub.core.webhooks.get(hub.account.id, made.webhook.id).state is WebhookState.DISABLED
    assert (len(receiver.calls), [one.kind for one in hub.core.mails.all()]) == (10, ["webhook_disabled"])
    hub.core.webhooks.edit(hub.account.id, made.webhook.id, state=WebhookState.ACTIVE)
    assert hub.core.deliverer.deliver_due() == 1


def test_a_receiver_that_says_nothing_holds_up_nobody(hub: TestHub, receiver: Receiver) -> None:
    """The others are told while it is waited for; its call ends by the time limit."""
    deliverer = replace(hub.core.deliverer, open_line=lambda url: Line(url, allow_private=True, limit_s=1.0))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        mute = hub.core.webhooks.create(hub.account.id, url, [EventType.BALANCE_LOW])
        subscribe(hub, receiver)
        happen(hub, 3)
        assert deliverer.deliver_due() == 3
    assert [one.status for one in hub.core.webhooks.attempts(hub.account.id, mute.webhook.id)] == [None]


def test_a_receiver_that_drips_is_cut_off(hub: TestHub) -> None:
    """One that sends a byte now and then would hold its line for ever."""
    deliverer = replace(hub.core.deliverer, open_line=lambda url: Line(url, allow_private=True, limit_s=1.0))
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                while not done.wait(0.1):
                    connection.sendall(b"H")

        thread = threading.Thread(target=drip)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        made = hub.core.webhooks.create(hub.account.id, url, [EventType.BALANCE_LOW])
        happen(hub)
        deliverer.deliver_due()
        done.set()
        thread.join()
    assert hub.core.webhooks.attempts(hub.account.id, made.webhook.id)[0].fault == "no answer within 1 s"


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_that_dies_loses_nothing(hub: TestHub, receiver: Receiver, step: str) -> None:
    """What was in hand comes once the lease has run out, perhaps twice, and in its order."""
    subscribe(hub, receiver)
    happen(hub, 3)
    with armed(f"{step}=raise"), pytest.raises(FailpointReached):
        hub.core.deliverer.deliver_due()
    later(hub, seconds=121)
    with hub.core.store.read() as connection:
        waiting = select(func.count()).select_from(webhook_events).where(webhook_events.c.state == "waiting")
        assert connection.execute(waiting).scalar_one() == 0
        told = connection.execute(select(webhook_events.c.event_id).order_by(webhook_events.c.id)).scalars().all()
    assert list(dict.fromkeys(receiver.ids)) == told


def test_two_processes_tell_each_event_once(hub: TestHub, receiver: Receiver) -> None:
    """One of them holds the lease."""
    subscribe(hub, receiver)
    happen(hub, 40)
    other = Store(hub.core.store.url.render_as_string(hide_password=False))
    workers = [hub.core.deliverer, replace(hub.core.deliverer, store=other, _lines=set())]
    threads = [threading.Thread(target=one.deliver_due) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert (len(receiver.ids), len(set(receiver.ids))) == (40, 40)


def test_one_who_comes_back_too_late_records_nothing(hub: TestHub, receiver: Receiver) -> None:
    """Its lease has gone to another meanwhile."""
    made = subscribe(hub, receiver)
    happen(hub)
    late = hub.core.deliverer
    owner, rows = late._claim(1)
    later(hub, seconds=121)
    late._record(owner, rows[0], [])
    assert late._serve(owner, rows[0], lambda: False) == 0
    assert len(hub.core.webhooks.attempts(hub.account.id, made.webhook.id)) == 1


def test_an_event_is_told_again_when_somebody_asks_for_it(hub: TestHub, receiver: Receiver) -> None:
    """Under its id, with the same body."""
    made = subscribe(hub, receiver)
    happen(hub)
    hub.core.deliverer.deliver_due()
    hub.core.webhooks.replay(hub.account.id, made.webhook.id, receiver.ids[0])
    hub.core.deliverer.deliver_due()
    first, again = receiver.calls
    assert (first.event_id, first.body) == (again.event_id, again.body)


def test_nothing_is_told_again_to_one_that_is_switched_off(hub: TestHub, receiver: Receiver) -> None:
    """It would wait, and nobody would know."""
    made = subscribe(hub, receiver)
    hub.core.webhooks.set_state(made.webhook.id, WebhookState.DISABLED)
    with pytest.raises(Conflict):
        hub.core.webhooks.test(hub.account.id, made.webhook.id)


def test_what_is_old_is_dropped(hub: TestHub, receiver: Receiver) -> None:
    """Events and attempts of more than thirty days, and none that is younger."""
    made = subscribe(hub, receiver)
    happen(hub, 2)
    hub.core.deliverer.deliver_due()
    kept = hub.core.webhooks.forget_old()
    hub.clock.advance(timedelta(days=30, seconds=1))
    assert (kept, hub.core.webhooks.forget_old()) == (0, 4)
    assert hub.core.webhooks.attempts(hub.account.id, made.webhook.id) == ()
