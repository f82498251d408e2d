"""Use cases of counts, each in one transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from hub import Finding
from hub.plugin_kit import insert_new
from hub_discreet.settings import DiscreetSettings
from hub_discreet.tables import counts, rounds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from hub import ClickNotice, Hub, MessageNotice

LATE_AFTER = timedelta(days=2)


def count_messages(hub: Hub, messages: Sequence[MessageNotice], at: datetime) -> None:
    """Count a batch of messages by account and state."""
    by_account: dict[int, Counter[str]] = defaultdict(Counter)
    for message in messages:
        by_account[message.account_id][message.state] += 1
    for account_id, kinds in by_account.items():
        count(hub, account_id, kinds, at)


def count_clicks(hub: Hub, clicks: Sequence[ClickNotice]) -> None:
    """Count a batch of clicks by account and day."""
    for (account_id, _), some in groupby(sorted(clicks, key=_whose_day), key=_whose_day):
        theirs = list(some)
        count(hub, account_id, {"clicked": len(theirs)}, theirs[0].at)


def count(hub: Hub, account_id: int, kinds: Mapping[str, int], at: datetime) -> None:
    """Add to an account's counts of that day (UTC)."""
    more = {kind: number for kind, number in kinds.items() if number}
    if not more:
        return
    day = at.date()
    with hub.write() as connection:
        insert_new(
            connection,
            counts,
            [{"account_id": account_id, "day": day, "kind": kind, "count": 0} for kind in sorted(more)],
        )
        for kind, number in sorted(more.items()):
            mine = (counts.c.account_id == account_id) & (counts.c.day == day) & (counts.c.kind == kind)
            connection.execute(update(counts).where(mine).values(count=counts.c.count + number))


def _whose_day(click: ClickNotice) -> tuple[int, date]:
    return click.account_id, click.at.date()


def totals(hub: Hub, account_id: int | None = None) -> dict[str, int]:
    """What was counted for an account, or for all of them, by kind."""
    query = select(counts.c.kind, func.sum(counts.c.count)).group_by(counts.c.kind).order_by(counts.c.kind)
    if account_id is not None:
        query = query.where(counts.c.account_id == account_id)
    with hub.read() as connection:
        return {kind: int(total) for kind, total in connection.execute(query)}


def clear_out(hub: Hub) -> None:
    """Drop the counts that are older than `[discreet] keep_days`, and write down that it was done."""
    now = hub.clock.now()
    oldest = now.date() - timedelta(days=hub.section(DiscreetSettings).keep_days)
    with hub.write() as connection:
        cleared = connection.execute(delete(counts).where(counts.c.day < oldest)).rowcount
        connection.execute(delete(rounds).where(rounds.c.at < now - LATE_AFTER))
        connection.execute(insert(rounds).values(at=now, cleared=cleared))


def last_round(hub: Hub) -> datetime | None:
    """When old counts were last cleared out."""
    query = select(rounds.c.at).order_by(rounds.c.at.desc()).limit(1)
    with hub.read() as connection:
        last: datetime | None = connection.execute(query).scalar_one_or_none()
    return last


def overdue(hub: Hub) -> Sequence[Finding]:
    """A finding when old counts were not cleared out for two days."""
    last = last_round(hub)
    if last is None or hub.clock.now() - last < LATE_AFTER:
        return ()
    return (Finding("[discreet]", f"Old counts were last cleared out on {last:%Y-%m-%d}; does a worker run?"),)
