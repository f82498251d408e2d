from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text

from hub.guard.model import Figures
from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.messages.breaker import Failure, Throttle
from hub.messages.connector import Unknown
from hub.store.engine import Store
from hub.web import metrics

if TYPE_CHECKING:
    from .conftest import Caller


def figures(caller: Caller) -> dict[str, float]:
    """Every figure by its name and labels, as Prometheus reads them."""
    lines = caller.client.get("/metrics").get_data(as_text=True).splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}


def test_messages_are_counted_by_state(caller: Caller) -> None:
    """Those whose end is not known yet; those that ended are the database's to count."""
    caller.send("+33612345678", "+33612345679", "0123456789")
    before = figures(caller)
    caller.hub.drain()
    after = figures(caller)
    assert (before['hub_messages{state="pending"}'], before['hub_messages{state="submitted"}']) == (2, 0)
    assert (after['hub_messages{state="pending"}'], after['hub_messages{state="submitted"}']) == (0, 2)


def test_a_queue_says_how_long_its_oldest_message_waits(caller: Caller) -> None:
    """What is scheduled for later does not wait."""
    caller.send()
    caller.send(send_at="2026-12-01T09:30")
    caller.hub.clock.advance(minutes=2)
    found = figures(caller)
    assert (found['hub_queue_messages{route="main"}'], found['hub_queue_oldest_seconds{route="main"}']) == (1, 120)


def test_messages_in_doubt_are_counted_by_connector(caller: Caller) -> None:
    """An operator wants to know which carrier loses answers."""
    caller.hub.carrier.answer = lambda _: Unknown("the line broke")
    caller.send()
    caller.hub.drain()
    assert figures(caller)['hub_unknown_messages{connector="carrier"}'] == 1


def test_an_empty_queue_is_shown_as_empty(caller: Caller) -> None:
    """A figure that is missing cannot be watched."""
    found = figures(caller)
    assert found['hub_queue_messages{route="main"}'] == 0
    assert found['hub_unknown_messages{connector="carrier"}'] == 0
    assert (found["hub_parked_receipts"], found["hub_up"]) == (0, 1)


def test_requests_are_counted_by_template(caller: Caller) -> None:
    """Never by path: ids would make a series each."""
    caller.get("/api/v1/campaigns/01JZ5Y3X6R8W9T2Q4V7N0KMDBE")
    caller.get("/api/v1/campaigns/other")
    caller.client.open("/nothing/there", method="BREW")
    found = figures(caller)
    label = 'method="GET",route="/api/v1/campaigns/<campaign_id>"'
    assert found[f'hub_http_requests_total{{{label},status="404"}}'] == 2
    assert found[f"hub_http_request_seconds_count{{{label}}}"] == 2
    assert found['hub_http_requests_total{method="other",route="unmatched",status="404"}'] == 1


def test_no_label_is_about_a_person_or_an_account(caller: Caller) -> None:
    """Labels are kept for ever, and seen by everybody."""
    caller.send("+33612345678")
    names = {name for line in figures(caller) for name in re.findall(r'(\w+)="', line)}
    assert names == {"state", "connector", "route", "method", "status", "le", "version", "way", "outcome"}
    assert "612345678" not in caller.client.get("/metrics").get_data(as_text=True)


def test_with_the_database_away_the_hub_is_not_up(caller: Caller) -> None:
    """The page is still there, for it is needed most then."""
    caller.hub.core.store = Store("postgresql+psycopg://hub@127.0.0.1:1/hub")
    found = figures(caller)
    assert found["hub_up"] == 0
    assert not any(name.startswith("hub_messages") for name in found)


def test_ended_messages_are_not_looked_at(caller: Caller) -> None:
    """SQLite walks the partial indexes, not the table of millions."""
    with caller.hub.core.read() as connection:
        plans = [
            row.detail
            for query in (metrics._UNSETTLED, metrics._DUE, metrics._HELD)
            for row in connection.execute(
                text(f"EXPLAIN QUERY PLAN {query}"), {"now": 0} if "now" in str(query) else {}
            )
        ]
    assert [plan for plan in plans if "SCAN" in plan] == [
        "SCAN messages USING INDEX ix_messages_unsettled",
        "SCAN messages USING INDEX ix_messages_due",
        "SCAN messages USING INDEX ix_messages_held",
    ]


def test_what_is_held_for_review_is_shown(caller: Caller) -> None:
    """Campaigns, and their messages by state."""
    before = figures(caller)
    object.__setattr__(caller.hub.core.guard, "figures", Figures(day_credits=1))
    caller.send("+33612345678", "+33622345678")
    found = figures(caller)
    assert (before["hub_held_campaigns"], found["hub_held_campaigns"]) == (0, 1)
    assert found['hub_messages{state="held"}'] == 2


def test_routes_are_shown_as_they_are(caller: Caller) -> None:
    """Open, what part of new messages they get, how fast, and what their carriers answered."""
    caller.send()
    caller.hub.drain()
    caller.hub.core.route_health.note("main", Throttle(100.0))
    caller.hub.core.route_health.note("main", Failure("away", is_final=True))
    found = figures(caller)
    assert (found['hub_route_open{route="main"}'], found['hub_route_share{route="main"}']) == (1, 0)
    assert found['hub_route_pace{route="main"}'] == 80
    assert found['hub_route_outcomes_total{outcome="taken",route="main"}'] == 1
    assert found['hub_route_outcomes_total{outcome="failed",route="main"}'] == 1
    assert found['hub_route_last_success_timestamp_seconds{route="main"}'] == caller.hub.clock.now().timestamp()


def test_a_route_that_nothing_has_happened_to_is_shown_too(caller: Caller) -> None:
    """A figure that is missing cannot be watched."""
    found = figures(caller)
    assert (found['hub_route_open{route="main"}'], found['hub_route_share{route="main"}']) == (0, 1)
    assert found['hub_route_outcomes_total{outcome="failed",route="main"}'] == 0


def test_mail_that_was_not_sent_is_counted(caller: Caller) -> None:
    """By state, and how long the oldest has waited."""
    hub = caller.hub
    mail = OutgoingMail(hub.account.id, "inbound", "1", "a@salon.example", "SMS", "Oui")
    with hub.core.write() as connection:
        post(connection, [mail], hub.clock.now())
    hub.clock.advance(minutes=2)
    found = figures(caller)
    assert (found['hub_mails{state="waiting"}'], found['hub_mails{state="failed"}']) == (1, 0)
    assert found["hub_mails_oldest_seconds"] == 120
