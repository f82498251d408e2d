"""How long it takes to count a segment of a hundred thousand contacts, on both databases."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from hub.accounts.service import Accounts
from hub.clock import SystemClock
from hub.contacts.lists import Lists
from hub.contacts.model import NewConsent, NewContact
from hub.contacts.register import Register
from hub.contacts.segments import Segments
from hub.messages.tables import last_texts
from hub.store.bulk import in_batches, insert_rows
from hub.store.engine import Store
from hub.testing.databases import KINDS, Databases

CONTACTS = 100_000
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


def measure(kind: str, databases: Databases) -> float:
    """Seconds to count `RULE` (median), on a list of which half live in Lyon, agreed, and were texted long ago."""
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
    segments = Segments(store, clock)
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        segments.count_rule(account, clients, RULE)
        took.append(time.perf_counter() - began)
    store.close()
    return statistics.median(took)


def _town(number: str) -> str:
    return "Lyon" if number[-1] in "02468" else "Lille"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = Databases(Path(folder), (), SystemClock().now(), durable=True)
        for one in KINDS:
            print(f"{one}: {measure(one, made):.3f} s")
        made.close()
