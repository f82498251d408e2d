"""Mail to be sent, and a relay to send it to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.mailing.model import OutgoingMail
from hub.mailing.outbox import post
from hub.testing.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.testing.hub import TestHub


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A mail server that takes everything."""
    with Relay() as made:
        yield made


def put(hub: TestHub, *keys: str, **facts: Any) -> None:
    """Keep a mail for each key."""
    words = {"kind": "inbound", "to": "accueil@salon.example", "subject": "SMS", "body": "Oui", **facts}
    mails = [OutgoingMail(account_id=hub.account.id, key=key, **words) for key in keys or ("1",)]
    with hub.core.write() as connection:
        post(connection, mails, hub.clock.now())
