"""How long it takes to count segments of a hundred thousand contacts, on both databases."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.accounts.service import Accounts
from hub.clock import SystemClock
from hub.contacts.lists import Lists
from hub.contacts.model import NewConsent, NewContact
from hub.contacts.register import Register
from hub.contacts.segments import Segments
from hub.ids import new_id
from hub.messages.last import note_received
from hub.messages.tables import campaigns, last_texts, messages
from hub.store.bulk import in_batches, insert_rows
from hub.store.engine import Store
from hub.testing.databases import KINDS, Databases

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

CONTACTS = 100_000
CAMPAIGNS = 10
RUNS = 5
BATCH = 10_000
RULE = {
    "all": [
        {"field": "ville", "op": "is", "value": "Lyon"},
        {"consent": True},
        {"not": {"suppressed": True}},
        {"not": {"texted_within_days": 7}},
        {"not": {"answered_within_days": 7}},
    ]
}


def measure(kind: str, databases: Databases) -> dict[str, float]:
    """Seconds (median) to count by each rule, on a list of which half live in Lyon, all agreed and got a text.

    The campaign that reached them is one of ten: the table of messages holds a million.
    """
    store, clock = Store(databases.fresh(kind)), SystemClock()
    account = Accounts(store, clock).create("Salon", "FR")[0].id
    lists = Lists(store, clock)
    clients, now = lists.create(account, "Clients").id, clock.now()
    for numbers in in_batches((f"+336{number:08d}" for number in range(CONTACTS)), BATCH):
        lists.put(account, clients, [NewContact(one, fields={"ville": _town(one)}) for one in numbers])
        Register(store, clock).record(account, [NewConsent(one, "Oui", now, "website") for one in numbers], "nobody")
        same = {"sender": "36180", "account_id": account, "campaign_id": "", "position": 0, "at": now}
        with store.write("benchmark") as connection:
            insert_rows(connection, last_texts, [{"recipient": one, **same} for one in numbers[::4]])
            note_received(connection, [(account, one) for one in numbers], now)
    reached = [_campaign(store, account, now + timedelta(seconds=place)) for place in range(CAMPAIGNS)]
    segments = Segments(store, clock)
    since = (now - timedelta(days=1)).isoformat()
    rules: dict[str, dict[str, Any]] = {
        "all of it": RULE,
        "received within": {"received_within_days": 7},
        "received since": {"received_since": since},
        "received a campaign": {"received_campaign": reached[4]},
        "not received it": {"not": {"received_campaign": reached[4]}},
    }
    took = {name: _median(partial(segments.count_rule, account, clients, rule)) for name, rule in rules.items()}
    store.close()
    return took


def _median(count: Callable[[], int]) -> float:
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        count()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _campaign(store: Store, account: int, at: datetime) -> str:
    """A campaign that reached everybody."""
    made = new_id(at)
    row = {
        "id": made,
        "account_id": account,
        "source": "api",
        "purpose": "marketing",
        "text": "",
        "encoding": "auto",
        "outside_window": "defer",
        "state": "finished",
        "created_at": at,
        **dict.fromkeys(("accepted", "blocked", "deferred", "segments", "credits"), 0),
        "summary": "{}",
    }
    one = {
        "campaign_id": made,
        "account_id": account,
        "country": "FR",
        "state": "delivered",
        "priority": 1,
        "text": "Soldes d'hiver : -50 % jusqu'à samedi dans votre salon. STOP au 36180",
        "alphabet": "GSM-7",
        "segments": 1,
        "credits": 1,
        "billing": "charged",
        "settled_at": at,
    }
    with store.write("benchmark") as connection:
        insert_rows(connection, campaigns, [row])
    for places in in_batches(range(CONTACTS), BATCH):
        with store.write("benchmark") as connection:
            rows = [{**one, "position": place, "recipient": f"+336{place:08d}"} for place in places]
            insert_rows(connection, messages, rows)
    return made


def _town(number: str) -> str:
    return "Lyon" if number[-1] in "02468" else "Lille"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = Databases(Path(folder), (), SystemClock().now(), durable=True)
        for one in KINDS:
            for name, took in measure(one, made).items():
                print(f"{one}, {name}: {took:.3f} s")
        made.close()
