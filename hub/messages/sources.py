"""Where a campaign's recipients come from beside the request itself: contact lists and segments, read page by page.

Of a list nothing is copied when a campaign is accepted: a contact counts that is in it when its page is read. Of a
segment the numbers are, for what its rule asks about changes all the time, and by the campaign itself: they are those
that it meant just before the yes, whoever reads them, and however often.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update

from hub.contacts.reading import list_of, members, members_among, require_lists
from hub.contacts.segments import segment_members, segment_numbers, segments_among
from hub.errors import Fault, NotFound, RequestRefused
from hub.messages.model import Recipient
from hub.messages.tables import campaign_chunks, campaign_sources
from hub.sms.merge import COMMON_FIELDS, fields_in
from hub.store.bulk import in_batches, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from hub.contacts.model import Contact
    from hub.messages.limits import Limits
    from hub.messages.model import CampaignRequest
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store

PEEKED = 1000
"""Contacts of each list that are looked at for the names of their fields."""


class SourceKind(StrEnum):
    """What a source is."""

    LIST = "list"


@dataclass(frozen=True, slots=True)
class Page:
    """Some recipients of a source in their order, and the number of the last one; `is_last` when no more follow."""

    recipients: Sequence[Recipient]
    cursor: str | None
    is_last: bool


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom a segment of this list meant at the moment of a campaign: their numbers, in their order."""

    list_id: int
    numbers: Sequence[str]


def require_sources(connection: Connection, request: CampaignRequest, limits: Limits) -> None:
    """Raise RequestRefused for lists and segments that the account does not have, and for lists that are too long."""
    require_lists(connection, request.account_id, "lists", request.lists)
    segments_among(connection, request.account_id, "segments", request.segments)
    if _listed(connection, request) > limits.max_recipients:
        raise _too_many("lists", limits)


def meant_by(connection: Connection, request: CampaignRequest, now: datetime, limits: Limits) -> tuple[Meant, ...]:
    """Whom the segments of a request mean at `now`, each segment in one statement.

    Raises RequestRefused for segments that the account does not have, and for more recipients than a campaign may.
    """
    segments = segments_among(connection, request.account_id, "segments", request.segments)
    left = limits.max_recipients - (_listed(connection, request) if segments else 0)
    meant = []
    for segment in segments:
        numbers = segment_numbers(connection, request.account_id, segment, now, most=left + 1)
        left -= len(numbers)
        if left < 0:
            raise _too_many("segments", limits)
        meant.append(Meant(segment.list_id, numbers))
    return tuple(meant)


def listed_fields(connection: Connection, request: CampaignRequest, now: datetime) -> frozenset[str]:
    """The merge fields of a text whose recipients are in lists: what seems to be one, whoever brings it.

    What the first contacts of each list and segment bring is one too, in square brackets as well; what a contact does
    not bring is empty.
    """
    brought = {name for contact in _first_of(connection, request, now) for name in contact.merge_fields}
    return COMMON_FIELDS.union(brought, fields_in(request.text))


def insert_meant(connection: Connection, campaign_id: str, meant: Sequence[Meant], first: int, size: int) -> int:
    """Keep whom segments meant as chunks to be expanded, from the position `first`; the first position after them."""
    for one in meant:
        for numbers in in_batches(one.numbers, size):
            chunk = {"first_position": first, "recipients": json.dumps(numbers), "list_id": one.list_id}
            insert_rows(connection, campaign_chunks, [{"campaign_id": campaign_id, **chunk}])
            first += len(numbers)
    return first


def still_there(connection: Connection, account_id: int, list_id: int, numbers: Sequence[str]) -> list[Recipient]:
    """Of numbers that a segment meant those that are in its list yet, with their fields; none once it is deleted."""
    try:
        list_of(connection, account_id, list_id)
    except NotFound:
        return []
    return [Recipient(one.number, one.merge_fields) for one in members_among(connection, list_id, numbers)]


