"""How fast webhooks are told, on one receiver and on sixteen, and how fast events are recorded for them.

The deliverer runs in this process, as in a worker, on a database that syncs to disk; the receiver is a process of its
own on the same cores, which answers 200 at once over connections that stay open.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_under_test import forget_peak, peak_of, sites

from hub.events.model import EventType, Fact
from hub.events.outbox import record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.queues import Queue

    from site_under_test import Site

RECEIVERS = 16
BATCH = 500
"""Facts of one transaction, as many as a batch of receipts has."""
TO_THIS_MACHINE = {"HUB_EVENTS_ALLOW_PRIVATE": "yes"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class EventRates:
    """What was measured on one database: events recorded per second, and told per second to one and to many.

    `peak_mb` is the most memory that the process that records and tells held meanwhile.
    """

    recorded_per_s: float
    one_per_s: float
    many_per_s: float
    peak_mb: int


def measure(kind: str, count: int) -> EventRates:
    """Measure on a fresh database. Raises RuntimeError when an event was not told."""
    forget_peak()
    with _receiver() as url:
        with sites(kind, TO_THIS_MACHINE) as site:
            recorded, one = _told(site, url, 1, count)
        with sites(kind, TO_THIS_MACHINE) as site:
            _, many = _told(site, url, RECEIVERS, count // RECEIVERS)
    return EventRates(recorded, one, many, peak_of(os.getpid()))


def _told(site: Site, url: str, receivers: int, each: int) -> tuple[float, float]:
    """Events recorded per second, and told per second, to so many webhooks, each so many events."""
    core, mine = site.core, site.account.id
    for _ in range(receivers):
        core.webhooks.create(mine, url, (EventType.MESSAGE_SETTLED,))
    data = {"message_id": "m", "campaign_id": "c", "number": "+33612345678", "state": "delivered", "reason": None}
    began = time.perf_counter()
    for done in range(0, each, BATCH):
        facts = [Fact(mine, EventType.MESSAGE_SETTLED, data, core.clock.now())] * min(BATCH, each - done)
        with core.write() as connection:
            record(connection, facts)
    recorded = time.perf_counter() - began
    began = time.perf_counter()
    core.deliverer.deliver_due()
    took = time.perf_counter() - began
    if waiting := sum(one.waiting for one in core.webhooks.backlogs()):
        raise RuntimeError(f"{waiting} events still wait")
    return receivers * each / recorded, receivers * each / took


@contextmanager
def _receiver() -> Iterator[str]:
    """A receiver in a process of its own; its URL."""
    fork = multiprocessing.get_context("spawn")
    ports: Queue[int] = fork.Queue()
    process = fork.Process(target=_receive, args=(ports,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=60)}/"
    finally:
        process.terminate()
        process.join()


def _receive(ports: Queue[int]) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
            writer.write(OK)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
