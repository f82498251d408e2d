"""`hub link`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.bootstrap import build
from hub.compliance.model import Purpose
from hub.messages.model import CampaignRequest, Recipient

if TYPE_CHECKING:
    from tests.hub.cli.conftest import CommandLine


@pytest.fixture
def code(shop: CommandLine) -> str:
    """A link of the shop's."""
    environ = {
        "HUB_HUB_DATA_DIR": str(shop.folder / "data"),
        "HUB_HUB_REDIS_URL": "none",
        "HUB_LINKS_DOMAIN": "t.example.net",
    }
    core = build(environ=environ)
    people = (Recipient("+33612345678"),)
    sent = core.accept(CampaignRequest(1, "<-short->", people, Purpose.ALERT, links=("https://a.example/",)))
    core.close()
    return sent.messages[0].text.rpartition("/")[2]


def test_it_says_where_a_link_leads(shop: CommandLine, code: str) -> None:
    """By its code, or as it stands in a text."""
    found = [shop.json("link", said)["url"] for said in (code, f"https://t.example.net/{code}")]
    assert found == ["https://a.example/"] * 2


def test_an_ended_link_is_over(shop: CommandLine, code: str) -> None:
    """At once, and for good."""
    assert [shop.json("link", code, *more)["is_over"] for more in ((), ("--end",), ())] == [False, True, True]


def test_a_link_that_is_not_there_is_named(shop: CommandLine) -> None:
    """With a stable code."""
    assert shop.refused("link", "bcdfghj") == ("not_found", "There is no link 'bcdfghj'.")
