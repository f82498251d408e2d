"""Fixtures of texts from phones: people who write to a hub with a carrier under control."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from hub import InboundText
from hub.compliance.model import Purpose
from hub.messages.model import CampaignRequest, Recipient
from tests.hub.messages.conftest import books_agree, database_url, worn_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from typing import Any

    from hub import InboundMessage
    from hub.testing.hub import TestHub

__all__ = ["books_agree", "database_url", "worn_postgresql"]

CODE = "36180"
NINA = "+33612345678"


@dataclass(frozen=True)
class Phones:
    """People with phones, who write to a hub by its carrier."""

    hub: TestHub
    numbers: Iterator[int]

    def write(self, text: str, number: str = NINA, to: str = CODE, *, carrier_id: str | None = "") -> None:
        """Send a text; under a new id of the carrier's unless told otherwise."""
        name = f"mo-{next(self.numbers)}" if carrier_id == "" else carrier_id
        self.hub.core.inbox.take("carrier", [InboundText(number, to, text, name, raw=text)])

    def answer(self, text: str, number: str = NINA, to: str = CODE) -> InboundMessage:
        """Send a text, and let a background worker bring it to its end."""
        self.write(text, number, to)
        self.work()
        return self.kept()[0]

    def work(self) -> int:
        """A background worker works off what waits."""
        return self.hub.core.desk.work_off(self.hub.core)

    def kept(self) -> tuple[InboundMessage, ...]:
        """What the hub has kept, the latest first."""
        return self.hub.core.texts.latest()

    def got(self, number: str = NINA) -> list[str]:
        """What a phone has received, once everything that is due has left."""
        self.hub.drain()
        return [message.text for message in self.hub.carrier.taken if message.to == number]

    def suppressed(self, account_id: int | None = None) -> list[str]:
        """The numbers that an account must not text."""
        return [one.number for one in self.hub.core.suppressions.all(account_id or self.hub.account.id)]


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged during a test, instead of printed lines."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def phones(hub: TestHub) -> Phones:
    """People who write to the hub; Nina was texted an hour ago."""
    hub.send(NINA, text="Votre commande est prête.")
    hub.drain()
    hub.clock.advance(hours=1)
    return Phones(hub, count())


def another_account(hub: TestHub, name: str = "Boutique Exemple") -> int:
    """An account that texts from the same short code."""
    made, _ = hub.core.accounts.create(name, "FR", credits_=100)
    return made.id


def text_from(hub: TestHub, account_id: int, number: str = NINA, **wishes: Any) -> str:
    """A text of that account reaches a carrier; the campaign it is of."""
    request = CampaignRequest(account_id, "Bonjour de nous", (Recipient(number),), Purpose.ALERT, **wishes)
    campaign = hub.core.accept(request).campaign_id
    hub.drain()
    return campaign
