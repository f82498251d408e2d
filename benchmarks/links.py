"""How fast links of texts are followed: redirects a second and their waits, over connections that stay open.

A whole `hub serve` leads the clients on, on a database with a hundred thousand links; the clients share its cores. Each
visit is noted, and kept in the database meanwhile. Run: `.venv/bin/python benchmarks/links.py`.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))  # run by itself it finds its neighbours too

from site_under_test import number, sites
from sqlalchemy import select

from hub.compliance.model import Purpose
from hub.links.tables import links
from hub.messages.model import CampaignRequest, Recipient
from hub.testing.databases import KINDS

if TYPE_CHECKING:
    from site_under_test import Site

CONNECTIONS = 8
SECONDS = 8.0
LINKS = 100_000
SETTINGS = {
    "HUB_GUARD_ENABLED": "no",
    "HUB_HUB_PUBLIC_URL": "https://t.example.net",
    "HUB_MESSAGES_INLINE_RECIPIENTS": "100000",
}


@dataclass(frozen=True, slots=True)
class LinkRates:
    """What was measured on one database: redirects a second over one connection and over many, waits over one."""

    one_per_s: float
    many_per_s: float
    p50_ms: float
    p99_ms: float


def measure(kind: str, *, seconds: float = SECONDS, count: int = LINKS) -> LinkRates:
    """Measure a hub on a fresh database with so many links. Raises RuntimeError when a link leads nowhere."""
    with sites(kind, SETTINGS) as site:
        codes = _codes(site, count)
        with site.serving():
            return asyncio.run(_drive(site, codes, seconds))


def _codes(site: Site, count: int) -> list[str]:
    recipients = tuple(Recipient(number(place)) for place in range(count))
    request = CampaignRequest(
        site.account.id, "Ici: <-short->", recipients, Purpose.ALERT, links=("https://shop.example/",)
    )
    accepted = site.core.accept(request)
    site.core.campaigns.cancel(site.account.id, accepted.campaign_id)  # so that no worker is busy meanwhile
    with site.core.read() as connection:
        return list(connection.execute(select(links.c.code)).scalars())


async def _drive(site: Site, codes: list[str], seconds: float) -> LinkRates:
    await _rate(site, codes, 1, 1.0)
    one, waits = await _rate(site, codes, 1, seconds)
    many, _ = await _rate(site, codes, CONNECTIONS, seconds)
    percentiles = quantiles(waits, n=100)
    return LinkRates(one, many, percentiles[49] * 1000, percentiles[98] * 1000)


async def _rate(site: Site, codes: list[str], connections: int, seconds: float) -> tuple[float, list[float]]:
    until = time.perf_counter() + seconds
    waits = await asyncio.gather(*(_follow(site, codes, until) for _ in range(connections)))
    every = [wait for some in waits for wait in some]
    return len(every) / seconds, every


async def _follow(site: Site, codes: list[str], until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.environ["HUB_WEB_PORT"]))
    waits = []
    while (began := time.perf_counter()) < until:
        code = random.choice(codes)  # noqa: S311 - which one does not matter
        writer.write(f"GET /{code} HTTP/1.1\r\nHost: t\r\nUser-Agent: Mozilla/5.0 (iPhone)\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 302 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        waits.append(time.perf_counter() - began)
    writer.close()
    return waits


if __name__ == "__main__":
    for database in KINDS:
        print(database, measure(database))
