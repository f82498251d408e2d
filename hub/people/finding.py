"""Everything that an account holds about a number, read page by page: no memory grows with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hub.contacts.model import ConsentFilter
from hub.contacts.reading import as_contact
from hub.contacts.register import Register
from hub.contacts.service import Suppressions
from hub.contacts.tables import contact_lists, contacts, import_chunks, imports, unallocated_numbers
from hub.events.tables import webhook_events
from hub.inbound.tables import inbound_answers, inbound_messages
from hub.inbound.views import as_message
from hub.links.tables import link_clicks
from hub.mailing.tables import outgoing_mails
from hub.messages.tables import last_texts, messages, received_texts
from hub.messages.views import view_of
from hub.people.elsewhere import rows_of
from hub.people.erasing import AT_ONCE, events_in, mails_in, names, texts_in
from hub.people.model import ListedContact, MailAbout, Track
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Select

    from hub.clock import Clock
    from hub.contacts.model import RegisteredConsent, Suppression
    from hub.inbound.model import InboundMessage
    from hub.messages.model import MessageView
    from hub.people.erasing import Look
    from hub.registry import PersonTable
    from hub.store.bulk import AnyRow
    from hub.store.engine import Store


@dataclass(frozen=True, slots=True)
class Holdings:
    """What accounts hold about persons; `elsewhere` are the tables of plugins in which people stand."""

    store: Store
    clock: Clock
    elsewhere: Sequence[PersonTable] = ()

    def suppressions(self, account_id: int, number: str) -> tuple[Suppression, ...]:
        """Why an E.164 number must not be texted."""
        return Suppressions(self.store, self.clock).of(account_id, number)

    def contacts(self, account_id: int, number: str) -> Iterator[ListedContact]:
        """What each list knows; of a number a list has one contact."""
        mine = (contacts.c.account_id == account_id, contacts.c.number == number)
        query = select(contacts, contact_lists.c.name).join(contact_lists, contact_lists.c.id == contacts.c.list_id)
        query = query.where(*mine, contact_lists.c.deleted_at.is_(None)).order_by(contacts.c.list_id)
        yield from map(_as_listed, self._rows(query))

    def consents(self, account_id: int, number: str) -> Iterator[RegisteredConsent]:
        """What the person agreed to, with the words that were shown."""
        return Register(self.store, self.clock).every(account_id, ConsentFilter(number=number))

    def messages(self, account_id: int, number: str) -> Iterator[MessageView]:
        """Every text to the number, the oldest first."""
        for ids in self._ids(account_id, number, texts_in):
            query = select(messages).order_by(messages.c.id)
            with self.store.read() as connection:
                rows = fetch(connection, query.where(among(connection, messages.c.id, ids)))
            yield from (view_of(row._asdict()) for row in rows)

    def answers(self, account_id: int, number: str) -> Iterator[InboundMessage]:
        """Every text from the number, the oldest first."""
        table, after = inbound_messages, 0
        mine = (table.c.account_id == account_id, table.c.number == number)
        while rows := self._rows(select(table).where(*mine, table.c.id > after).order_by(table.c.id).limit(AT_ONCE)):
            yield from map(as_message, rows)
            after = rows[-1].id

    def mails(self, account_id: int, number: str) -> Iterator[MailAbout]:
        """The mails of the hub's own that speak of the number, and to whom they went."""
        for ids in self._ids(account_id, number, mails_in):
            query = select(outgoing_mails).order_by(outgoing_mails.c.id)
            with self.store.read() as connection:
                rows = fetch(connection, query.where(among(connection, outgoing_mails.c.id, ids)))
            yield from (_as_mail(row) for row in rows if names(row.mail, number))

    def tracks(self, account_id: int, number: str) -> Iterator[Track]:
        """What else was noted: of failures, of conversations, for webhooks, in the reports of files, and by plugins."""
        yield from self._notes(account_id, number)
        for ids in self._ids(account_id, number, events_in):
            query = select(webhook_events).order_by(webhook_events.c.id)
            with self.store.read() as connection:
                rows = fetch(connection, query.where(among(connection, webhook_events.c.id, ids)))
            for row in rows:
                if names(row.body, number):
                    yield Track(f"event {row.type}", row.created_at, data=json.loads(row.body)["data"])
        yield from self._import_lines(account_id, number)
        for table in self.elsewhere:
            yield from rows_of(self.store, table, account_id, number)

    def _notes(self, account_id: int, number: str) -> Iterator[Track]:
        table = unallocated_numbers
        for row in self._rows(select(table).where(table.c.account_id == account_id, table.c.number == number)):
            yield Track("unallocated", row.last_at, data={"campaigns": row.campaigns, "first_at": row.first_at})
        table = last_texts
        for row in self._rows(select(table).where(table.c.account_id == account_id, table.c.recipient == number)):
            yield Track("last_text", row.at, row.campaign_id, {"sender": row.sender})
        table = received_texts
        for row in self._rows(select(table).where(table.c.account_id == account_id, table.c.recipient == number)):
            yield Track("received", row.at)
        table = link_clicks
        for row in self._rows(select(table).where(table.c.account_id == account_id, table.c.number == number)):
            yield Track("clicked", row.at, row.campaign_id, {"system": row.system, "browser": row.browser})
        table = inbound_answers
        for row in self._rows(select(table).where(table.c.account_id == account_id, table.c.number == number)):
            yield Track("answered", row.at, row.campaign_id, {"kind": row.kind})

    def _import_lines(self, account_id: int, number: str) -> Iterator[Track]:
        import_id, attempt, place = 0, 0, -1
        about = select(import_chunks, imports.c.changed_at, imports.c.filename)
        about = about.join(imports, imports.c.id == import_chunks.c.import_id)
        key = (import_chunks.c.import_id, import_chunks.c.attempt, import_chunks.c.place)
        about = about.where(imports.c.account_id == account_id, import_chunks.c.report.like(f"%{number}%"))
        while True:
            later = (
                (key[0] > import_id)
                | ((key[0] == import_id) & (key[1] > attempt))
                | ((key[0] == import_id) & (key[1] == attempt) & (key[2] > place))
            )
            rows = self._rows(about.where(later).order_by(*key).limit(1))
            if not rows:
                return
            (row,) = rows
            import_id, attempt, place = row.import_id, row.attempt, row.place
            for cells in json.loads(row.report):
                if number in cells:
                    data = {"file": row.filename, "line": cells[0], "given": cells[1]}
                    yield Track("import_line", row.changed_at, data=data)

    def _ids(
        self, account_id: int, number: str, look_in: Callable[[Connection, int, str, int], Look]
    ) -> Iterator[Sequence[int]]:
        after: int | None = 0
        while after is not None:
            with self.store.read() as connection:
                look = look_in(connection, account_id, number, after)
            after = look.after
            if look.ids:
                yield look.ids

    def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[AnyRow]:
        with self.store.read() as connection:
            return fetch(connection, query)


def _as_listed(row: AnyRow) -> ListedContact:
    one = as_contact(row)
    infos = (one.info1, one.info2, one.info3, one.info4)
    return ListedContact(row.list_id, row.name, *infos, one.fields, one.added_at, one.changed_at)


def _as_mail(row: AnyRow) -> MailAbout:
    mail: Mapping[str, Any] = json.loads(row.mail)
    return MailAbout(row.recipient, row.kind, mail["subject"], mail["body"], row.state, row.created_at, row.sent_at)
