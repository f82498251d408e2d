"""What was sent, and what became of it: /campaigns, /campaign/:id and its parts, /dr."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hub import (
    CampaignFilter,
    CampaignOrder,
    CampaignSearch,
    CampaignState,
    InboundKind,
    MessageState,
    SuppressionFilter,
    SuppressionKind,
)
from hub.plugin_kit import storable
from hub_smsfactor_api.dlr import dlr_code
from hub_smsfactor_api.numbers import bare, parsed
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.tickets import Ticket, Tickets
from hub_smsfactor_api.times import read_time, written, written_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub import CampaignView, Hub, MessageView
    from hub.plugin_kit import Outcomes
    from hub_smsfactor_api.node import Node
    from hub_smsfactor_api.rendering import Value
    from hub_smsfactor_api.routing import Asked

MOST = 1000
USUAL = 100
MOST_ROWS = 10_000
"""Rows of one reply about a campaign's recipients."""
PAGE = 1000
_LONGEST_NUMBER = 64
_SORTS: Mapping[str, CampaignOrder] = {
    "id": CampaignOrder.MADE,
    "date": CampaignOrder.MADE,
    "text": CampaignOrder.TEXT,
    "cost": CampaignOrder.CREDITS,
    "status": CampaignOrder.STATE,
}
_STATES: Mapping[CampaignState, str] = {
    CampaignState.EXPANDING: "Sending",
    CampaignState.HELD: "Moderation",
    CampaignState.FINISHED: "Sent",
    CampaignState.CANCELLED: "Canceled",
}
_NO_INFOS = {"info1": None, "info2": None, "info3": None, "info4": None}
_REPLIES = tuple(kind for kind in InboundKind if kind is not InboundKind.OPT_OUT)


def list_campaigns(asked: Asked) -> Reply:
    """GET /campaigns."""
    found = asked.hub.rooms.campaigns.search(asked.account.id, _search(asked))
    ids = [view.id for view, _ in found.page]
    tickets = Tickets(asked.hub).of_campaigns(asked.account.id, ids)
    stops = asked.hub.rooms.suppressions.counts(asked.account.id, ids, SuppressionKind.OPT_OUT)
    shown = [_campaign(asked.hub, tickets[view.id], view, out, stops.get(view.id, 0)) for view, out in found.page]
    return Reply({"campaigns": shown, "totalRecords": found.total, "totalDisplayRecords": found.found})


def get_campaign(asked: Asked) -> Reply:
    """GET /campaign/:id."""
    ticket = _ticket(asked)
    if ticket.campaign_id is None:
        return Reply({"campaign": [_kept(ticket)]})
    rooms, mine = asked.hub.rooms, asked.account.id
    view = rooms.campaigns.get(mine, ticket.campaign_id)
    outcomes = rooms.campaigns.report(mine, view.id).outcomes
    stops = rooms.suppressions.counts(mine, [view.id], SuppressionKind.OPT_OUT)
    return Reply({"campaign": [_campaign(asked.hub, ticket, view, outcomes, stops.get(view.id, 0))]})


def list_stops(asked: Asked) -> Reply:
    """GET /campaign/:id/blacklist."""
    ticket = _ticket(asked)
    which = SuppressionFilter((SuppressionKind.OPT_OUT,), campaign_id=ticket.campaign_id)
    found = asked.hub.rooms.suppressions.all(asked.account.id, limit=MOST_ROWS, which=which)
    stops = [{"destination": bare(one.number), **_NO_INFOS, "date": written(one.at)} for one in found]
    return Reply({"stops": stops if ticket.campaign_id else []})


def list_npais(asked: Asked) -> Reply:
    """GET /campaign/:id/npai."""
    found = _npais(asked, _ticket(asked))
    rows = [
        {"destination": bare(one.to), **_NO_INFOS, "date": written_or_none(one.settled_at or one.due_at)}
        for one in found
    ]
    return Reply({"npais": rows})


def keep_npais(asked: Asked) -> Reply:
    """PUT /campaign/:id/npai: put them on the NPAI list."""
    ticket = _ticket(asked)
    numbers = [one.to for one in _npais(asked, ticket)]
    asked.hub.rooms.suppressions.add_many(
        asked.account.id, numbers, SuppressionKind.UNALLOCATED, source="smsfactor", campaign_id=ticket.campaign_id
    )
    return Reply({"NPAI": len(numbers)})


def list_replies(asked: Asked) -> Reply:
    """GET /campaign/:id/mo."""
    ticket = _ticket(asked)
    if ticket.campaign_id is None:
        return Reply({"replies": []})
    texts = asked.hub.rooms.texts.latest(asked.account.id, kinds=_REPLIES, limit=MOST, campaign_id=ticket.campaign_id)
    replies = [
        {
            "destination": bare(one.number),
            "info1": None,
            "info2": None,
            "date": written(one.received_at),
            "message": one.text,
        }
        for one in texts
    ]
    return Reply({"replies": replies})


