"""What each message of a campaign will be, decided before anything is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.compliance.model import OutsideWindow, Purpose
from hub.compliance.policies import load_policies
from hub.contacts.model import SuppressionKind
from hub.messages.limits import Limits
from hub.messages.planning import Candidate, Planner, Terms, choose_sender, plan_country
from hub.messages.routing import Route
from hub.messages.summary import Summary
from hub.sms.model import Change, EncodingMode, NumberRefusal
from hub.sms.phone import parse_number
from hub.testing.clock import A_TUESDAY_MORNING as NOW

BOOK = load_policies()
FR = BOOK.countries["FR"]
LIMITS = Limits(short_codes={"FR": "36180"})


def terms(**wishes: Any) -> Terms:
    """A campaign of marketing, but for what a test changes."""
    usual: dict[str, Any] = {
        "account_id": 1,
        "campaign_id": "C",
        "source": "api",
        "purpose": Purpose.MARKETING,
        "text": "Bonjour",
        "sender": None,
        "wanted_at": NOW,
        "outside_window": OutsideWindow.DEFER,
        "encoding": EncodingMode.AUTO,
        "field_names": frozenset(),
        "policies": BOOK,
        "routes": (Route("main", "carrier"),),
        "limits": LIMITS,
    }
    return Terms(**usual | wishes)


def candidate(number: str, **fields: str) -> Candidate:
    """A recipient as it is after parsing."""
    return Candidate(0, number, parse_number(number, "FR"), fields)


def test_marketing_that_a_country_has_switched_off_is_refused() -> None:
    """Whatever the hour; alerts are another matter."""
    closed = replace(FR, marketing=replace(FR.marketing, enabled=False))
    selling, informing = (plan_country(terms(purpose=purpose), "FR", closed, ()) for purpose in Purpose)
    assert selling.violation is not None
    assert (selling.violation.code, informing.violation) == ("marketing_disabled", None)


@pytest.mark.parametrize(
    ("sender", "signed", "own", "noted"),
    [
        (None, "36180", False, False),
        ("36180", "36180", False, False),
        ("MonSalon", "MonSalon", True, False),
        ("Trop long pour ça", "36180", False, True),
    ],
)
def test_who_signs(sender: str | None, signed: str, own: bool, noted: bool) -> None:  # noqa: FBT001 - a table of facts
    """The business's own name where it may, else the country's short code and a note."""
    chosen, custom, note, violation = choose_sender(terms(sender=sender), FR)
    assert (chosen, custom, note is not None, violation) == (signed, own, noted, None)


def test_what_depends_on_the_country_is_worked_out_once() -> None:
    """Ten thousand recipients, one look at the calendar."""
    planner = Planner(terms())
    for number in range(50):
        planner.plan(candidate(f"+336123456{number:02d}"), {})
    assert len(planner.countries) == 1


def test_where_the_number_tells_the_zone_each_number_is_looked_at() -> None:
    """New York and Los Angeles open three hours apart."""
    states = BOOK.countries["US"]
    allowed = replace(states, marketing=replace(states.marketing, enabled=True))
    book = replace(BOOK, countries={**BOOK.countries, "US": allowed})
    planner = Planner(terms(policies=book, wanted_at=NOW.replace(hour=6)))
    east, west = (planner.plan(candidate(number), {}) for number in ("+12125550123", "+13105550123"))
    assert east.due_at is not None
    assert west.due_at is not None
    assert west.due_at - east.due_at == timedelta(hours=3)


def test_a_stop_is_found_by_the_number_and_not_by_how_it_is_written() -> None:
    """06 12 34 56 78 is +33612345678."""
    planned = Planner(terms()).plan(candidate("06 12 34 56 78"), {"+33612345678": SuppressionKind.OPT_OUT})
    assert planned.violation is not None
    assert (planned.violation.code, planned.segments) == ("opted_out", 0)


def test_what_is_no_number_keeps_what_was_typed() -> None:
    """Its owner will look for it."""
    typed = candidate("pas un numéro")
    assert isinstance(typed.number, NumberRefusal)
    planned = Planner(terms()).plan(typed, {})
    assert (planned.recipient, planned.country, planned.segments) == ("pas un numéro", None, 0)


def test_texts_without_fields_are_not_searched_for_any() -> None:
    """Nobody brings fields: the brackets are part of the text."""
    planned = Planner(terms(text="Rayon [info1] #promo#")).plan(candidate("+33612345678"), {})
    assert planned.prepared is not None
    assert planned.prepared.text == "Rayon [info1] #promo#"


def test_rewritings_are_counted_over_all_messages_the_most_frequent_first() -> None:
    """As the answer lists them."""
    planner = Planner(terms(text="L\u2019heure, l\u2019heure\u2026"))
    planned = [planner.plan(candidate(f"+3361234567{number}"), {}) for number in range(3)]
    assert Summary.of(planner, planned, 0).changes == (Change("\u2019", "'", 6), Change("\u2026", "...", 3))


# --- routes ---


def ways_of(*routes: Route, count: int = 20, **wishes: Any) -> list[str]:
    """The routes that take so many messages of a campaign to France."""
    planner = Planner(terms(routes=routes, **wishes))
    numbers = [replace(candidate(f"+336123456{place:02d}"), position=place) for place in range(count)]
    return [planner.plan(one, {}).routes[0] for one in numbers]


def test_routes_of_the_same_priority_share_a_campaign_by_weight() -> None:
    """Three to one."""
    found = ways_of(Route("a", "x", weight=3), Route("b", "y"), count=80)
    assert Counter(found) == pytest.approx({"a": 60, "b": 20}, abs=2)


def test_campaigns_to_one_person_are_shared_out_too() -> None:
    """Not all of them by the first route."""
    routes = Route("a", "x"), Route("b", "y")
    found = [ways_of(*routes, count=1, campaign_id=f"C{number}")[0] for number in range(100)]
    assert 35 <= found.count("a") <= 65


def test_a_route_that_is_out_is_nobodys_first_choice() -> None:
    """It is still there for a plugin to choose."""
    routes = Route("a", "x", priority=1), Route("b", "y")
    planner = Planner(terms(routes=routes, wellness={"a": 0.0}))
    assert planner.plan(candidate("+33612345678"), {}).routes == ("b", "a")


def test_the_sender_that_signs_decides_and_not_the_one_that_was_asked_for() -> None:
    """A country may not let that one through."""
    routes = Route("own", "x", priority=1, senders=frozenset({"monsalon"})), Route("rest", "y")
    assert ways_of(*routes, count=1, sender="MonSalon") == ["own"]
    assert ways_of(*routes, count=1, sender="Trop long pour ça") == ["rest"]


def test_an_account_may_have_a_route_of_its_own() -> None:
    """The others do not get there."""
    routes = Route("own", "x", priority=1, accounts=frozenset({"salon"})), Route("rest", "y")
    found = [ways_of(*routes, count=1, account=frozenset({name}))[0] for name in ("salon", "other")]
    assert found == ["own", "rest"]


def test_where_no_route_takes_the_sender_it_is_said() -> None:
    """With its name."""
    routes = (Route("own", "x", senders=frozenset({"monsalon"})),)
    planned = Planner(terms(routes=routes)).plan(candidate("+33612345678"), {})
    assert planned.violation is not None
    assert (planned.violation.code, "signed 36180" in planned.violation.message) == ("no_route", True)
