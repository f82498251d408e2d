"""What webhooks are told, in SMSFactor's words: one JSON body per event, and the secret itself as its signature."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from hub import Call, EventType, InboundKind, MessageState
from hub_smsfactor_api.dlr import dlr_code
from hub_smsfactor_api.numbers import bare, parsed
from hub_smsfactor_api.tickets import Tickets
from hub_smsfactor_api.times import with_offset, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hub import Happened, Hub, InboundMessage, Webhook

SIGNATURE = "X-SMSFactor-Signature"
Body: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be known of a batch of events: tickets by campaign, names by campaign and number, texts by id."""

    account_id: int
    tickets: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    texts: Mapping[str, InboundMessage] = field(default_factory=dict)


def dress(hub: Hub, webhook: Webhook, secrets: Sequence[str], events: Sequence[Happened]) -> list[Call | None]:
    """The calls of a webhook: a body for each event; None for one that its type does not tell."""
    known = _known(hub, webhook.account_id, events)
    headers = {SIGNATURE: secrets[0]} if secrets else {}
    bodies = [_WRITERS[one.type](one, known) if one.type in _WRITERS else None for one in events]
    return [None if one is None else Call(json.dumps(one, ensure_ascii=False).encode(), headers) for one in bodies]


def _known(hub: Hub, account_id: int, events: Sequence[Happened]) -> Known:
    """What the events need, by a few statements for all of them."""
    texts = hub.rooms.texts.named(account_id, [said for one in events if (said := one.data.get("inbound_id"))])
    pairs = {(str(campaign), str(one.data.get("number"))) for one in events if (campaign := _campaign_of(one, texts))}
    rooms = Tickets(hub)
    tickets = rooms.of_campaigns(account_id, {campaign for campaign, _ in pairs})
    names = {
        (campaign, number): name
        for campaign in {one for one, _ in pairs}
        for number, name in rooms.references(campaign, {of for one, of in pairs if one == campaign}).items()
    }
    return Known(account_id, {key: one.number for key, one in tickets.items()}, names, texts)


def _campaign_of(one: Happened, texts: Mapping[str, InboundMessage]) -> str | None:
    text = texts.get(one.data.get("inbound_id", ""))
    return one.data.get("campaign_id") or (text.campaign_id if text else None)


def _settled(one: Happened, known: Known) -> Body:
    campaign, number = one.data["campaign_id"], one.data["number"]
    phone = parsed(number, "FR")
    return {
        "date": with_offset(one.at),
        "status": dlr_code(MessageState(one.data["state"]), one.data.get("reason")),
        "destination": bare(number),
        "message_id": known.names.get((campaign, number)),
        "campaign_id": known.tickets.get(campaign),
        "country_code": phone.region if phone else None,
    }


def _written(one: Happened, known: Known) -> Body | None:
    """A text from a phone. A stop is told to webhooks of the type STOP alone."""
    if one.data.get("kind") == InboundKind.OPT_OUT:
        return None
    return _text(one, known, str(one.data.get("text", "")))


def _stopped(one: Happened, known: Known) -> Body:
    text = known.texts.get(one.data.get("inbound_id") or "")
    return _text(one, known, text.text if text else "STOP")


def _text(one: Happened, known: Known, words: str) -> Body:
    number = str(one.data.get("number", ""))
    campaign = _campaign_of(one, known.texts)
    return {
        "date": with_offset(one.at),
        "message": words,
        "from": bare(number),
        "account_id": str(known.account_id),
        "last_message_id": known.names.get((campaign or "", number)),
    }


def _clicked(one: Happened, known: Known) -> Body:
    said = one.data
    campaign, number = str(said.get("campaign_id") or ""), str(said.get("number") or "")
    return {
        "campaign_id": known.tickets.get(campaign),
        "gsmsid": known.names.get((campaign, number)),
        "date": written(one.at),
        "long_url": said.get("url"),
        "short_url": said.get("code"),
        "brand": said.get("brand"),
        "model": said.get("model"),
        "os": said.get("system"),
        **{name: said.get(name) for name in ("info1", "info2", "info3", "info4")},
        "clicks_on_link": str(said.get("clicks", 1)),
    }


def _low(one: Happened, _: Known) -> Body:
    return {
        "balance": str(one.data.get("available", "")),
        "trigger": str(one.data.get("threshold", "")),
        "date": written(one.at),
    }


_WRITERS: Mapping[EventType, Callable[[Happened, Known], Body | None]] = {
    EventType.MESSAGE_SETTLED: _settled,
    EventType.MESSAGE_INBOUND: _written,
    EventType.CONTACT_OPTED_OUT: _stopped,
    EventType.LINK_CLICKED: _clicked,
    EventType.BALANCE_LOW: _low,
}
