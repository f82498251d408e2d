"""A whole hub in one process, for tests: real database, real rules, a clock and a carrier under control."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING

from hub import hookimpl
from hub.bootstrap import Core, build
from hub.compliance.model import Purpose
from hub.links.model import Visit
from hub.messages.model import CampaignRequest, Recipient
from hub.plugin_manager import Plugins
from hub.testing.clock import FakeClock
from hub.testing.connector import FakeConnector, FakeSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hub.accounts.model import Account
    from hub.messages.connector import Connector, ConnectorContext
    from hub.messages.model import Acceptance, MessageState
    from hub.registry import Registry

CARRIER = "carrier"
GOOD_NUMBER = "+33612345678"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)
"""How a browser on a telephone calls itself."""


@dataclass
class FakeCarrierPlugin:
    """Brings the connector type `fake`, always the same connector."""

    connector: FakeConnector
    hub_api: int = 1

    @hookimpl
    def hub_register_connectors(self, registry: Registry) -> None:
        """Bring it."""
        registry.add_connector("fake", FakeSettings, self._build)

    def _build(self, _: ConnectorContext, __: object) -> Connector:
        return self.connector


@dataclass
class TestHub:
    """A core with an account, and short ways to use it."""

    __test__ = False

    core: Core
    clock: FakeClock
    carrier: FakeConnector
    empty: InitVar[bool] = False
    account: Account = field(init=False)
    token: str = field(init=False)

    def __post_init__(self, empty: bool) -> None:
        if not empty:
            created, token = self.core.accounts.create("Salon Exemple", "FR", credits_=1000)
            self.account = self.core.accounts.set_countries(created.id, None)
            self.token = token.secret

    def send(self, *numbers: str, text: str = "Bonjour", **wishes: object) -> Acceptance:
        """Accept a campaign of the test's account; an alert unless told otherwise."""
        wishes.setdefault("purpose", Purpose.ALERT)
        recipients = tuple(Recipient(number) for number in numbers or (GOOD_NUMBER,))
        request = CampaignRequest(self.account.id, text, recipients, **wishes)  # type: ignore[arg-type]  # a test's own words
        return self.core.accept(request)

    def drain(self) -> int:
        """Submit everything that is due, on every route."""
        return sum(self.core.dispatcher.drain(route) for route in self.core.routes)

    def follow(self, text: str) -> None:
        """Let whoever got a text follow the short link that ends it, on a telephone, and keep the click."""
        code = text.rpartition("/")[2]
        self.core.click_log.note(code, self.clock.now(), Visit("GET", PHONE, {}, "203.0.113.7", None))
        self.core.click_work.collect()

    def states(self, campaign_id: str) -> list[MessageState]:
        """The states of a campaign's messages, in their order."""
        return [message.state for message in self.core.messages(self.account.id, campaign_id)]


def make_hub(
    folder: Path,
    database_url: str,
    *,
    settings: Mapping[str, str] | None = None,
    plugins: Plugins | None = None,
    clock: FakeClock | None = None,
    carrier: FakeConnector | None = None,
    bring: Mapping[str, object] | None = None,
    empty: bool = False,
) -> TestHub:
    """Put a hub together on a migrated database; `empty` opens no account, and the database need not be there.

    `settings` are environment variables such as HUB_WEB_PORT, `bring` names more plugins to register. Its guards are
    off and its account may text every country, so that a test can send what it likes to whom it likes.
    """
    carrier = carrier or FakeConnector()
    clock = clock or FakeClock()
    plugins = plugins or Plugins()
    plugins.add(FakeCarrierPlugin(carrier), "fake_carrier")
    for name, plugin in (bring or {}).items():
        plugins.add(plugin, name)
    environ = {
        "HUB_HUB_DATA_DIR": str(folder),
        "HUB_HUB_DATABASE_URL": database_url,
        "HUB_HUB_REDIS_URL": "none",
        f"HUB_CONNECTOR_{CARRIER.upper()}_TYPE": "fake",
        "HUB_ROUTE_MAIN_CONNECTOR": CARRIER,
        "HUB_GUARD_ENABLED": "no",
        "HUB_SENDERS_FR": "36180",
        "HUB_SENDERS_BE": "8850",
        **(settings or {}),
    }
    core = build(None, environ=environ, clock=clock, plugins=plugins)
    return TestHub(core, clock, carrier, empty)
