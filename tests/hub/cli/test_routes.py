"""`hub routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.bootstrap import build
from hub.messages.breaker import Failure, Throttle, may_probe

if TYPE_CHECKING:
    from hub.messages.breaker import Signal
    from tests.hub.cli.conftest import CommandLine

SEND = ("send", "--alert", "--text", "Bonjour", "--to", "+33612345678")


def note(shop: CommandLine, signal: Signal) -> None:
    """Say something of the route, as a worker does."""
    core = build(None, environ=shop.environ)
    core.route_health.note("default", signal)
    core.close()


def test_it_lists_every_route_for_a_program(shop: CommandLine) -> None:
    """One that nothing has happened to."""
    shop.json(*SEND)
    (one,) = shop.json("routes")["items"]
    assert (one["name"], one["connector"], one["state"], one["share"]) == ("default", "sandbox", "closed", 1.0)
    assert (one["queue"], one["reason"], one["pace"]) == ({"alert": {"due": 1, "later": 0}}, None, None)
    assert one["recent"] == {"taken": 0, "refused": 0, "put_off": 0, "unknown": 0, "failed": 0}


def test_an_open_route_says_since_when_and_why(shop: CommandLine) -> None:
    """And when it is tried again."""
    note(shop, Failure("connection refused", is_final=True))
    said = shop("routes").stdout
    assert all(word in said for word in ("open since", "until", "default: connection refused", "1 failed"))


def test_a_slowed_route_shows_its_pace(shop: CommandLine) -> None:
    """In segments per second."""
    note(shop, Throttle(100.0))
    (one,) = shop.json("routes")["items"]
    assert one["pace"] == pytest.approx(80, rel=0.3)


def test_a_paused_route_is_said_to_be(shop: CommandLine) -> None:
    """By the operator: whatever else is wrong with it."""
    note(shop, Failure("connection refused", is_final=True))
    shop.json("pause", "out", "--route", "default")
    (one,) = shop.json("routes")["items"]
    assert (one["state"], one["reason"]) == ("paused", None)


def test_what_waits_is_listed_for_a_person(shop: CommandLine) -> None:
    """By purpose."""
    shop.json(*SEND)
    assert "1 alert" in shop("routes").stdout


def test_a_route_whose_carrier_is_back_can_be_tried_at_once(shop: CommandLine) -> None:
    """It would be left alone for most of a minute."""
    note(shop, Failure("wrong password", is_final=True))
    (one,) = shop.json("routes", "--retry", "default")["items"]
    core = build(None, environ=shop.environ)
    state = core.route_health.states()["default"]
    assert (one["state"], may_probe(state, core.clock.now())) == ("open", True)
    core.close()


def test_to_retry_a_route_that_is_well_changes_nothing(shop: CommandLine) -> None:
    """It is not asked to fail."""
    note(shop, Throttle(100.0))
    before = shop.json("routes")["items"][0]["state"]
    (one,) = shop.json("routes", "--retry", "default")["items"]
    assert (before, one["state"], one["until"]) == ("closed", "closed", None)


def test_to_retry_a_route_that_there_is_not_names_those_that_there_are(shop: CommandLine) -> None:
    """It may be mistyped."""
    said = shop("routes", "--retry", "mian")
    assert said.exit_code != 0
    assert "there is no route mian; there is default" in " ".join(said.stderr.split())
