from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.explain import explain_window
from hub.compliance.policies import load_policies
from hub.errors import NotFound, RequestRefused

if TYPE_CHECKING:
    from hub.compliance.policies import PolicyBook

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sending_windows.json").read_text())["vectors"]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['policy']} {vector['local']}")
def test_every_known_window_is_explained_to_the_letter(book: PolicyBook, vector: dict[str, Any]) -> None:
    """Policy, part of the country, zone and wall clock in; the whole answer out."""
    answer = explain_window(
        book,
        country=vector["policy"],
        at=datetime.fromisoformat(vector["local"]),
        subdivision=vector["holiday_subdiv"],
        timezone=vector["timezone"],
    )
    assert answer == {key: value for key, value in vector.items() if key != "note"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['policy']} {vector['utc']}")
def test_an_instant_is_explained_as_its_wall_clock_is(book: PolicyBook, vector: dict[str, Any]) -> None:
    """The same answer to the aware time."""
    answer = explain_window(
        book,
        country=vector["policy"],
        at=datetime.fromisoformat(vector["utc"]),
        subdivision=vector["holiday_subdiv"],
    )
    assert answer == {key: value for key, value in vector.items() if key != "note"}


def test_a_profile_is_explained_by_its_name(book: PolicyBook) -> None:
    """Sunday evening is open under the charter of 2026."""
    answer = explain_window(book, country="FR-af2m-2026", at=datetime.fromisoformat("2026-11-22T21:29:00"))
    assert (answer["policy"], answer["open"], "profile" in answer) == ("FR-af2m-2026", True, False)


def test_a_country_is_explained_under_a_profile(book: PolicyBook) -> None:
    """RE, as if the charter of 2026 held there: its own zone, the charter's hours."""
    answer = explain_window(
        book, country="RE", at=datetime.fromisoformat("2026-12-20T21:29:00"), profile="FR-af2m-2026"
    )
    assert answer == {
        "policy": "RE",
        "holiday_subdiv": "974",
        "timezone": "Indian/Reunion",
        "local": "2026-12-20T21:29:00",
        "utc": "2026-12-20T17:29:00+00:00",
        "open": True,
        "next_open_utc": "2026-12-20T17:29:00+00:00",
        "next_open_local": "2026-12-20T21:29:00+04:00",
        "profile": "FR-af2m-2026",
    }


@pytest.mark.parametrize(
    ("country", "profile"), [("FR", "FR-af2m-2026"), ("RE", "FR-af2m-2026"), ("MQ", "FR-af2m-2024")]
)
def test_the_profile_in_force_is_named(country: str, profile: str) -> None:
    """Whoever wonders why Sunday is open sees it; a country's own choice comes before its parent's."""
    chosen = load_policies(profiles={"FR": "FR-af2m-2026", "MQ": "FR-af2m-2024"})
    assert explain_window(chosen, country=country, at=NOON)["profile"] == profile


def test_without_a_zone_every_zone_of_the_row_is_asked(book: PolicyBook) -> None:
    """09:30 in Madrid is 08:30 in the Canaries: closed, unless Madrid alone is meant."""
    at = datetime.fromisoformat("2026-11-23T09:30:00")
    assert explain_window(book, country="ES", at=at)["next_open_local"] == "2026-11-23T10:00:00+01:00"
    assert explain_window(book, country="ES", at=at, timezone="Europe/Madrid")["open"] is True


def test_a_country_of_many_zones_stays_closed_without_one(book: PolicyBook) -> None:
    """An instant in the United States, zone unknown: closed, with no opening."""
    answer = explain_window(book, country="US", at=NOON)
    assert (answer["timezone"], answer["local"], answer["open"]) == (None, None, False)
    assert (answer["next_open_utc"], answer["next_open_local"]) == (None, None)


def test_a_zone_opens_a_country_of_many(book: PolicyBook) -> None:
    """New York, 10:00."""
    at = datetime.fromisoformat("2026-11-23T10:00:00")
    assert explain_window(book, country="US", at=at, timezone="America/New_York")["open"] is True


def test_a_time_that_the_clocks_skip_is_answered_as_it_was_asked(book: PolicyBook) -> None:
    """02:30 on 29 March 2026 is read as 03:30, which is 01:30Z."""
    answer = explain_window(book, country="FR", at=datetime.fromisoformat("2026-03-29T02:30:00"))
    assert (answer["local"], answer["utc"]) == ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ({"country": "FX"}, "FX"),
        ({"country": "FR-af2m-2062"}, "FR-af2m-2026"),
        ({"country": "FR", "profile": "FR-af2m-2062"}, "FR-af2m-2026"),
        ({"country": "BE", "profile": "FR-af2m-2026"}, "none"),
    ],
)
def test_what_has_no_policy_is_not_found(book: PolicyBook, words: dict[str, str], meant: str) -> None:
    """An unknown country, an unknown profile, a profile of another country."""
    with pytest.raises(NotFound, match=meant):
        explain_window(book, at=NOON, **words)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"country": "FR", "timezone": "Europe/Lutece"}, "unknown_zone"),
        ({"country": "CH", "subdivision": "QQ"}, "unknown_subdivision"),
        ({"country": "GB", "subdivision": "QQ"}, "unknown_subdivision"),
        ({"country": "US"}, "timezone_needed"),
    ],
)
def test_a_question_that_has_no_answer_is_refused(book: PolicyBook, words: dict[str, str], code: str) -> None:
    """The fault names the field and the rule."""
    with pytest.raises(RequestRefused) as caught:
        explain_window(book, at=datetime.fromisoformat("2026-11-23T12:00:00"), **words)
    assert caught.value.code == code
