"""`hub webhooks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.bootstrap import build
from hub.events.model import EventType

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


@pytest.fixture
def desk(shop: CommandLine) -> CommandLine:
    """A shop with a webhook, and a test that waits for it."""
    core = build(environ={"HUB_HUB_DATA_DIR": str(shop.folder / "data"), "HUB_HUB_REDIS_URL": "none"})
    core.webhooks.create(1, "https://salon.example/hook", [EventType.BALANCE_LOW])
    core.webhooks.test(1, 1)
    core.close()
    return shop


def test_it_lists_what_waits(desk: CommandLine) -> None:
    """For each webhook."""
    found = desk.json("webhooks")["items"]
    assert [(one["webhook"]["url"], one["waiting"]) for one in found] == [("https://salon.example/hook", 1)]


def test_it_switches_one_off_and_on(desk: CommandLine) -> None:
    """By hand."""
    assert desk.json("webhooks", "disable", "1")["state"] == "disabled"
    assert desk.json("webhooks", "retry", "1")["state"] == "active"


def test_one_that_is_not_there_is_named(desk: CommandLine) -> None:
    """With a stable code."""
    assert desk.refused("webhooks", "retry", "7") == ("not_found", "This account has no webhook of that id.")
