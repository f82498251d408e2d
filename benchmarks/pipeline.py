"""What a campaign costs: accepted into the record, submitted and settled, and all of it at once in a running hub."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_under_test import TEXT, number, peak_of, sites
from sqlalchemy import func, select, text

from hub.compliance.model import Purpose
from hub.messages.model import CampaignRequest, MessageState, Recipient
from hub.messages.tables import campaigns, messages

if TYPE_CHECKING:
    from datetime import datetime

    from site_under_test import Site

PATIENCE_S = 600.0
LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class CampaignRates:
    """Messages per second on one database, and the most memory of each process, in MB.

    `accept` is one process with the campaign to itself; `submit` is a running hub with everything accepted before;
    `whole` is from the call that accepts to the last receipt, in a running hub.
    """

    kind: str
    accept: float
    submit: float
    whole: float
    peaks: dict[str, int]


def measure(kind: str, count: int) -> CampaignRates:
    """Send `count` texts twice: once step by step, once all at once."""
    with sites(kind) as site:
        accepted_s = _accept_alone(site, count)
        with site.serving():
            wait_until_settled(site)
        submitted_s = _seconds_at_work(site)
    with sites(kind) as site, site.serving():
        whole_per_s = whole(site, count)
        peaks = site.peaks()
    return CampaignRates(kind, count / accepted_s, count / submitted_s, whole_per_s, peaks)


def whole(site: Site, count: int) -> float:
    """Messages per second from the call that accepts a campaign to its last receipt, on a hub that is running."""
    began = site.core.clock.now()
    site.core.accept(_request(site, count))
    wait_until_settled(site)
    require_all_delivered(site, count)
    return count / (_last_settled(site) - began).total_seconds()


def measure_memory(kind: str, count: int) -> dict[str, int]:
    """The most memory of each process that handles a campaign of `count` recipients, in MB."""
    with sites(kind) as site, site.serving():
        site.core.accept(_request(site, count))
        peaks = {"the process that accepts": peak_of_this_process()}
        wait_until_settled(site)
        require_all_delivered(site, count)
        return peaks | site.peaks()


def peak_of_this_process() -> int:
    """The most memory that this process held so far, in MB."""
    import os

    return peak_of(os.getpid())


def _request(site: Site, count: int) -> CampaignRequest:
    recipients = tuple(Recipient(number(index)) for index in range(count))
    return CampaignRequest(site.account.id, TEXT, recipients, purpose=Purpose.ALERT)


def _accept_alone(site: Site, count: int) -> float:
    request = _request(site, count)
    began = time.perf_counter()
    site.core.accept(request)
    while site.core.expander.expand_next():
        pass
    return time.perf_counter() - began


def wait_until_settled(site: Site) -> None:
    """Wait until every message has come to its end; SystemExit when that takes too long."""
    end = time.perf_counter() + PATIENCE_S
    unsettled = select(messages.c.id).where(_UNSETTLED).limit(1)
    expanding = select(campaigns.c.id).where(campaigns.c.state == "expanding")
    while time.perf_counter() < end:
        with site.core.store.read() as connection:
            if connection.execute(expanding).first() is None and connection.execute(unsettled).first() is None:
                return
        time.sleep(LOOK_EVERY_S)
    raise SystemExit(f"{site.kind}: messages did not settle within {PATIENCE_S:.0f} s")


_UNSETTLED = text("messages.state IN ('pending', 'claimed', 'submitting', 'submitted', 'unknown')")


def _seconds_at_work(site: Site) -> float:
    with site.core.store.read() as connection:
        first: datetime = connection.execute(select(func.min(messages.c.submitted_at))).scalar_one()
    return (_last_settled(site) - first).total_seconds()


def _last_settled(site: Site) -> datetime:
    with site.core.store.read() as connection:
        last: datetime = connection.execute(select(func.max(messages.c.settled_at))).scalar_one()
    return last


def require_all_delivered(site: Site, count: int) -> None:
    """SystemExit unless so many messages were delivered."""
    delivered = select(func.count()).where(messages.c.state == MessageState.DELIVERED)
    with site.core.store.read() as connection:
        found = connection.execute(delivered).scalar_one()
    if found != count:
        raise SystemExit(f"{site.kind}: {found} of {count} messages were delivered")
