"""What was spent by country within the hour and today: how it is counted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from hub.guard.book import spent_by_country, with_more
from hub.guard.model import Spent
from hub.testing.clock import A_TUESDAY_MORNING as NOW


def test_what_is_older_than_the_hour_counts_for_the_day_only() -> None:
    """Country by country."""
    book = None
    for ago_min, more in ((180, {"FR": 3, "BE": 1}), (20, {"FR": 5}), (0, {"FR": 7})):
        book = with_more(book, more, NOW - timedelta(minutes=ago_min))
    assert spent_by_country(book, None, NOW) == {"FR": Spent(12, 15), "BE": Spent(0, 1)}


@pytest.mark.parametrize(("later_min", "left"), [(0, 4), (59, 4), (69, 4), (70, 0)])
def test_an_hour_ends_with_its_ten_minutes(later_min: int, left: int) -> None:
    """Counted in steps, it is never shorter than one."""
    book = with_more(None, {"FR": 4}, NOW)
    assert spent_by_country(book, None, NOW + timedelta(minutes=later_min))["FR"] == Spent(left, 4)


def test_yesterday_counts_for_the_hour_only() -> None:
    """Just after midnight."""
    yesterday = with_more(None, {"FR": 4}, NOW - timedelta(minutes=30))
    assert spent_by_country(with_more(None, {"BE": 1}, NOW), yesterday, NOW) == {"BE": Spent(1, 1), "FR": Spent(4, 0)}


def test_nothing_spent_is_nothing() -> None:
    """On the first request of all."""
    assert spent_by_country(None, None, NOW) == {}


def test_a_day_of_steady_spending_stays_a_small_document() -> None:
    """Seven steps of an hour are kept, whatever went before."""
    book = None
    for minute in range(0, 1440, 5):
        book = with_more(book, {"FR": 1}, NOW + timedelta(minutes=minute))
    kept = json.loads(book or "")["FR"]
    assert (kept["day"], len(kept["steps"])) == (288, 7)


def test_a_clock_that_was_set_back_makes_no_room() -> None:
    """What was spent later than now was spent."""
    book = with_more(None, {"FR": 4}, NOW + timedelta(minutes=50))
    assert spent_by_country(with_more(book, {"FR": 1}, NOW), None, NOW)["FR"] == Spent(5, 5)