def pull_receipts(asked: Asked) -> Reply:
    """POST /dr, as old clients pull what became of their texts."""
    document = asked.body.inner("deliveryreport")
    wanted = [ticket for one in (*document.all("message"), document) for ticket in one.all("ticket")]
    if not wanted:
        raise Refused(Status.DATA, "ticket is missing: name at least one.")
    rows: list[Value] = []
    for one in wanted:
        rows += _receipts(asked, one, MOST_ROWS - len(rows))
    return Reply({"dr": rows})


def _receipts(asked: Asked, node: Node, most: int) -> Iterator[dict[str, Value]]:
    ticket = Tickets(asked.hub).get(asked.account.id, (node.said() or "").strip())
    name = node.value("gsmsmsid")
    messages = _messages(asked, ticket, (), most)
    names = Tickets(asked.hub).references(ticket.campaign_id or "", [one.to for one in messages])
    for one in messages:
        if name is None or names.get(one.to) == name:
            yield {
                "ticket": ticket.number,
                "gsmsmsid": names.get(one.to),
                "destination": bare(one.to),
                "status": str(dlr_code(one.state, one.reason)),
                "date": written_or_none(one.settled_at or one.submitted_at or one.due_at),
            }


def _ticket(asked: Asked) -> Ticket:
    return Tickets(asked.hub).get(asked.account.id, asked.ids[0])


def _npais(asked: Asked, ticket: Ticket) -> list[MessageView]:
    found = _messages(asked, ticket, (MessageState.UNDELIVERED,), MOST_ROWS)
    return [one for one in found if one.reason == "unallocated"]


def _messages(asked: Asked, ticket: Ticket, states: tuple[MessageState, ...], most: int) -> list[MessageView]:
    """The messages of a campaign in these states, page by page."""
    if ticket.campaign_id is None:
        return []
    found: list[MessageView] = []
    after = -1
    while len(found) < most:
        page = asked.hub.rooms.campaigns.messages(
            asked.account.id, ticket.campaign_id, after=after, limit=PAGE, states=states
        )
        found += page
        if len(page) < PAGE:
            break
        after = int(page[-1].id.rpartition("-")[2])
    return found[:most]


def _search(asked: Asked) -> CampaignSearch:
    wishes = asked.wishes
    sort = wishes.value("sort") or "-id"
    order = _SORTS.get(sort.removeprefix("-").lower())
    if order is None:
        raise Refused(Status.DATA, f"sort is one of {', '.join(_SORTS)}, with - before it for the last first.")
    given = wishes.value("destination")
    number = parsed(given, asked.account.country) if given else None
    since, until = (
        read_time(said, name) if (said := wishes.value(name)) else None for name in ("date_start", "date_end")
    )
    search = CampaignSearch(
        CampaignFilter(since=since, until=until, text=wishes.value("text")),
        number=number.e164 if number else storable(given, _LONGEST_NUMBER) if given else None,
        least=wishes.number("sms_min"),
        most=wishes.number("sms_max"),
        order=order,
        descending=sort.startswith("-"),
        skip=wishes.number("start") or 0,
    )
    length = wishes.number("length", least=-1)
    return replace(search, limit=USUAL if length is None else MOST if length < 0 else min(length, MOST))


def _campaign(hub: Hub, ticket: Ticket, view: CampaignView, outcomes: Outcomes, stops: int) -> dict[str, Value]:
    failed = outcomes.failed
    npai, expired = failed.get("unallocated", 0), failed.get("expired", 0)
    network = failed.get("network", 0)
    error = outcomes.not_received - npai - expired - network + sum(outcomes.blocked.values())
    rate = 100 * outcomes.received / view.accepted if view.accepted else 0.0
    return {
        "id": ticket.number,
        "sender": view.sender or "",
        "text": view.text,
        "creation_date": written(view.created_at),
        "date": written(view.send_at or view.created_at),
        "cost": str(view.credits),
        "lists": [{"id": str(one)} for one in ticket.kept.get("lists", ())],
        "status": _status(hub, view, outcomes),
        "delivery_rate": f"{rate:.2f}",
        "delivered": str(outcomes.received),
        "error": str(error),
        "expired": str(expired),
        "network_error": str(network),
        "stop": str(stops),
        "npai": str(npai),
        "total": str(view.accepted + view.blocked),
    }


def _status(hub: Hub, view: CampaignView, outcomes: Outcomes) -> str:
    if view.state in _STATES:
        return _STATES[view.state]
    if view.send_at is not None and view.send_at > hub.clock.now():
        return "Scheduled"
    return "Sending" if outcomes.waiting else "Sent"


def _kept(ticket: Ticket) -> dict[str, Value]:
    """A request that texted nobody, as a campaign."""
    kept = ticket.kept
    sums = dict.fromkeys(("delivered", "expired", "network_error", "stop"), "0")
    return {
        "id": ticket.number,
        "sender": kept.get("sender") or "",
        "text": kept.get("text"),
        "creation_date": kept.get("creation_date"),
        "date": kept.get("date"),
        "cost": "0",
        "lists": [],
        "status": "Sent",
        "delivery_rate": "0.00",
        **sums,
        "error": str(kept.get("error", 0)),
        "npai": str(kept.get("npai", 0)),
        "total": str(kept.get("total", 0)),
    }
