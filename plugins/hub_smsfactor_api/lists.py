"""Contact lists: /list, /lists and what is below them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from hub import Conflict, NewContact, NotFound, SuppressionFilter, SuppressionKind
from hub_smsfactor_api.contacts import INFOS, brought_by, infos_of, window_of
from hub_smsfactor_api.numbers import bare, contact_id, read_contact_id, read_id, required_number
from hub_smsfactor_api.rendering import Reply
from hub_smsfactor_api.statuses import Refused, Status
from hub_smsfactor_api.times import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Contact, ContactList, Hub
    from hub_smsfactor_api.routing import Asked

PAGE = 1000
_TRIES = 50
_LONGEST_NAME = 200


def create_or_add(asked: Asked) -> Reply:
    """POST /list: with the id of a list it is filled, without one it is made."""
    document = asked.body.inner("list")
    if not document.parts:  # a client that names the list that way, and wraps nothing
        document = asked.body
    said = document.value("listId", "list") or asked.body.value("listId")
    brought = brought_by(document, asked.account.country)
    lists, mine = asked.hub.rooms.lists, asked.account.id
    list_id = _made(asked, document.value("name")).id if said is None else read_id(said, "list")
    lists.put(mine, list_id, brought.contacts)
    return Reply(
        {
            "contacts": brought.given,
            "invalid": brought.invalid,
            "duplicates": brought.duplicates,
            "id": str(list_id),
        }
    )


def show_lists(asked: Asked) -> Reply:
    """GET /lists."""
    shown = [
        {"id": str(one.id), "name": one.name, "date": written(one.created_at), "count": str(one.size)}
        for one in _all_lists(asked.hub, asked.account.id)
    ]
    return Reply({"lists": shown})


def show_list(asked: Asked) -> Reply:
    """GET /list/:id."""
    list_id = read_id(asked.ids[0], "list")
    found = asked.hub.rooms.lists.get(asked.account.id, list_id)
    window = window_of(asked.wishes)
    contacts = _contacts(asked.hub, asked.account.id, list_id)
    rows = [
        {"id": contact_id(list_id, one.number), "destination": bare(one.number), **dict(infos_of(one))}
        for one in islice(contacts, window.start, window.start + window.length)
    ]
    return Reply(
        {
            "list": rows,
            "name": found.name,
            "contacts": str(found.size),
            "totalRecords": found.size,
            "totalDisplayRecords": found.size,
        }
    )


def delete_list(asked: Asked) -> Reply:
    """DELETE /list/:id."""
    asked.hub.rooms.lists.delete(asked.account.id, read_id(asked.ids[0], "list"))
    return Reply()


def deduplicate(asked: Asked) -> Reply:
    """PUT /list/deduplicate/:id: a list of the hub's has each number once, so there is nothing to remove."""
    asked.hub.rooms.lists.get(asked.account.id, read_id(asked.ids[0], "list"))
    return Reply({"removed": 0})


def clear_npai(asked: Asked) -> Reply:
    """PUT /list/:id/npai/clear: take off the list who is nobody, and put them on the NPAI list."""
    list_id, mine, rooms = read_id(asked.ids[0], "list"), asked.account.id, asked.hub.rooms
    rooms.lists.get(mine, list_id)
    nobodys = _nobodys(asked.hub, mine)
    found = [one.number for one in _contacts(asked.hub, mine, list_id) if one.number in nobodys]
    rooms.suppressions.add_many(mine, found, SuppressionKind.UNALLOCATED, source="smsfactor")
    return Reply({"removed": rooms.lists.remove(mine, list_id, found)})


def delete_contact(asked: Asked) -> Reply:
    """DELETE /list/contact/:contactId."""
    list_id, number = read_contact_id(asked.ids[0])
    if not asked.hub.rooms.lists.remove(asked.account.id, list_id, [number]):
        raise Refused(Status.NOT_FOUND, "There is no contact of that id.")
    return Reply()


def edit_contact(asked: Asked) -> Reply:
    """PUT /list/contact/:contactId: what is not named stays; another number makes another id."""
    list_id, number = read_contact_id(asked.ids[0])
    lists, mine = asked.hub.rooms.lists, asked.account.id
    document = asked.body.inner("contact")
    before = lists.contact(mine, list_id, number)
    given = document.value("destination", "value", "gsm")
    after = number if given is None else required_number(given, asked.account.country)
    changes = {name: document.value(name) for name in INFOS if document.has(name)}
    if after != number:
        if lists.contacts_among(mine, list_id, [after]):
            raise Refused(Status.DATA, f"{given} is another contact of this list; delete one of the two.")
        lists.put(mine, list_id, [NewContact(after, **dict(infos_of(before)), fields=before.fields)])
        lists.remove(mine, list_id, [number])
    if changes:
        lists.edit(mine, list_id, after, changes)
    return Reply({"id": contact_id(list_id, after)})


def _made(asked: Asked, name: str | None) -> ContactList:
    """A new list. Names are its account's once: one that is taken gets a number, as SMSFactor's may be alike."""
    wished = (name or written(asked.hub.clock.now()))[:_LONGEST_NAME]
    for place in range(1, _TRIES + 1):
        try:
            ending = "" if place == 1 else f" ({place})"
            return asked.hub.rooms.lists.create(asked.account.id, wished[: _LONGEST_NAME - len(ending)] + ending)
        except Conflict:
            continue
    raise Refused(Status.DATA, f"There are {_TRIES} lists of that name; choose another one.")


def _all_lists(hub: Hub, account_id: int) -> Iterator[ContactList]:
    after = 0
    while page := hub.rooms.lists.all(account_id, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _contacts(hub: Hub, account_id: int, list_id: int) -> Iterator[Contact]:
    """The contacts of a list, page by page; none of one that goes away meanwhile."""
    after = ""
    try:
        while page := hub.rooms.lists.contacts(account_id, list_id, after=after, limit=PAGE):
            yield from page
            after = page[-1].number
    except NotFound:
        return


def _nobodys(hub: Hub, account_id: int) -> set[str]:
    """Numbers that are nobody's: those on the NPAI list, and those that carriers say are."""
    which = SuppressionFilter((SuppressionKind.UNALLOCATED,))
    found = {one.number for one in hub.rooms.suppressions.every(account_id, which)}
    after = ""
    while page := hub.rooms.unallocated.proposed(account_id, after=after, limit=PAGE):
        found |= {one.number for one in page}
        after = page[-1].number
    return found