def insert_sources(connection: Connection, campaign_id: str, request: CampaignRequest, first: int) -> None:
    """Keep the lists that a campaign is to read, in the order in which it does, from the position `first`."""
    rows = [
        {
            "campaign_id": campaign_id,
            "place": place,
            "kind": SourceKind.LIST,
            "source_id": list_id,
            "cursor": None,
            "next_position": first,
        }
        for place, list_id in enumerate(dict.fromkeys(request.lists))
    ]
    insert_rows(connection, campaign_sources, rows)


def next_source(connection: Connection) -> AnyRow | None:
    """The source to be read next, of the oldest campaign that has one."""
    table = campaign_sources
    return connection.execute(select(table).order_by(table.c.campaign_id, table.c.place).limit(1)).first()


def page_of(connection: Connection, account_id: int, list_id: int, cursor: str | None, size: int) -> Page:
    """The next recipients of a list; none of one that was deleted meanwhile."""
    try:
        list_of(connection, account_id, list_id)
    except NotFound:
        return Page((), cursor, is_last=True)
    found = members(connection, list_id, after=cursor or "", limit=size)
    recipients = [Recipient(one.number, one.merge_fields) for one in found]
    return Page(recipients, found[-1].number if found else cursor, is_last=len(found) < size)


def move_on(connection: Connection, source: AnyRow, page: Page) -> bool:
    """Note that a page was read, in the transaction that stores its messages: False when another worker has."""
    table = campaign_sources
    mine = (table.c.campaign_id == source.campaign_id, table.c.place == source.place)
    as_read = (*mine, table.c.cursor.is_not_distinct_from(source.cursor))
    position = source.next_position + len(page.recipients)
    if page.is_last:
        moved = connection.execute(delete(table).where(*as_read)).rowcount == 1
        later = (table.c.campaign_id == source.campaign_id, table.c.place > source.place)
        if moved:
            connection.execute(update(table).where(*later).values(next_position=position))
        return moved
    values = {"cursor": page.cursor, "next_position": position}
    return connection.execute(update(table).where(*as_read).values(**values)).rowcount == 1


def pages(store: Store, request: CampaignRequest, meant: Sequence[Meant], size: int) -> Iterator[Sequence[Recipient]]:
    """Every page of every source of a request, in the order of expanding it, one in memory at a time."""
    for one in meant:
        for numbers in in_batches(one.numbers, size):
            with store.read() as connection:
                some = still_there(connection, request.account_id, one.list_id, numbers)
            yield some
    for list_id in dict.fromkeys(request.lists):
        cursor, is_last = None, False
        while not is_last:
            with store.read() as connection:
                page = page_of(connection, request.account_id, list_id, cursor, size)
            cursor, is_last = page.cursor, page.is_last
            yield page.recipients


def drop_sources(connection: Connection, campaign_id: str) -> int:
    """Read no more of a campaign's sources; how many were not read to their end."""
    table = campaign_sources
    return connection.execute(delete(table).where(table.c.campaign_id == campaign_id)).rowcount


def grows(campaign_id: object) -> ColumnElement[bool]:
    """Whether a campaign, of this id or with its id in this column, has recipients that were not looked at yet."""
    listed = exists().where(campaign_sources.c.campaign_id == campaign_id)
    return exists().where(campaign_chunks.c.campaign_id == campaign_id) | listed


def _first_of(connection: Connection, request: CampaignRequest, now: datetime) -> Iterator[Contact]:
    for list_id in request.lists:
        yield from members(connection, list_id, limit=PEEKED)
    for segment in segments_among(connection, request.account_id, "segments", request.segments):
        yield from segment_members(connection, request.account_id, segment, now, limit=PEEKED)


def _listed(connection: Connection, request: CampaignRequest) -> int:
    """How many recipients a request has, but for those of its segments."""
    sizes = (list_of(connection, request.account_id, one).size for one in dict.fromkeys(request.lists))
    return len(request.recipients) + sum(sizes)


def _too_many(field: str, limits: Limits) -> RequestRefused:
    message = f"A campaign has at most {limits.max_recipients} recipients; make several of it."
    return RequestRefused(message, faults=[Fault(field, "too_many_recipients", message)])
