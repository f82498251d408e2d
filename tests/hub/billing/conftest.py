"""Fixtures of what accounts bought and used: a busy hub, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from hub.messages.connector import Rejected, Submitted, Unknown
from hub.messages.model import FailureReason, ReceiptState
from hub.messages.tables import campaigns, messages
from tests.hub.messages.conftest import books_agree, database_url, logs, twin, worn_postgresql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.messages.connector import Outcome
    from hub.messages.model import OutgoingMessage
    from hub.store.bulk import AnyRow
    from hub.testing.hub import TestHub

__all__ = ["books_agree", "database_url", "logs", "twin", "worn_postgresql"]

COUNTRIES = ("+3361234", "+3247012")
SOURCES = ("mail", "api", "calendar")
STATES = (ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.EXPIRED, ReceiptState.DELIVERED)


@dataclass
class Busy:
    """A hub whose accounts text, buy and get receipts at random, from one seed."""

    hub: TestHub
    chance: Random

    def live(self, steps: int) -> None:
        """Let so many things happen."""
        self.hub.carrier.answer = self._answer
        deeds = (self._send, self._send, self._report, self._report, self._money, self._count, self._wait)
        for _ in range(steps):
            self.chance.choice(deeds)()

    def rows(self) -> Sequence[AnyRow]:
        """Every message with its source."""
        with self.hub.core.read() as connection:
            query = select(messages, campaigns.c.source).join(campaigns, campaigns.c.id == messages.c.campaign_id)
            return connection.execute(query).all()

    def _answer(self, _: OutgoingMessage) -> Outcome:
        roll = self.chance.random()
        if roll < 0.1:
            return Rejected(FailureReason.OTHER, "x", "no")
        return Unknown("lost") if roll < 0.2 else Submitted((f"c{self.chance.getrandbits(60)}",))

    def _send(self) -> None:
        numbers = {f"{self.chance.choice(COUNTRIES)}{self.chance.randrange(10**4):04}" for _ in range(4)}
        text = "Bonjour " * self.chance.choice((1, 25))
        self.hub.send(*sorted(numbers), text=text, source=self.chance.choice(SOURCES))
        self.hub.drain()

    def _report(self) -> None:
        known = [row for row in self.rows() if row.state not in {"rejected", "blocked"}]
        if known:
            row = self.chance.choice(known)
            self.hub.carrier.report(f"{row.campaign_id}-{row.position}", self.chance.choice(STATES))

    def _money(self) -> None:
        self.hub.core.accounts.add_credits(self.hub.account.id, self.chance.choice((50, 7, -3)))

    def _count(self) -> None:
        self.hub.core.counting.count_entries()

    def _wait(self) -> None:
        self.hub.clock.advance(hours=self.chance.choice((1, 30, 200)))


@pytest.fixture(params=range(2))
def busy(hub: TestHub, request: pytest.FixtureRequest) -> Busy:
    """A hub on which much happens."""
    hub.core.accounts.add_credits(hub.account.id, 10_000)
    return Busy(hub, Random(request.param))  # noqa: S311 - chance, not secrets
