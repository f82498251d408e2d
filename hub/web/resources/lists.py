"""Contact lists: make them, fill them, look into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Response

from hub.contacts.exporting import export_list
from hub.contacts.lists import PIECE, PIECES_AT_ONCE
from hub.contacts.model import NewContact
from hub.errors import NotFound
from hub.sms.model import NumberRefusal
from hub.sms.phone import parse_number
from hub.web.document import IF_MATCH, call
from hub.web.files import csv_file, csv_stream
from hub.web.frame import PREFIX, Frame, Resource, account, answer, one_parsed, parsed, tagged, unless_changed
from hub.web.resources.lists_values import (
    AgainstBody,
    BroughtContacts,
    Contact,
    ContactList,
    ContactPage,
    ContactPath,
    ContactsBody,
    ContactsQuery,
    DeduplicatedList,
    EditContactBody,
    ListBody,
    ListPage,
    ListPath,
    ListsQuery,
    RefusedContact,
    RemovalBody,
    RemovedContacts,
)

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.contacts import model
    from hub.contacts.lists import Lists

_EDITS = {"openapi_extensions": {"parameters": [IF_MATCH]}}

LIST_LISTS = call("listLists", "The account's lists, the oldest first.", {"200": ListPage}, "")
CREATE_LIST = call("createList", "Makes an empty list.", {"201": ContactList}, "400 408 409 413 415")
GET_LIST = call("getList", "With its size; its ETag changes with its contacts.", {"200": ContactList}, "404")
RENAME_LIST = call(
    "renameList", "Calls it something else.", {"200": ContactList}, "400 404 408 409 412 413 415", **_EDITS
)
DELETE_LIST = call("deleteList", "It is gone at once, with its contacts.", {"204": None}, "404")
LIST_CONTACTS = call("listContacts", "In the order of their numbers.", {"200": ContactPage}, "404")
EXPORT_LIST = call(
    "exportList",
    "All of them, in the order of their numbers, with every field that somebody has. Imported again, it is the same "
    "list.",
    {"200": csv_file("number;info1;info2;info3;info4;ville\r\n+33612345678;Nina;;;;Lyon\r\n")},
    "404 409",
)
BRING_CONTACTS = call(
    "bringContacts",
    "People that the list has are not doubled: what is given of them replaces what was known, and the rest stays. "
    "Those whose number cannot be texted are left out, each with its reason.",
    {"200": BroughtContacts},
    "400 404 408 413 415",
)
REMOVE_CONTACTS = call("removeContacts", "Takes numbers off a list.", {"200": RemovedContacts}, "400 404 408 413 415")
GET_CONTACT = call("getContact", "What is known of one person.", {"200": Contact}, "404")
EDIT_CONTACT = call(
    "editContact",
    "What the body names is changed, null forgets it, and the rest stays as it is.",
    {"200": Contact},
    "400 404 408 412 413 415",
    **_EDITS,
)
REMOVE_CONTACT = call("removeContact", "Takes one person off a list.", {"204": None}, "404")
DEDUPLICATE = call(
    "deduplicateList",
    "Takes off it the numbers that stand in the other lists named. In itself a list has each number once. A long list "
    f"takes several calls, each for {PIECES_AT_ONCE * PIECE} of its numbers; what is done stays done.",
    {"200": DeduplicatedList},
    "400 404 408 413 415",
)


@dataclass(frozen=True, slots=True)
class ListCalls:
    """Lists and their contacts."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "lists", "Contacts", "Lists of people, and what is known of them.")
        calls.get("/lists", self.list_lists, LIST_LISTS)
        calls.post("/lists", self.create_list, CREATE_LIST)
        calls.get("/lists/<list_id>", self.get_list, GET_LIST)
        calls.patch("/lists/<list_id>", self.rename_list, RENAME_LIST)
        calls.delete("/lists/<list_id>", self.delete_list, DELETE_LIST)
        calls.get("/lists/<list_id>/contacts", self.list_contacts, LIST_CONTACTS)
        calls.get("/lists/<list_id>/contacts.csv", self.export_list, EXPORT_LIST)
        calls.post("/lists/<list_id>/contacts", self.bring_contacts, BRING_CONTACTS)
        calls.post("/lists/<list_id>/remove", self.remove_contacts, REMOVE_CONTACTS)
        calls.post("/lists/<list_id>/deduplicate", self.deduplicate_list, DEDUPLICATE)
        calls.get("/lists/<list_id>/contacts/<number>", self.get_contact, GET_CONTACT)
        calls.patch("/lists/<list_id>/contacts/<number>", self.edit_contact, EDIT_CONTACT)
        calls.delete("/lists/<list_id>/contacts/<number>", self.remove_contact, REMOVE_CONTACT)
        return calls.routes

    @property
    def _lists(self) -> Lists:
        return self.frame.core.lists

    def list_lists(self, query: ListsQuery) -> Response:
        """List the lists, page by page."""
        found = self._lists.all(account().id, after=query.cursor or 0, limit=query.limit + 1)
        page = found[: query.limit]
        items = [ContactList.model_validate(one) for one in page]
        return answer(ListPage(items=items, next=page[-1].id if len(found) > len(page) else None))

    def create_list(self, body: ListBody) -> Response:
        """Make a list."""
        made = ContactList.model_validate(self._lists.create(account().id, body.name))
        return answer(made, 201, {"Location": f"{PREFIX}/lists/{made.id}"})

    def get_list(self, path: ListPath) -> Response:
        """Look at a list."""
        return tagged(ContactList.model_validate(self._lists.get(account().id, path.list_id)))

    def rename_list(self, path: ListPath, body: ListBody) -> Response:
        """Rename a list."""

        def check(now: model.ContactList) -> None:
            unless_changed(ContactList.model_validate(now))

        return tagged(ContactList.model_validate(self._lists.rename(account().id, path.list_id, body.name, check)))

    def delete_list(self, path: ListPath) -> Response:
        """Delete a list."""
        self._lists.delete(account().id, path.list_id)
        return Response(status=204)

    def list_contacts(self, path: ListPath, query: ContactsQuery) -> Response:
        """List the contacts of a list, page by page."""
        found = self._lists.contacts(
            account().id, path.list_id, after=query.cursor or "", limit=query.limit + 1, prefix=query.number or ""
        )
        page = found[: query.limit]
        items = [Contact.model_validate(one) for one in page]
        return answer(ContactPage(items=items, next=page[-1].number if len(found) > len(page) else None))

    def export_list(self, path: ListPath) -> Response:
        """Get a list as a file."""
        pieces = export_list(self.frame.core.store, account().id, path.list_id)
        return csv_stream(f"list-{path.list_id}.csv", pieces)

    def bring_contacts(self, path: ListPath, body: ContactsBody) -> Response:
        """Bring people to a list."""
        mine = account()
        brought, refused = [], []
        for place, one in enumerate(body.contacts):
            number = parse_number(one.number, mine.country)
            if isinstance(number, NumberRefusal):
                why = {"number": one.number, "reason": number.reason, "message": number.message}
                refused.append(RefusedContact(place=place, **why))
            else:
                brought.append(NewContact(number.e164, one.info1, one.info2, one.info3, one.info4, one.fields))
        taken = self._lists.put(mine.id, path.list_id, brought)
        return answer(BroughtContacts(added=taken.added, updated=taken.updated, refused=refused))

    def remove_contacts(self, path: ListPath, body: RemovalBody) -> Response:
        """Take people off a list."""
        mine = account()
        numbers = parsed("numbers", body.numbers, mine.country)
        return answer(RemovedContacts(removed=self._lists.remove(mine.id, path.list_id, numbers)))

    def deduplicate_list(self, path: ListPath, body: AgainstBody) -> Response:
        """Take off a list who stands in others."""
        done = self._lists.deduplicate(account().id, path.list_id, body.against, after=body.cursor or "")
        return answer(DeduplicatedList.model_validate(done))

    def get_contact(self, path: ContactPath) -> Response:
        """Look at a contact."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        return tagged(Contact.model_validate(self._lists.contact(mine.id, path.list_id, number)))

    def edit_contact(self, path: ContactPath, body: EditContactBody) -> Response:
        """Change what is known of a contact."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        changes = {name: getattr(body, name) for name in body.model_fields_set}

        def check(now: model.Contact) -> None:
            unless_changed(Contact.model_validate(now))

        changed = self._lists.edit(mine.id, path.list_id, number, changes, check)
        return tagged(Contact.model_validate(changed))

    def remove_contact(self, path: ContactPath) -> Response:
        """Take a contact off a list."""
        mine = account()
        number = one_parsed(path.number, mine.country)
        if not self._lists.remove(mine.id, path.list_id, [number]):
            raise NotFound("This list does not have that number.")
        return Response(status=204)
