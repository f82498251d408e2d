"""How fast a message goes through the hub: accept, submit, settle, on both databases.

    make bench                      20,000 messages on each database
    make bench MESSAGES=100000

One process does everything, with the sandbox carrier at zero latency and receipts on. The figures are rates
(messages per second) and depend on the machine: its load before and after is printed with them.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from hub.bootstrap import build
from hub.compliance.model import Purpose
from hub.messages.model import UNSETTLED, CampaignRequest, Recipient
from hub.plugin_manager import Plugins
from hub.testing.databases import KINDS, Databases

if TYPE_CHECKING:
    from hub.bootstrap import Core

PER_CAMPAIGN = 2000
PATIENCE_S = 120
TEXT = "Bonjour, votre rendez-vous est confirmé mardi à 14h30. Merci, le salon"


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured on one database; seconds for all messages together."""

    kind: str
    accept_s: float
    submit_s: float
    settled_s: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    count = parser.parse_args().messages
    folder = Path(tempfile.mkdtemp(prefix="textohub-bench-"))
    databases = Databases(folder, Plugins.load(quiet=True).migrations(), datetime.now(UTC))
    load_before = os.getloadavg()
    try:
        measured = [measure(kind, databases.fresh(kind), folder / kind, count) for kind in KINDS]
    finally:
        databases.close()
        shutil.rmtree(folder, ignore_errors=True)
    show(measured, count, load_before)


def measure(kind: str, url: str, folder: Path, count: int) -> Rates:
    """Send `count` texts through a hub on that database."""
    environ = {
        "HUB_HUB_DATA_DIR": str(folder),
        "HUB_HUB_DATABASE_URL": url,
        "HUB_HUB_REDIS_URL": "none",
        "HUB_HUB_LOG_LEVEL": "error",
        "HUB_GUARD_DAY_CREDITS": "0",  # guards look and count; no ceiling stands in the way of a hundred thousand
        "HUB_CONNECTOR_SANDBOX_TYPE": "sandbox",
        "HUB_CONNECTOR_SANDBOX_RECEIPT_DELAY_S": "0",
        "HUB_ROUTE_DEFAULT_CONNECTOR": "sandbox",
    }
    core = build(None, environ=environ, plugins=Plugins.load(quiet=True))
    account, _ = core.accounts.create("bench", "FR", credits_=count * 2)
    began = time.perf_counter()
    campaigns = [_accept(core, account.id, first, count) for first in range(0, count, PER_CAMPAIGN)]
    accepted = time.perf_counter()
    while core.dispatcher.drain("default", budget_s=60):
        pass
    submitted = time.perf_counter()
    while not all(_settled(core, account.id, campaign) for campaign in campaigns):
        if time.perf_counter() - submitted > PATIENCE_S:
            raise SystemExit(f"{kind}: messages did not settle within {PATIENCE_S} s")
        core.settler.retry_parked()  # what the scheduler does every few seconds
        time.sleep(0.02)
    settled = time.perf_counter()
    core.close()
    return Rates(kind, accepted - began, submitted - accepted, settled - accepted)


def _accept(core: Core, account_id: int, first: int, count: int) -> str:
    numbers = range(first, min(first + PER_CAMPAIGN, count))
    recipients = tuple(Recipient(_number(number)) for number in numbers)
    return core.accept(CampaignRequest(account_id, TEXT, recipients, purpose=Purpose.ALERT)).campaign_id


def _number(index: int) -> str:
    """A number whose last digits mean nothing to the sandbox."""
    return f"+3361{index // 9000:03d}{index % 9000 + 1:04d}"


def _settled(core: Core, account_id: int, campaign: str) -> bool:
    return not UNSETTLED & set(core.campaign(account_id, campaign).by_state)


def show(measured: list[Rates], count: int, load_before: tuple[float, float, float]) -> None:
    """Print a table of rates."""
    table = Table("database", "accept/s", "submit/s", "submit to settled/s", "accept to settled/s")
    for one in measured:
        whole = one.accept_s + one.settled_s
        seconds = (one.accept_s, one.submit_s, one.settled_s, whole)
        table.add_row(one.kind, *(f"{count / second:,.0f}" for second in seconds))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console = Console()
    console.print(f"{count:,} messages on each database, one process, sandbox carrier, receipts on")
    console.print(table)
    console.print(f"peak memory {peak:.0f} MB; load before {load_before[0]:.2f}, after {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
