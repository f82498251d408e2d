"""What webhooks are told, in SMSFactor's words: one JSON body per event, and the secret itself as its signature."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from hub import Call, EventType, InboundKind, MessageState, NotFound
from hub_smsfactor_api.contacts import INFOS
from hub_smsfactor_api.dlr import dlr_code
from hub_smsfactor_api.numbers import bare, parsed
from hub_smsfactor_api.tickets import Tickets
from hub_smsfactor_api.times import with_offset, written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hub import Contact, Happened, Hub, InboundMessage, Webhook
    from hub_smsfactor_api.tickets import Ticket

SIGNATURE = "X-SMSFactor-Signature"
Body: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be known of a batch of events.

    Tickets by campaign, names and contacts by campaign and number, texts by id.
    """

    account_id: int
    tickets: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    texts: Mapping[str, InboundMessage] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], Contact] = field(default_factory=dict)


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
    clicked = {(one.data["campaign_id"], one.data["number"]) for one in events if one.type is EventType.LINK_CLICKED}
    contacts = _contacts(hub, account_id, clicked, tickets)
    return Known(account_id, {key: one.number for key, one in tickets.items()}, names, texts, contacts)


def _contacts(
    hub: Hub, account_id: int, clicked: Collection[tuple[str, str]], tickets: Mapping[str, Ticket]
) -> dict[tuple[str, str], Contact]:
    """Who clicked as the lists know them to which their campaign went; what the first one knows counts."""
    found: dict[tuple[str, str], Contact] = {}
    for campaign in {one for one, _ in clicked}:
        numbers = sorted(number for one, number in clicked if one == campaign)
        for list_id in tickets[campaign].kept.get("lists", ()):
            with suppress(NotFound):  # it was deleted since
                for one in hub.rooms.lists.contacts_among(account_id, list_id, numbers):
                    found.setdefault((campaign, one.number), one)
    return found


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
    campaign, number = said["campaign_id"], said["number"]
    contact = known.contacts.get((campaign, number))
    return {
        "campaign_id": known.tickets.get(campaign),
        "gsmsid": known.names.get((campaign, number)),
        "date": written(one.at),
        "long_url": said["url"],
        "short_url": said.get("code"),  # an event that waits since before links had theirs told
        "brand": said["brand"],
        "model": said["model"],
        "os": said["system"],
        **{name: getattr(contact, name, None) for name in INFOS},
        "clicks_on_link": str(said.get("clicks", 1)),
    }


def _low(one: Happened, _: Known) -> Body:
    return {
        "balance": str(one.data["available"]),
        "trigger": str(one.data["threshold"]),
        "date": written(one.at),
    }


_WRITERS: Mapping[EventType, Callable[[Happened, Known], Body | None]] = {
    EventType.MESSAGE_SETTLED: _settled,
    EventType.MESSAGE_INBOUND: _written,
    EventType.CONTACT_OPTED_OUT: _stopped,
    EventType.LINK_CLICKED: _clicked,
    EventType.BALANCE_LOW: _low,
}
