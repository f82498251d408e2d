"""Fixtures of the tests of persons: a caller on a hub on each database, and a person of whom everything is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from hub import DeliveryReceipt, InboundText, ReceiptState
from hub.contacts.model import NewConsent, NewContact
from hub.store.engine import Store
from hub.store.metadata import core_metadata
from hub.testing.books import differences_in
from hub.testing.connector import carrier_id_of
from hub.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from flask.testing import FlaskClient

    from hub.testing.hub import TestHub

NINA = "+33612345678"
OTHER = "+33612345679"
CODE = "36180"


@dataclass
class Desk:
    """An account that calls the API about persons."""

    hub: TestHub
    client: FlaskClient

    def call(self, method: str, path: str, token: str | None = None) -> Any:
        """Call the API."""
        headers = {"Authorization": f"Bearer {token or self.hub.token}"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers)

    def export(self, number: str = NINA) -> dict[str, Any]:
        """All that is held about a number."""
        found: dict[str, Any] = self.call("GET", f"/people/{number}").get_json()
        return found

    def erase(self, number: str = NINA) -> dict[str, Any]:
        """Erase a number; what is answered."""
        answered: dict[str, Any] = self.call("DELETE", f"/people/{number}").get_json()
        return answered

    def write(self, text: str, number: str = NINA) -> None:
        """Let a person write, and have it worked off."""
        carrier_id = f"mo-{len(self.hub.core.texts.latest())}"
        self.hub.core.inbox.take("carrier", [InboundText(number, CODE, text, carrier_id, raw=f"{number} {text}")])
        self.hub.core.desk.work_off(self.hub.core)

    def where(self, number: str = NINA) -> set[str]:
        """The tables in which a number stands in clear, whatever the column."""
        found = set()
        with self.hub.core.store.read() as connection:
            for table in core_metadata.sorted_tables:
                rows = connection.execute(table.select()).all()
                if any(number in str(cell) for row in rows for cell in row):
                    found.add(table.name)
        return found


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of printed lines."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def desk(hub: TestHub, database_url: str) -> Iterator[Desk]:
    """A caller with a token for everything; afterwards credits and messages must agree."""
    yield Desk(hub, create_app(hub.core).test_client())
    store = Store(database_url)
    with store.read() as connection:
        differences = differences_in(connection)
    store.close()
    assert differences == []


@pytest.fixture
def known(desk: Desk) -> Desk:
    """Nina is on a list, agreed, got a text alone and was sent another with somebody else, and answered."""
    core, mine = desk.hub.core, desk.hub.account.id
    core.accounts.patch_settings(mine, {"reply_email": "contact@salon.example"})
    clients = core.lists.create(mine, "Clients")
    core.lists.put(mine, clients.id, [NewContact(NINA, "Nina", fields={"ville": "Lyon"}), NewContact(OTHER, "Max")])
    given_at = datetime(2026, 1, 4, tzinfo=UTC)
    core.consents.record(mine, [NewConsent(NINA, "J'accepte", given_at, "website", "Nina")], "account 1")
    alone = desk.hub.send(NINA, text="Bonjour Nina").messages[0].id
    desk.hub.send(NINA, OTHER, text="Soldes")
    desk.hub.drain()
    core.settler.receipts("carrier", [DeliveryReceipt(carrier_id_of(alone), ReceiptState.DELIVERED)])
    desk.write("Merci de Nina")
    return desk
