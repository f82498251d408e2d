"""Where a campaign's recipients come from beside the request itself: contact lists and segments, read page by page.

Nothing is copied when a campaign is accepted: a contact counts that is in the list when its page is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select, update

from hub.contacts.reading import list_of, members, require_lists
from hub.errors import Fault, NotFound, RequestRefused
from hub.messages.model import Recipient
from hub.messages.tables import campaign_chunks, campaign_sources
from hub.sms.merge import COMMON_FIELDS, fields_in
from hub.store.bulk import insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection

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


def require_sources(connection: Connection, request: CampaignRequest, limits: Limits) -> None:
    """Raise RequestRefused for lists that the account does not have, and for more recipients than a campaign may."""
    require_lists(connection, request.account_id, "lists", request.lists)
    sizes = (list_of(connection, request.account_id, one).size for one in dict.fromkeys(request.lists))
    if len(request.recipients) + sum(sizes) > limits.max_recipients:
        message = f"A campaign has at most {limits.max_recipients} recipients; make several of it."
        raise RequestRefused(message, faults=[Fault("lists", "too_many_recipients", message)])


def listed_fields(connection: Connection, request: CampaignRequest) -> frozenset[str]:
    """The merge fields of a text whose recipients are in lists: what seems to be one, whoever brings it.

    What the first contacts of each list bring is one too, in square brackets as well; what a contact does not bring
    is empty.
    """
    contacts = (one for list_id in request.lists for one in members(connection, list_id, limit=PEEKED))
    brought = (name for contact in contacts for name in contact.merge_fields)
    return COMMON_FIELDS.union(brought, fields_in(request.text))


def insert_sources(connection: Connection, campaign_id: str, request: CampaignRequest) -> None:
    """Keep what a campaign is to read, in the order in which it does."""
    rows = [
        {
            "campaign_id": campaign_id,
            "place": place,
            "kind": SourceKind.LIST,
            "source_id": list_id,
            "cursor": None,
            "next_position": len(request.recipients),
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


def pages(store: Store, request: CampaignRequest, size: int) -> Iterator[Sequence[Recipient]]:
    """Every page of every source of a request, one in memory at a time."""
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
