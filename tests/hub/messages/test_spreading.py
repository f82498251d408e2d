"""How messages are shared out among routes."""

from __future__ import annotations

from collections import Counter

import pytest

from hub.messages.routing import Route
from hub.messages.spreading import spread

BEST, EVEN, DOUBLE = Route("best", "a", priority=1), Route("even", "b"), Route("double", "c", weight=2)
ALL = (DOUBLE, EVEN, BEST)


def shares(routes: tuple[Route, ...], wellness: dict[str, float], count: int = 1200) -> dict[str, int]:
    """How many of so many messages each route takes first."""
    ways = spread(routes, wellness)
    return dict(Counter(ways.at(place)[0] for place in range(5_000_000, 5_000_000 + count)))


def test_the_lowest_number_takes_all() -> None:
    """Its priority says so."""
    assert shares(ALL, {}) == {"best": 1200}


def test_equal_priorities_share_by_weight() -> None:
    """Two thirds and one."""
    found = shares((DOUBLE, EVEN), {})
    assert found == pytest.approx({"double": 800, "even": 400}, abs=5)


def test_few_messages_are_shared_out_as_many_are() -> None:
    """Nine in a row: six and three."""
    assert shares((DOUBLE, EVEN), {}, count=9) == {"double": 6, "even": 3}


def test_of_a_route_that_is_out_the_others_take_all() -> None:
    """The next priority."""
    assert set(shares(ALL, {"best": 0.0})) == {"double", "even"}


def test_a_route_that_comes_back_takes_its_part_and_the_next_priority_the_rest() -> None:
    """A tenth."""
    assert shares((BEST, EVEN), {"best": 0.1})["best"] == pytest.approx(120, abs=5)


def test_beside_a_weak_route_those_of_its_priority_take_the_rest() -> None:
    """Not those of the next."""
    assert set(shares((EVEN, DOUBLE, Route("last", "d", priority=20)), {"even": 0.2})) == {"double", "even"}


def test_where_all_are_out_messages_wait_for_the_best() -> None:
    """They must stand somewhere."""
    assert shares(ALL, dict.fromkeys(("best", "double", "even"), 0.0)) == {"best": 1200}


def test_every_order_names_every_route_and_those_that_are_out_last() -> None:
    """A plugin may choose any of them."""
    assert spread(ALL, {"best": 0.0}).at(0)[-1] == "best"
    assert {frozenset(order) for order in spread(ALL, {"best": 0.5}).orders} == {frozenset({"best", "double", "even"})}
