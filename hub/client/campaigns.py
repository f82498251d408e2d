"""Send texts, follow them, and see what became of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the reader of answers reads the hints
from typing import TYPE_CHECKING, Any

from hub.client.calls import MOST, Calls, part, said
from hub.client.values import Acceptance, Campaign, Message, Simulation, To

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in a list: what it is made of, not how its messages stand."""

    id: str
    state: str
    source: str
    purpose: str
    text: str
    sender: str | None
    accepted: int
    blocked: int
    deferred: int
    segments: int
    credits: int
    created_at: datetime
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many messages came to which end; `failed` and `blocked` count by reason code."""

    received: int
    not_received: int
    failed: dict[str, int]
    waiting: int
    on_the_way: int
    no_receipt: int
    unknown: int
    cancelled: int
    blocked: dict[str, int]


@dataclass(frozen=True, slots=True)
class CountryOutcomes(Outcomes):
    """The same of one country; None is what was no number."""

    country: str | None
    segments: int
    credits: int


@dataclass(frozen=True, slots=True)
class Hour:
    """How many texts arrived in the hour that begins then (UTC)."""

    hour: datetime
    received: int


@dataclass(frozen=True, slots=True)
class Report(Outcomes):
    """What became of a campaign. `frozen` is how it was 48 hours after its last submission."""

    id: str
    segments: int
    credits: int
    replies: int
    opt_outs: int
    countries: tuple[CountryOutcomes, ...]
    hours: tuple[Hour, ...]
    frozen: Outcomes | None
    frozen_at: datetime | None
    corrected: bool
    corrected_at: datetime | None


@dataclass(frozen=True, slots=True)
class InboundText:
    """What somebody wrote; `campaign_id` is what it answers, where that is known."""

    id: str
    number: str | None
    text: str
    kind: str
    campaign_id: str | None
    received_at: datetime


class Campaigns(Calls):
    """Send, follow, cancel."""

    def send(
        self,
        text: str,
        recipients: Iterable[str | To],
        *,
        purpose: str | None = None,
        sender: str | None = None,
        send_at: datetime | str | None = None,
        key: str | None = None,
        **more: Any,
    ) -> Acceptance:
        """Send one text. `key` makes it happen once: without one the client makes its own, for its further tries.

        `more` are fields of the body that have no argument of their own. Raises ClientError.
        """
        body = _campaign(text, recipients, purpose=purpose, sender=sender, send_at=send_at, **more)
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._ask(Acceptance, "POST", "/campaigns", body=body, headers=headers)

    def simulate(self, text: str, recipients: Iterable[str | To], **more: Any) -> Simulation:
        """Say what sending would do, and do none of it; arguments as of `send`, without a key."""
        body = _campaign(text, recipients, **more)
        return self._ask(Simulation, "POST", "/campaigns/simulate", body=body, again=True)

    def get(self, campaign: str) -> Campaign:
        """Look at a campaign."""
        return self._ask(Campaign, "GET", f"/campaigns/{part(campaign)}")

    def cancel(self, campaign: str) -> Campaign:
        """Cancel what of it has not left."""
        return self._ask(Campaign, "POST", f"/campaigns/{part(campaign)}/cancel")

    def all(self) -> Iterator[CampaignLine]:
        """The account's campaigns, the latest first, each with what it is made of."""
        return self._pages(CampaignLine, "/campaigns", limit=MOST)

    def reschedule(self, campaign: str, send_at: datetime | str) -> Campaign:
        """Let it leave at another time, as long as nothing of it has left. Raises InConflict after that."""
        return self._edit(Campaign, f"/campaigns/{part(campaign)}", said({"send_at": send_at}))

    def report(self, campaign: str) -> Report:
        """What became of it by now, and how it was when its figures were frozen."""
        return self._ask(Report, "GET", f"/campaigns/{part(campaign)}/report")

    def replies(self, campaign: str) -> Iterator[InboundText]:
        """What people answered to it, the latest first, without those who want no more texts."""
        return self._pages(InboundText, f"/campaigns/{part(campaign)}/replies", limit=MOST)

    def save_messages(self, campaign: str, to: str | Path) -> Path:
        """Keep its messages as a CSV file."""
        return self.wire.save(f"/campaigns/{part(campaign)}/messages.csv", to)

    def messages(self, campaign: str, *, states: Sequence[str] = ()) -> Iterator[Message]:
        """Its messages, in the order of the request."""
        return self._pages(Message, "/messages", campaign=campaign, state=list(states) or None, limit=1000)


def _campaign(text: str, recipients: Iterable[str | To], **more: Any) -> dict[str, Any]:
    given = [one if isinstance(one, str) else {"to": one.number, "fields": one.fields} for one in recipients]
    return {"text": text, "recipients": given, **said(more)}
