"""`hub segments`: the rules, and whom they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.clock import SystemClock
from hub.contacts.lists import Lists
from hub.contacts.model import NewContact
from hub.contacts.segments import Segments
from hub.store.engine import Store, sqlite_url

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine

RULE = {"field": "info1", "op": "is", "value": "Lyon"}


@pytest.fixture
def shop_of_lyon(shop: CommandLine) -> CommandLine:
    """A shop with a segment of those in Lyon, which is one person."""
    store, clock = Store(sqlite_url(shop.folder / "data")), SystemClock()
    lists = Lists(store, clock)
    clients = lists.create(1, "Clients").id
    lists.put(1, clients, [NewContact("+33612345671", "Lyon"), NewContact("+33612345672", "Lille")])
    Segments(store, clock).create(1, clients, "Lyon", RULE)
    store.close()
    return shop


def test_the_segments_are_listed(shop_of_lyon: CommandLine) -> None:
    """With their lists and rules, for a program and for a person."""
    (one,) = shop_of_lyon.json("segments", "list")["items"]
    assert (one["id"], one["name"], one["list_id"], one["rule"]) == (1, "Lyon", 1, RULE)
    said = shop_of_lyon("segments", "list").stdout
    assert all(word in said for word in ("Segments of Salon Exemple", "Lyon", "info1"))


def test_people_are_counted(shop_of_lyon: CommandLine) -> None:
    """As they stand now."""
    assert shop_of_lyon.json("segments", "count", "1") == {"id": 1, "count": 1}
    assert shop_of_lyon("segments", "count", "1").stdout == "1 contact(s).\n"


def test_a_segment_that_is_none_is_refused(shop_of_lyon: CommandLine) -> None:
    """With a sentence."""
    assert "no segment" in shop_of_lyon.refused("segments", "count", "4711")[1]
