"""A hub that has a web address, so that its texts can have links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from hub.compliance.model import Purpose
from hub.testing.clock import FakeClock
from hub.testing.hub import PHONE
from hub.web.app import create_app
from tests.hub.messages.conftest import database_url, logs, worn_postgresql

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from hub.messages.model import Acceptance
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

__all__ = ["PHONE", "database_url", "logs", "worn_postgresql"]

BELGIAN = "+32470123456"
A_MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SETTINGS = {"HUB_HUB_PUBLIC_URL": "https://t.example.net"}


@pytest.fixture
def hub(make: HubMaker) -> TestHub:
    """A hub with a web address, on a Monday morning."""
    return make(settings=SETTINGS, clock=FakeClock(A_MONDAY))


@dataclass
class Visits:
    """Follows links as a phone does."""

    hub: TestHub
    client: FlaskClient

    def get(self, code: str, *, agent: str = PHONE, **headers: str) -> Any:
        """Follow a link."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/{code}", headers={"User-Agent": agent, **named})

    def press(self, code: str, **headers: str) -> Any:
        """Press the button of an opt-out page."""
        return self.client.post(f"/{code}", headers=headers)

    def collect(self) -> int:
        """Keep what was noted."""
        return self.hub.core.click_work.collect()


@pytest.fixture
def visits(hub: TestHub) -> Visits:
    """Follow links of the hub."""
    return Visits(hub, create_app(hub.core).test_client())


def send_links(hub: TestHub, *numbers: str, url: str = "https://shop.example/a", **wishes: Any) -> Acceptance:
    """Send an alert with one link, and let a minute pass."""
    sent = hub.send(*numbers, text="Votre colis: <-short->", links=(url,), **wishes)
    hub.drain()
    hub.clock.advance(seconds=60)
    return sent


def sell(hub: TestHub, *numbers: str) -> Acceptance:
    """Send marketing to Belgium, where it needs an opt-out link."""
    sent = hub.send(*(numbers or (BELGIAN,)), text="Soldes", purpose=Purpose.MARKETING)
    hub.drain()
    hub.clock.advance(seconds=60)
    return sent


def codes_in(hub: TestHub, campaign_id: str) -> list[str]:
    """The codes of the links in a campaign's texts."""
    said = " ".join(one.text for one in hub.core.messages(hub.account.id, campaign_id))
    return re.findall(r"t\.example\.net/(\w+)", said)
