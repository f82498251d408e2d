"""Write what was planned: the campaign, its messages in bulk, and the credits they set aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from hub.accounts import ledger
from hub.accounts.model import Movement
from hub.compliance.model import Purpose
from hub.links.model import OPT_OUT
from hub.links.storing import keep_links, keep_opt_out, keep_targets
from hub.messages.model import CampaignState, Draft, MessageState, Recipient
from hub.messages.summary import Summary
from hub.messages.tables import campaign_chunks, campaigns, messages
from hub.messages.widths import LONGEST_ADDRESS, LONGEST_REASON, LONGEST_THREAD
from hub.store.bulk import in_batches, insert_rows
from hub.store.storable import is_storable, storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from hub.messages.model import CampaignRequest
    from hub.messages.planning import PlannedMessage, Terms

PRIORITY = {Purpose.ALERT: 0, Purpose.MARKETING: 1}
ANSWER = -1
"""The priority of answers that the law asks for: no purpose of a request has it."""
PURPOSES = {ANSWER: Purpose.ALERT} | {priority: purpose for purpose, priority in PRIORITY.items()}


def insert_campaign(
    connection: Connection,
    request: CampaignRequest,
    terms: Terms,
    state: CampaignState,
    summary: Summary,
    at: datetime,
) -> None:
    """Store a campaign with what was decided of it so far."""
    row = {
        "id": terms.campaign_id,
        "account_id": terms.account_id,
        "source": terms.source,
        "purpose": terms.purpose,
        "text": terms.text,
        "sender": terms.sender,
        "encoding": terms.encoding,
        "outside_window": terms.outside_window,
        "send_at": request.send_at,
        "state": state,
        "created_at": at,
        "thread": _hint(request.thread, LONGEST_THREAD),
        "reply_to": _hint(request.reply_to, LONGEST_ADDRESS),
        "auto_reply": storable(request.auto_reply) if request.auto_reply else None,
        "repeat_digest": terms.repeat_digest,
        "require_consent": terms.require_consent,
        **summary.columns(),
    }
    insert_rows(connection, campaigns, [row])
    if terms.links:
        keep_targets(connection, terms.account_id, terms.campaign_id, terms.links, _links_until(terms))


def insert_answer(
    connection: Connection, request: CampaignRequest, terms: Terms, message: PlannedMessage, at: datetime
) -> None:
    """Store what the law has the hub answer: a campaign of one message that nobody pays for."""
    summary = Summary(accepted=1, segments=message.segments)
    insert_campaign(connection, request, terms, CampaignState.ACCEPTED, summary, at)
    make_free(connection, terms.campaign_id)
    (row,) = rows_of(terms, [message])
    insert_messages(connection, [row | {"priority": ANSWER, "credits": 0, "billing": "free"}])


def make_free(connection: Connection, campaign_id: str) -> None:
    """Say of a stored campaign that it costs nothing."""
    connection.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(credits=0))


def rows_of(terms: Terms, planned: Sequence[PlannedMessage]) -> list[dict[str, Any]]:
    """Planned messages as they are stored; the first of the routes takes each."""
    return [_row(terms, message) for message in planned]


def insert_messages(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store messages in bulk."""
    insert_rows(connection, messages, rows)


def insert_links(
    connection: Connection, terms: Terms, planned: Sequence[PlannedMessage], rows: Sequence[dict[str, Any]]
) -> None:
    """Store the links of what goes, before its `rows`; a code that was taken already is replaced in its text."""
    linked = [message for message in planned if message.links and not message.violation]
    if not linked:
        return
    if any(slot.place == OPT_OUT for message in linked for slot in message.links):
        keep_opt_out(connection, terms.account_id, terms.campaign_id, _links_until(terms))
    kept = [
        {
            "code": slot.code,
            "campaign_id": terms.campaign_id,
            "position": message.position,
            "place": slot.place,
            "number": message.recipient,
        }
        for message in linked
        for slot in message.links
    ]
    if redrawn := keep_links(connection, kept):
        shape, by_position = terms.limits.links, {row["position"]: row for row in rows}
        for one in redrawn:
            row = by_position[one.position]
            row["text"] = row["text"].replace(shape.url(one.old), shape.url(one.new))


def _links_until(terms: Terms) -> datetime:
    return terms.wanted_at + terms.limits.link_life


def routes_of(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The routes that have something due because of these messages."""
    return {row["route"] for row in rows if row["route"]}


def insert_chunks(connection: Connection, campaign_id: str, recipients: Sequence[Recipient], size: int) -> None:
    """Keep recipients as they came, for jobs to expand."""
    first = 0
    for chunk in in_batches(recipients, size):
        row = {"campaign_id": campaign_id, "first_position": first, "recipients": _chunk_to_json(chunk)}
        connection.execute(insert(campaign_chunks).values(row))
        first += len(chunk)


def recipients_in(chunk: str) -> tuple[Recipient, ...]:
    """The recipients of a stored chunk."""
    return tuple(Recipient(to, fields) for to, fields in json.loads(chunk))


def reserve(connection: Connection, terms: Terms, planned: Sequence[PlannedMessage], at: datetime) -> None:
    """Set aside the credits of what goes. Raises NotEnoughCredits; the transaction must then be given up."""
    cost = sum(message.segments for message in planned)
    if terms.draws_on is not None and cost:
        ledger.bring_in(connection, terms.account_id, terms.draws_on, cost, at=at)
    ledger.move(connection, terms.account_id, Movement.RESERVE, cost, at=at, campaign_id=terms.campaign_id)


def draft_of(terms: Terms, message: PlannedMessage) -> Draft:
    """A planned message as decisions of plugins see it."""
    return Draft(
        account_id=terms.account_id,
        campaign_id=terms.campaign_id,
        source=terms.source,
        purpose=terms.purpose,
        to=message.recipient,
        country=message.country or "",
        sender=message.sender,
        text=message.prepared.text if message.prepared else "",
        segments=message.segments,
    )


def _chunk_to_json(recipients: Sequence[Recipient]) -> str:
    # In ASCII: whatever was typed as a number, halves of characters too, comes out as it went in.
    return json.dumps([[recipient.to, dict(recipient.fields)] for recipient in recipients])


def _row(terms: Terms, message: PlannedMessage) -> dict[str, Any]:
    row: dict[str, Any] = {
        "campaign_id": terms.campaign_id,
        "position": message.position,
        "account_id": terms.account_id,
        "recipient": message.recipient,
        "country": message.country,
        "priority": PRIORITY[terms.purpose],
        "sender": message.sender,
    }
    if message.violation or message.prepared is None:
        return row | _blocked(message)
    return row | {
        "state": MessageState.PENDING,
        "reason": None,
        "detail": None,
        "text": message.prepared.text,
        "alphabet": message.prepared.segmentation.alphabet,
        "segments": message.segments,
        "credits": message.segments,
        "billing": "reserved",
        "route": message.routes[0],
        "due_at": message.due_at,
        "expires_at": message.expires_at,
    }


def _hint(said: str | None, most: int) -> str | None:
    """What helps and is not needed: left out where it cannot be kept whole."""
    return said if said and len(said) <= most and is_storable(said) else None


def _blocked(message: PlannedMessage) -> dict[str, Any]:
    violation = message.violation
    return {
        "state": MessageState.BLOCKED,
        "reason": storable(violation.code, LONGEST_REASON) if violation else None,
        "detail": storable(violation.message) if violation else None,
        "text": "",
        "alphabet": "",
        "segments": 0,
        "credits": 0,
        "billing": "free",
        "route": None,
        "due_at": None,
        "expires_at": None,
    }
