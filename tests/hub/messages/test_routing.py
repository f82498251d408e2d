"""Which way a message may go."""

from __future__ import annotations

import pytest

from hub.compliance.model import Purpose
from hub.messages.routing import Route, folded, names_of, routes_for

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


@pytest.mark.parametrize(
    ("account", "sender", "takes"),
    [
        (names_of(7, "Salon Exemple"), "MonSalon", True),
        (names_of(7, "SALON EXEMPLE"), "monsalon", True),
        (names_of(12, "Other"), "+33 6", False),
        (names_of(12, "Other"), "MonSalon", True),
        (names_of(8, "Other"), "MonSalon", False),
        (names_of(7, "Salon Exemple"), "Autre", False),
        (names_of(7, "Salon Exemple"), None, False),
    ],
)
def test_a_route_may_be_for_some_accounts_and_senders(account: frozenset[str], sender: str | None, takes: bool) -> None:  # noqa: FBT001 - a table of facts
    """Accounts by name or id, whatever the case; what the carrier signs has no sender."""
    route = Route(
        "own", "a", accounts=frozenset({"salon exemple", "12"}), senders=frozenset({"monsalon", "33600000000"})
    )
    assert route.takes("FR", Purpose.ALERT, account, sender) is takes


def test_a_number_as_sender_is_the_same_with_and_without_its_plus() -> None:
    """People write both."""
    assert folded("+33600000000") == folded(" 33600000000")


def test_there_may_be_no_way() -> None:
    """A route for France takes nothing to Belgium."""
    assert routes_for(ROUTES[1:2], "BE", Purpose.ALERT) == ()
