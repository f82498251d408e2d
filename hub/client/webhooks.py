"""Be called when something happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING

from hub.client.calls import MOST, Calls, part, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where the account is told what happens: `active`, `disabled` or `gone`; `fault`: what went wrong last."""

    id: int
    url: str
    types: tuple[str, ...]
    state: str
    fault: str | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class NewWebhook(Webhook):
    """With the secret that signs its calls (Standard Webhooks), which is shown this once."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call: what the receiver answered (None: nothing), why that counts as a no, how many milliseconds it took."""

    id: int
    event_id: str
    type: str
    at: datetime
    status: int | None
    fault: str | None
    took_ms: int


class Webhooks(Calls):
    """The account's webhooks."""

    def all(self) -> list[Webhook]:
        """All of them, the oldest first."""
        return self._items(Webhook, self.wire.json("GET", "/webhooks"))

    def create(self, url: str, types: Sequence[str]) -> NewWebhook:
        """Be told of these types of events there, from now on."""
        return self._ask(NewWebhook, "POST", "/webhooks", body={"url": url, "types": list(types)})

    def get(self, webhook_id: int) -> Webhook:
        """Look at a webhook."""
        return self._ask(Webhook, "GET", f"/webhooks/{webhook_id}")

    def change(
        self, webhook_id: int, *, url: str | None = None, types: Sequence[str] | None = None, state: str | None = None
    ) -> Webhook:
        """Change what is given; `state` is active or disabled. Raises Changed where it was changed meanwhile."""
        changes = said({"url": url, "types": None if types is None else list(types), "state": state})
        return self._edit(Webhook, f"/webhooks/{webhook_id}", changes)

    def delete(self, webhook_id: int) -> None:
        """Be told nothing more."""
        self.wire.call("DELETE", f"/webhooks/{webhook_id}")

    def rotate(self, webhook_id: int) -> NewWebhook:
        """Change its secret; for 24 hours calls are signed with the old one too."""
        return self._ask(NewWebhook, "POST", f"/webhooks/{webhook_id}/secret")

    def test(self, webhook_id: int) -> str:
        """Be sent an event of no meaning; its id."""
        return str(self.wire.json("POST", f"/webhooks/{webhook_id}/test")["event_id"])

    def attempts(self, webhook_id: int) -> Iterator[Attempt]:
        """Each call with its answer, the latest first."""
        return self._pages(Attempt, f"/webhooks/{webhook_id}/attempts", limit=MOST)

    def replay(self, webhook_id: int, event_id: str) -> None:
        """Be sent an event again, under its own id."""
        self.wire.call("POST", f"/webhooks/{webhook_id}/events/{part(event_id)}/replay", again=True)
