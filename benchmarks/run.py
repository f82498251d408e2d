"""How fast the hub is, and what it holds and burns, on both databases.

    make bench                                everything, a campaign of 100,000
    make bench MESSAGES=20000 ONLY=campaign   one part of it
    make bench MESSAGES=1000000 ONLY=imports  a file of a million contacts

Whole hubs are measured: `hub serve` with the defaults of hub.ini, the sandbox carrier at zero latency with receipts
on. The figures depend on the machine; its load before and after is printed with them.
"""

from __future__ import annotations

import argparse
import os

import contacts
import events
import mail
import pipeline
import resting
import single
import smpp
from rich.console import Console
from rich.table import Table
from site_under_test import fresh_database

from hub.testing.databases import KINDS

PARTS = ("campaign", "mail", "single", "resting", "memory", "smpp", "smpp_campaign", "imports", "events")
USUALLY = PARTS[:4]
MILLION = 1_000_000
SMPP_AIM = 8_000
"""Messages per second, with receipts, on two cores."""
EVENTS_AIM = 2_000
"""Events told per second to one receiver."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--only", default=",".join(USUALLY), help="of " + ", ".join(PARTS))
    asked = parser.parse_args()
    console = Console(width=150)
    console.print(f"{os.cpu_count()} cores, load before: {_load()}")
    for part in asked.only.split(","):
        _SHOW[part](console, asked.messages)
        console.print(f"load after: {_load()}")


def _load() -> str:
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def _campaign(console: Console, count: int) -> None:
    table = Table("database", "accept/s", "submit to settled/s", "accept to settled/s", "peak memory, MB")
    for kind in KINDS:
        one = pipeline.measure(kind, count)
        table.add_row(kind, *(f"{rate:,.0f}" for rate in (one.accept, one.submit, one.whole)), _peaks(one.peaks))
    table.title = f"a campaign of {count:,}"
    console.print(table)


def _mail(console: Console, _: int) -> None:
    table = Table("database", "mails/s, 1 connection", "mails/s, 50", "DATA to 250 at 100/s: p50, p99 ms", "peak, MB")
    for kind in KINDS:
        with fresh_database(kind) as (url, folder):
            one = mail.measure(kind, url, folder)
        table.add_row(
            kind,
            f"{one.one_connection_per_s:,.0f}",
            f"{one.fifty_connections_per_s:,.0f}",
            f"{one.p50_ms:.1f}, {one.p99_ms:.1f}",
            str(one.peak_mb),
        )
    table.title = "mail to SMS"
    console.print(table)


def _single(console: Console, _: int) -> None:
    table = Table(
        "database", "texts/s, 1 connection", f"texts/s, {single.CONNECTIONS}", "request to answer: p50, p99 ms"
    )
    for kind in KINDS:
        one = single.measure(kind)
        waits = f"{one.p50_ms:.1f}, {one.p99_ms:.1f}"
        table.add_row(kind, f"{one.one_per_s:,.0f}", f"{one.many_per_s:,.0f}", waits)
    table.title = "single texts over HTTP"
    console.print(table)


def _smpp(console: Console, _: int) -> None:
    table = Table("window", "submit_sm/s", "with receipts/s", "ratio", title="one bind, the carrier on the same cores")
    for one in smpp.measure_binds():
        ratio = f"{one.with_receipts / one.without:.2f}"
        table.add_row(str(one.window), f"{one.without:,.0f}", f"{one.with_receipts:,.0f}", ratio)
    console.print(table)


def _smpp_campaign(console: Console, count: int) -> None:
    table = Table("database", "accept to settled/s", "of the aim", title=f"a campaign of {count:,} over SMPP")
    for kind in KINDS:
        rate = smpp.measure_campaign(kind, count)
        table.add_row(kind, f"{rate:,.0f}", f"{rate / SMPP_AIM:.2f}")
    console.print(table)


def _resting(console: Console, _: int) -> None:
    one = resting.measure()
    table = Table("hub serve to ready, s", "hub --help, ms", "idle, % of a core", title="a hub that does nothing")
    table.add_row(f"{one.ready_s:.1f}", f"{one.help_ms:.0f}", f"{one.idle_percent:.2f}")
    console.print(table)


def _memory(console: Console, _: int) -> None:
    table = Table("database", "peak memory, MB", title=f"a campaign of {MILLION:,}")
    for kind in KINDS:
        table.add_row(kind, _peaks(pipeline.measure_memory(kind, MILLION)))
    console.print(table)


def _imports(console: Console, count: int) -> None:
    table = Table("database", "read/s", "store/s", "both/s", "both/s of computing", "peak memory, MB")
    table.title = f"a file of {count:,} contacts"
    for kind in KINDS:
        one = contacts.measure(kind, count)
        rates = (one.read, one.store, one.whole, one.computed)
        table.add_row(kind, *(f"{rate:,.0f}" for rate in rates), str(one.peak_mb))
    console.print(table)


def _events(console: Console, count: int) -> None:
    table = Table(
        "database", "recorded/s", "told/s, 1 receiver", f"told/s, {events.RECEIVERS}", "of the aim", "peak memory, MB"
    )
    table.title = f"webhooks, {count:,} events"
    for kind in KINDS:
        one = events.measure(kind, count)
        rates = (f"{rate:,.0f}" for rate in (one.recorded_per_s, one.one_per_s, one.many_per_s))
        table.add_row(kind, *rates, f"{one.one_per_s / EVENTS_AIM:.2f}", str(one.peak_mb))
    console.print(table)


def _peaks(peaks: dict[str, int]) -> str:
    return ", ".join(f"{name} {peak}" for name, peak in sorted(peaks.items()))


_SHOW = {
    "campaign": _campaign,
    "mail": _mail,
    "single": _single,
    "resting": _resting,
    "memory": _memory,
    "smpp": _smpp,
    "smpp_campaign": _smpp_campaign,
    "imports": _imports,
    "events": _events,
}


if __name__ == "__main__":
    main()
