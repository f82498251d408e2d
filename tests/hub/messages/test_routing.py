"""Which way a message may go."""

from __future__ import annotations

import pytest

from hub.compliance.model import Purpose
from hub.messages.routing import Route, routes_for

ROUTES = (
    Route("anything", "a", priority=10),
    Route("france", "b", countries=frozenset({"FR"}), priority=5),
    Route("alerts", "c", purposes=frozenset({Purpose.ALERT}), priority=5),
    Route("also", "d", priority=10),
)


@pytest.mark.parametrize(
    ("country", "purpose", "names"),
    [
        ("FR", Purpose.ALERT, ("alerts", "france", "also", "anything")),
        ("FR", Purpose.MARKETING, ("france", "also", "anything")),
        ("BE", Purpose.ALERT, ("alerts", "also", "anything")),
        ("BE", Purpose.MARKETING, ("also", "anything")),
    ],
)
def test_fitting_routes_come_by_priority_then_by_name(country: str, purpose: Purpose, names: tuple[str, ...]) -> None:
    """The lowest number first."""
    assert routes_for(ROUTES, country, purpose) == names


def test_there_may_be_no_way() -> None:
    """A route for France takes nothing to Belgium."""
    assert routes_for(ROUTES[1:2], "BE", Purpose.ALERT) == ()
