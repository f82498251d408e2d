"""How fast single texts come in over HTTP: one recipient a request, over connections that stay open.

A whole `hub serve` takes them, and sends them on to the simulated carrier meanwhile; the clients share its cores. Rates
are answers a second with every connection busy; a wait is from the request's first byte to its answer's last.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from itertools import count
from statistics import quantiles
from typing import TYPE_CHECKING

from pipeline import require_all_delivered, wait_until_settled
from site_under_test import TEXT, number, sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from site_under_test import Site

CONNECTIONS = 32
SECONDS = 8.0
GUARDS_AND_LIMITS_OFF = {"HUB_GUARD_WATCHED": "0", "HUB_WEB_REQUESTS_PER_MINUTE": "1000000"}


@dataclass(frozen=True, slots=True)
class SingleRates:
    """What was measured on one database: answers per second over one connection and over many, waits over many."""

    one_per_s: float
    many_per_s: float
    p50_ms: float
    p99_ms: float


def measure(kind: str, *, seconds: float = SECONDS) -> SingleRates:
    """Measure a hub on a fresh database. Raises RuntimeError when a text is refused or lost."""
    with sites(kind, GUARDS_AND_LIMITS_OFF) as site, site.serving():
        took, asked = asyncio.run(_drive(site, seconds))
        wait_until_settled(site)
        require_all_delivered(site, asked)
    return took


async def _drive(site: Site, seconds: float) -> tuple[SingleRates, int]:
    bodies = _requests(site)
    _, first = await _rate(site, bodies, 1, 1.0)  # a process pays at first for what it has not read yet
    one, alone = await _rate(site, bodies, 1, seconds)
    many, waits = await _rate(site, bodies, CONNECTIONS, seconds)
    percentiles = quantiles(waits, n=100)
    rates = SingleRates(one, many, percentiles[49] * 1000, percentiles[98] * 1000)
    return rates, len(first) + len(alone) + len(waits)


async def _rate(site: Site, requests: Iterator[bytes], connections: int, seconds: float) -> tuple[float, list[float]]:
    """Answers per second over so many connections, each asking one thing after the other; and every wait."""
    port = int(site.environ["HUB_WEB_PORT"])
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    waits: list[float] = []
    began = time.perf_counter()

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (asked := time.perf_counter()) < began + seconds:
            writer.write(next(requests))
            await _hear(reader)
            waits.append(time.perf_counter() - asked)
        writer.close()

    await asyncio.gather(*(ask(*line) for line in lines))
    return len(waits) / (time.perf_counter() - began), waits


async def _hear(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 201 "):
        raise RuntimeError(f"expected 201, heard {head[:20]!r} {body[:300]!r}")


def _requests(site: Site) -> Iterator[bytes]:
    for index in count():
        body = json.dumps({"text": TEXT, "purpose": "alert", "recipients": [number(index)]}).encode()
        head = (
            "POST /api/v1/campaigns HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {site.token.secret}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
