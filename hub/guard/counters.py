"""Read and keep what guards count: a small, constant number of statements, however many messages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select, tuple_, update

from hub.guard.model import Spending
from hub.guard.rules import BLOCK_SHARE, MEAN_DAYS, crowded_block
from hub.guard.tables import account_days as days
from hub.guard.tables import recent_texts as recent
from hub.ids import first_id
from hub.store.bulk import among, insert_new

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.guard.model import Figures

WINDOW = timedelta(hours=1)
KEPT_DAYS = 35
FORGOTTEN_AT_ONCE = 5000


def open_day(connection: Connection, account_id: int, day: date) -> Spending:
    """What an account spent today and on the seven days before.

    Until the caller's transaction ends nobody else can open that account's day: two requests take turns, and
    cannot both have what is left below the ceiling.
    """
    today, since = day.isoformat(), (day - timedelta(days=MEAN_DAYS)).isoformat()
    insert_new(connection, days, [{"account_id": account_id, "day": today, "credits": 0}])
    query = select(days.c.day, days.c.credits).where(days.c.account_id == account_id, days.c.day.between(since, today))
    by_day = {row.day: row.credits for row in connection.execute(query.order_by(days.c.day).with_for_update())}
    return Spending(by_day.pop(today), tuple(by_day.values()))


def add_to_day(connection: Connection, account_id: int, day: date, credits_: int, jumped_at: datetime | None) -> bool:
    """Add credits to an open day; whether this is the first time today that its spending has `jumped_at`."""
    mine = (days.c.account_id == account_id, days.c.day == day.isoformat())
    connection.execute(update(days).where(*mine).values(credits=days.c.credits + credits_))
    if jumped_at is None:
        return False
    first = update(days).where(*mine, days.c.jumped_at.is_(None)).values(jumped_at=jumped_at)
    return connection.execute(first).rowcount == 1


def texted_too_often(
    connection: Connection, account_id: int, numbers: Collection[str], most: int, now: datetime
) -> set[str]:
    """Which of these numbers an account has texted `most` times or more within the hour."""
    query = select(recent.c.recipient).where(_lately(account_id, now), among(connection, recent.c.recipient, numbers))
    query = query.group_by(recent.c.recipient).having(func.count() >= most)
    return set(connection.execute(query).scalars())


def numbers_like(
    connection: Connection, account_id: int, prefixes: Collection[str], most_each: int, now: datetime
) -> set[str]:
    """Numbers that an account texted within the hour and that begin so; when one block is crowded, enough to see it."""
    if not prefixes:
        return set()
    begins = or_(*(and_(recent.c.recipient >= one, recent.c.recipient < one + ":") for one in sorted(prefixes)))
    query = select(recent.c.recipient).distinct().where(_lately(account_id, now), begins)
    return set(connection.execute(query.limit((most_each + 1) * len(prefixes))).scalars())


def texts_if_crowded(
    connection: Connection, account_id: int, figures: Figures, numbers: Collection[str], now: datetime
) -> int | None:
    """How many texts an account sent within the hour, no further than it matters; None when no block is crowded."""
    crowded = crowded_block(figures, numbers)
    if crowded is None:
        return None
    enough = int(crowded[1] / BLOCK_SHARE) + 1
    some = select(recent.c.campaign_id).where(_lately(account_id, now)).limit(enough).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def forget_texts(connection: Connection, now: datetime) -> int:
    """Drop some of what is older than the hour; how many there were."""
    key = tuple_(recent.c.account_id, recent.c.recipient, recent.c.campaign_id)
    old = select(recent.c.account_id, recent.c.recipient, recent.c.campaign_id)
    old = old.where(recent.c.campaign_id < first_id(now - WINDOW)).limit(FORGOTTEN_AT_ONCE)
    return connection.execute(delete(recent).where(key.in_(old))).rowcount


def forget_days(connection: Connection, today: date) -> int:
    """Drop the days that no mean goes back to; how many there were."""
    oldest = (today - timedelta(days=KEPT_DAYS)).isoformat()
    return connection.execute(delete(days).where(days.c.day < oldest)).rowcount


def jumped_accounts(connection: Connection, today: date) -> list[tuple[int, int]]:
    """Accounts whose spending jumped today, with the credits that they used."""
    query = select(days.c.account_id, days.c.credits).where(
        days.c.day == today.isoformat(), days.c.jumped_at.is_not(None)
    )
    return [(row.account_id, row.credits) for row in connection.execute(query.order_by(days.c.account_id))]


def _lately(account_id: int, now: datetime) -> ColumnElement[bool]:
    return and_(recent.c.account_id == account_id, recent.c.campaign_id >= first_id(now - WINDOW))
