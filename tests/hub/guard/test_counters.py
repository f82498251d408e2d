"""What guards count, on both databases."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from hub.accounts.service import Accounts
from hub.guard import counters
from hub.guard.model import Figures, Spent
from hub.guard.tables import recent_texts
from hub.ids import new_id
from hub.store.bulk import insert_rows
from hub.store.engine import Store
from hub.testing.clock import A_TUESDAY_MORNING as NOW
from hub.testing.clock import FakeClock

if TYPE_CHECKING:
    from datetime import datetime

TODAY = date(2026, 11, 24)


@pytest.fixture
def account(store: Store) -> int:
    """An account's id."""
    return Accounts(store, FakeClock()).create("Salon", "FR")[0].id


def texted(store: Store, account: int, *numbers: str, at: datetime = NOW) -> None:
    """Remember that these were texted."""
    campaign = new_id(at)
    with store.write("test") as connection:
        insert_rows(
            connection,
            recent_texts,
            [{"account_id": account, "recipient": n, "campaign_id": campaign} for n in numbers],
        )


def test_a_day_is_opened_with_what_the_seven_before_it_had(store: Store, account: int) -> None:
    """Those without any are left out; an eighth day is too long ago."""
    with store.write("test") as connection:
        for ago, credits_ in ((8, 80), (7, 70), (1, 10), (0, 5)):
            day = TODAY - timedelta(days=ago)
            opened = counters.open_day(connection, account, day, NOW)
            counters.add_to_day(connection, account, day, opened, {"FR": credits_}, now=NOW)
        opened = counters.open_day(connection, account, TODAY, NOW)
        assert (opened.today, opened.before) == (5, (70, 10))


def test_what_was_spent_by_country_is_kept_with_its_day(store: Store, account: int) -> None:
    """Of another account nothing is known; the first hour of a day knows yesterday's last."""
    other = Accounts(store, FakeClock()).create("Autre", "FR")[0].id
    tomorrow = TODAY + timedelta(days=1)
    with store.write("test") as connection:
        for more in ({"FR": 3, "BE": 1}, {"FR": 5}):
            opened = counters.open_day(connection, account, TODAY, NOW)
            counters.add_to_day(connection, account, TODAY, opened, more, now=NOW)
        seen = [
            counters.open_day(connection, owner, day, NOW).by_country
            for owner, day in ((account, TODAY), (other, TODAY), (account, tomorrow))
        ]
    assert seen == [{"FR": Spent(8, 8), "BE": Spent(1, 1)}, {}, {"FR": Spent(8, 0), "BE": Spent(1, 0)}]


def test_who_opens_a_day_waits_for_who_has_it_open(store: Store, account: int) -> None:
    """And then sees what that one added: they cannot both have what is left."""
    seen: list[int] = []
    other = Store(store.url.render_as_string(hide_password=False))

    def open_too() -> None:
        with other.write("test") as connection:
            seen.append(counters.open_day(connection, account, TODAY, NOW).today)

    waiting = threading.Thread(target=open_too)
    with store.write("test") as connection:
        opened = counters.open_day(connection, account, TODAY, NOW)
        waiting.start()
        waiting.join(0.3)
        counters.add_to_day(connection, account, TODAY, opened, {"FR": 7}, now=NOW)
    waiting.join(30)
    other.close()
    assert seen == [7]


def test_a_day_jumps_once(store: Store, account: int) -> None:
    """The alarm is raised once, and found later."""
    with store.write("test") as connection:
        opened = counters.open_day(connection, account, TODAY, NOW)
        jumps = [
            counters.add_to_day(connection, account, TODAY, opened, {"FR": 5}, now=NOW, has_jumped=jumped)
            for jumped in (False, True, True)
        ]
        assert (jumps, counters.jumped_accounts(connection, TODAY)) == ([False, True, False], [(account, 15)])


def test_numbers_of_a_block_are_found_by_how_they_begin(store: Store, account: int) -> None:
    """Whatever the language of the database, and those of nobody else."""
    texted(store, account, "+33612300000", "+33612399999", "+33612299999", "+33612400000")
    texted(store, account + 1, "+33612355555")
    texted(store, account, "+33612344444", at=NOW - timedelta(minutes=61))
    with store.read() as connection:
        found = counters.numbers_like(connection, account, ["+33612312345"], 50, NOW)
    assert found == {"+33612300000", "+33612399999"}


def test_no_more_numbers_are_read_than_show_a_crowd(store: Store, account: int) -> None:
    """One over the figure is enough, and the neighbours beside it."""
    texted(store, account, *(f"+336123{place:05d}" for place in range(30)))
    with store.read() as connection:
        far, near = (
            counters.numbers_like(connection, account, [number], 10, NOW) for number in ("+33612399999", "+33612300028")
        )
    assert (len(far), len(near - far), max(near)) == (11, 11, "+33612300029")


def test_texts_are_counted_only_where_a_block_is_crowded(store: Store, account: int) -> None:
    """And no further than it matters."""
    crowd = [f"+336123{place:05d}" for place in range(3)]
    texted(store, account, *crowd, *(f"+337{place:08d}" for place in range(90)))
    figures = Figures(prefix_per_hour=2)
    with store.read() as connection:
        counted = [counters.texts_if_crowded(connection, account, figures, some, NOW) for some in (crowd[:2], crowd)]
    assert counted == [None, 31]


def test_thousands_of_numbers_are_looked_up(store: Store, account: int) -> None:
    """In as many statements as there are thousands."""
    numbers = [f"+336{place:08d}" for place in range(2500)]
    texted(store, account, numbers[0], numbers[-1])
    texted(store, account, numbers[-1], at=NOW + timedelta(seconds=1))
    with store.read() as connection:
        assert counters.texted_too_often(connection, account, numbers, 2, NOW) == {numbers[-1]}
