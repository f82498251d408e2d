"""Freeze a campaign's figures once its carriers have had their time, and mark those that a late receipt corrects.

A carrier has 48 hours after a submission. What it says later is applied all the same, and beside figures that somebody
may have reported already it says so. A correction marks every campaign that has come to its end, frozen or not: who
counts and then writes sees by the mark whether a receipt came in between.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text, update

from hub.ids import first_id
from hub.messages.model import UNSETTLED, MessageState, Tally
from hub.messages.tables import campaigns, messages
from hub.store.bulk import among, fetch, update_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.clock import Clock
    from hub.messages.limits import Limits
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

BATCH = 500
BUDGET_S = 5.0
"""A hub that was upgraded has years of campaigns to freeze, and its scheduler has other duties."""
LOOK_AGAIN = timedelta(minutes=5)
"""When something of a cancelled campaign is still on its way, though its time is over."""

_UNFROZEN = text("campaigns.figures IS NULL AND campaigns.state IN ('finished', 'cancelled')")  # as the index says it
_HAS_TIME = text("campaigns.freeze_at IS NULL")


@dataclass(frozen=True, slots=True)
class Freezer:
    """Freezes figures when their time has come."""

    store: Store
    clock: Clock
    limits: Limits

    def freeze_figures(self) -> int:
        """Freeze campaigns whose last submission is so long ago, for a few seconds at most; how many were frozen."""
        frozen, looked, end = 0, True, self.clock.monotonic() + BUDGET_S
        while looked and self.clock.monotonic() < end:
            count, looked = self._freeze_some()
            frozen += count
        return frozen

    def _freeze_some(self) -> tuple[int, bool]:
        """How many were frozen, and whether there were any to look at."""
        now = self.clock.now()
        with self.store.read() as connection:
            rows = _ripe(connection, now, first_id(now - self.limits.no_receipt_after))
            looked = _looks(connection, rows)
        if not looked:
            return 0, False
        times = [(one, self._freeze_at(one, now)) for one in looked]
        ready = [one for one, at in times if at <= now]
        later = [{"id": one.id, "freeze_at": at} for one, at in times if at > now]
        with self.store.write("freeze") as connection:
            _lock(connection, [one.id for one in looked])
            update_rows(connection, campaigns, campaigns.c.id, later)
            return _freeze(connection, ready, now), True

    def _freeze_at(self, look: _Look, now: datetime) -> datetime:
        if look.last_at is None:
            return now if look.is_settled else now + LOOK_AGAIN
        end = look.last_at + self.limits.no_receipt_after
        return end if look.is_settled else max(end, now + LOOK_AGAIN)


def mark_corrected(connection: Connection, campaign_ids: Collection[str], at: datetime) -> None:
    """Say that messages of these, which had come to their end, ended otherwise; in the caller's transaction."""
    if campaign_ids:
        _lock(connection, campaign_ids)
        connection.execute(
            update(campaigns).where(among(connection, campaigns.c.id, campaign_ids)).values(corrected_at=at)
        )


def tallies_of(figures: str | None) -> tuple[Tally, ...] | None:
    """Frozen figures as they are kept; None before they are."""
    if figures is None:
        return None
    return tuple(Tally(MessageState(state), reason, count) for state, reason, count in json.loads(figures))


@dataclass(frozen=True, slots=True)
class _Look:
    """A campaign as it was seen at one moment."""

    id: str
    corrected_at: datetime | None
    last_at: datetime | None
    is_settled: bool
    figures: str


def _ripe(connection: Connection, now: datetime, newest: str) -> list[AnyRow]:
    """Campaigns whose time may have come: those that were given one, and the old ones that nobody looked at yet."""
    columns = select(campaigns.c.id, campaigns.c.corrected_at).where(_UNFROZEN)
    given = columns.where(campaigns.c.freeze_at <= now).order_by(campaigns.c.freeze_at)
    old = columns.where(_HAS_TIME, campaigns.c.id < newest).order_by(campaigns.c.id)
    found = list(fetch(connection, given.limit(BATCH)))
    return found or list(fetch(connection, old.limit(BATCH)))


def _looks(connection: Connection, rows: Sequence[AnyRow]) -> list[_Look]:
    counted = select(
        messages.c.campaign_id,
        messages.c.state,
        messages.c.reason,
        func.count().label("count"),
        func.max(messages.c.submitted_at).label("last_at"),
    ).where(among(connection, messages.c.campaign_id, [row.id for row in rows]))
    by_campaign: dict[str, list[AnyRow]] = defaultdict(list)
    if rows:
        grouping = (messages.c.campaign_id, messages.c.state, messages.c.reason)
        for row in fetch(connection, counted.group_by(*grouping)):
            by_campaign[row.campaign_id].append(row)
    return [_look(row, by_campaign[row.id]) for row in rows]


def _look(campaign: AnyRow, kinds: Iterable[AnyRow]) -> _Look:
    kinds = sorted(kinds, key=lambda kind: (kind.state, kind.reason or ""))
    return _Look(
        campaign.id,
        campaign.corrected_at,
        max((kind.last_at for kind in kinds if kind.last_at), default=None),
        all(kind.state not in UNSETTLED for kind in kinds),
        json.dumps([[kind.state, kind.reason, kind.count] for kind in kinds]),
    )


def _freeze(connection: Connection, ready: Sequence[_Look], now: datetime) -> int:
    """Keep what was counted, unless a receipt has corrected it since; how many were kept."""
    by_mark: dict[datetime | None, list[dict[str, Any]]] = defaultdict(list)
    for one in ready:
        row = {"id": one.id, "figures": one.figures, "frozen_at": now, "corrected_at": None}
        by_mark[one.corrected_at].append(row)
    return sum(
        update_rows(
            connection,
            campaigns,
            campaigns.c.id,
            rows,
            only=(campaigns.c.figures.is_(None), campaigns.c.corrected_at.is_not_distinct_from(mark)),
        )
        for mark, rows in by_mark.items()
    )


def _lock(connection: Connection, campaign_ids: Collection[str]) -> None:
    """Take campaigns in one order: two who take several would else wait for each other."""
    these = select(campaigns.c.id).where(among(connection, campaigns.c.id, list(campaign_ids)))
    connection.execute(these.order_by(campaigns.c.id).with_for_update(key_share=True)).all()
