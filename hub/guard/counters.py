"""Read and keep what guards count: a small, constant number of statements, however many messages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, or_, select, text, tuple_, update

from hub.guard.book import spent_by_country, with_more
from hub.guard.model import Spending
from hub.guard.rules import BLOCK_SHARE, MEAN_DAYS, RUN_SPAN, crowded_block, prefixes_of
from hub.guard.tables import account_days as days
from hub.guard.tables import recent_texts as recent
from hub.ids import first_id
from hub.store.bulk import among

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from hub.guard.model import Figures
    from hub.store.bulk import AnyRow

WINDOW = timedelta(hours=1)
KEPT_DAYS = 35
FORGOTTEN_AT_ONCE = 5000


# Made once: to build a statement costs more than to run it, and each request runs all of these.
_OF_ACCOUNT = days.c.account_id == bindparam("account")
_TODAY = and_(_OF_ACCOUNT, days.c.day == bindparam("today"))
_OPEN = text("INSERT INTO account_days (account_id, day, credits) VALUES (:account, :today, 0) ON CONFLICT DO NOTHING")
_LATELY_SEEN = (
    select(days.c.day, days.c.credits, days.c.spent)
    .where(_OF_ACCOUNT, days.c.day.between(bindparam("since"), bindparam("today")))
    .order_by(days.c.day)
)
_LATELY_SPENT = _LATELY_SEEN.with_for_update()
_ADD = update(days).where(_TODAY).values(credits=days.c.credits + bindparam("more"), spent=bindparam("book"))
_JUMP = update(days).where(_TODAY, days.c.jumped_at.is_(None)).values(jumped_at=bindparam("at"))
_LATELY = and_(recent.c.account_id == bindparam("account"), recent.c.campaign_id >= bindparam("since"))


def open_day(connection: Connection, account_id: int, day: date, now: datetime) -> Spending:
    """What an account spent today, on the seven days before, and by country.

    Until the caller's transaction ends nobody else can open that account's day: two requests take turns, and
    cannot both have what is left below the ceiling.
    """
    today, since = day.isoformat(), (day - timedelta(days=MEAN_DAYS)).isoformat()
    rows = _spent(connection, account_id, since, today)
    if today not in rows:
        connection.execute(_OPEN, {"account": account_id, "today": today})
        rows = _spent(connection, account_id, since, today)
    opened = rows.pop(today)
    before = rows.get((day - timedelta(days=1)).isoformat())
    by_country = spent_by_country(opened.spent, before.spent if before else None, now)
    return Spending(opened.credits, tuple(row.credits for row in rows.values()), None, by_country, opened.spent)


def day_so_far(connection: Connection, account_id: int, day: date, now: datetime) -> Spending:
    """The same without taking the account's turn, and without a trace: what it is by now may be more."""
    today, since = day.isoformat(), (day - timedelta(days=MEAN_DAYS)).isoformat()
    asked = {"account": account_id, "since": since, "today": today}
    rows = {row.day: row for row in connection.execute(_LATELY_SEEN, asked)}
    opened, before = rows.pop(today, None), rows.get((day - timedelta(days=1)).isoformat())
    book = opened.spent if opened else None
    by_country = spent_by_country(book, before.spent if before else None, now)
    spent = opened.credits if opened else 0
    return Spending(spent, tuple(row.credits for row in rows.values()), None, by_country, book)


def add_to_day(
    connection: Connection,
    account_id: int,
    day: date,
    opened: Spending,
    more: Mapping[str, int],
    *,
    now: datetime,
    has_jumped: bool = False,
) -> bool:
    """Add credits by country to a day, as it was `opened`; whether it is the first time today that spending jumped."""
    mine = {"account": account_id, "today": day.isoformat()}
    book = with_more(opened.book, more, now)
    connection.execute(_ADD, {**mine, "more": sum(more.values()), "book": book})
    return has_jumped and connection.execute(_JUMP, {**mine, "at": now}).rowcount == 1


def texted_too_often(
    connection: Connection, account_id: int, numbers: Collection[str], most: int, now: datetime
) -> set[str]:
    """Which of these numbers an account has texted `most` times or more within the hour."""
    query = select(recent.c.recipient).where(_LATELY, among(connection, recent.c.recipient, numbers))
    query = query.group_by(recent.c.recipient).having(func.count() >= most)
    asked = {"account": account_id, "since": first_id(now - WINDOW)}
    return set(connection.execute(query, asked).scalars())


def numbers_like(
    connection: Connection, account_id: int, watched: Collection[str], most_each: int, now: datetime
) -> set[str]:
    """Numbers that an account texted within the hour and that are of the watched ones' blocks.

    All of them, or of crowded blocks as many as show that they are, and every neighbour of a watched number.
    """
    prefixes = prefixes_of(watched)
    if not prefixes:
        return set()
    enough = (most_each + 1) * len(prefixes)
    begins = or_(*(and_(recent.c.recipient >= one, recent.c.recipient < one + ":") for one in sorted(prefixes)))
    asked = {"account": account_id, "since": first_id(now - WINDOW)}
    query = select(recent.c.recipient).distinct().where(_LATELY, begins).limit(enough)
    found = set(connection.execute(query, asked).scalars())
    if len(found) == enough:
        near = or_(*(recent.c.recipient.between(*_neighbourhood(one)) for one in sorted(watched)))
        found.update(connection.execute(select(recent.c.recipient).distinct().where(_LATELY, near), asked).scalars())
    return found


def texts_if_crowded(
    connection: Connection, account_id: int, figures: Figures, numbers: Collection[str], now: datetime
) -> int | None:
    """How many texts an account sent within the hour, no further than it matters; None when no block is crowded."""
    crowded = crowded_block(figures, numbers)
    if crowded is None:
        return None
    enough = int(crowded[1] / BLOCK_SHARE) + 1
    some = select(recent.c.campaign_id).where(_LATELY).limit(enough).subquery()
    asked = {"account": account_id, "since": first_id(now - WINDOW)}
    return int(connection.execute(select(func.count()).select_from(some), asked).scalar_one())


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


def _neighbourhood(number: str) -> tuple[str, str]:
    value, reach = int(number), RUN_SPAN - 1
    return f"+{value - reach}", f"+{value + reach}"


def _spent(connection: Connection, account_id: int, since: str, today: str) -> dict[str, AnyRow]:
    asked = {"account": account_id, "since": since, "today": today}
    return {row.day: row for row in connection.execute(_LATELY_SPENT, asked)}
