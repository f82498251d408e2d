"""Who sends and pays, whom they text, and who is told: accounts, money, contacts, people, mail and webhooks."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from hub.accounts.children import Children
from hub.accounts.reading import account_with
from hub.accounts.second_factor import SecondFactor
from hub.accounts.service import Accounts
from hub.accounts.tokens import Tokens
from hub.accounts.users import Users
from hub.billing.counting import Counting
from hub.billing.figures import Consumption
from hub.billing.orders import Orders
from hub.billing.postpaid import PostPaid
from hub.billing.statements import Statements
from hub.billing.validity import Validity
from hub.bootstrap.foundation import Foundation
from hub.contacts.imports.service import Imports
from hub.contacts.imports.work import ImportWork
from hub.contacts.lists import Lists
from hub.contacts.register import Register
from hub.contacts.segments import Segments
from hub.contacts.service import Suppressions
from hub.contacts.unallocated import Unallocated
from hub.errors import HubError
from hub.events.delivery import Deliverer
from hub.events.line import Line
from hub.events.service import Webhooks
from hub.guard.notices import address_of, language_of
from hub.guard.sentences import FRENCH
from hub.inbound.reply_address import Conversation, reply_address
from hub.mailing.postman import Postman
from hub.mailing.relay import Relay
from hub.mailing.service import Mails
from hub.messages.rules import ERASED
from hub.people.finding import Holdings
from hub.people.retention import Retention
from hub.people.service import Erasures
from hub.resting import Resting
from hub.switches import Switches
from hub.templates.service import Templates

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = structlog.get_logger(__name__)


class Office(Foundation):
    """The rooms that send nothing themselves, each built when first entered."""

    @cached_property
    def accounts(self) -> Accounts:
        """Who sends and pays."""
        return Accounts(self.store, self.clock)

    @cached_property
    def tokens(self) -> Tokens:
        """What opens accounts."""
        return Tokens(self.store, self.clock)

    @cached_property
    def children(self) -> Children:
        """The sub-accounts of accounts."""
        return Children(self.store, self.clock)

    @cached_property
    def users(self) -> Users:
        """People who sign in for accounts."""
        return Users(self.store, self.clock, self.second_factor)

    @cached_property
    def second_factor(self) -> SecondFactor:
        """What is asked of people beside their password."""
        return SecondFactor(self.store, self.clock, lambda: self.vault)

    @cached_property
    def orders(self) -> Orders:
        """What accounts order."""
        return Orders(self.store, self.clock, self.teller.paid)

    @cached_property
    def counting(self) -> Counting:
        """What counts the ledger into days and months."""
        return Counting(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def consumption(self) -> Consumption:
        """What accounts used."""
        return Consumption(self.store)

    @cached_property
    def statements(self) -> Statements:
        """The months of accounts."""
        return Statements(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def post_paid(self) -> PostPaid:
        """Accounts that pay afterwards."""
        return PostPaid(self.store, self.clock, self.settings.hub.timezone)

    @cached_property
    def validity(self) -> Validity:
        """Who is told of credits that lie unused."""
        said = self.settings.billing
        zone = self.settings.hub.timezone
        return Validity(self.store, self.clock, zone, said.validity_months, said.credits_expire)

    @cached_property
    def suppressions(self) -> Suppressions:
        """Numbers that must not be texted."""
        return Suppressions(self.store, self.clock)

    @cached_property
    def unallocated(self) -> Unallocated:
        """Numbers that are nobody's."""
        return Unallocated(self.store, self.clock)

    @cached_property
    def consents(self) -> Register:
        """Who agreed to be texted."""
        return Register(self.store, self.clock)

    @cached_property
    def lists(self) -> Lists:
        """Lists of contacts."""
        return Lists(self.store, self.clock)

    @cached_property
    def segments(self) -> Segments:
        """Who of lists is meant."""
        return Segments(self.store, self.clock)

    @cached_property
    def imports(self) -> Imports:
        """Files of contacts."""
        return Imports(self.store, self.clock, self.ring_imports)

    @cached_property
    def import_work(self) -> ImportWork:
        """Where they are read and stored."""
        most = self.settings.contacts.max_import_lines
        return ImportWork(self.store, self.clock, most, lambda account_id: self.accounts.get(account_id).country)

    @cached_property
    def templates(self) -> Templates:
        """Texts that accounts keep under a name."""
        return Templates(self.store, self.clock, self.limits.max_text)

    @cached_property
    def holdings(self) -> Holdings:
        """What accounts hold about persons."""
        return Holdings(self.store, self.clock, self._people_elsewhere)

    @cached_property
    def erasures(self) -> Erasures:
        """Where persons are erased."""
        return Erasures(self.store, self.clock, self.tell, self._mark_of, self._people_elsewhere)

    @cached_property
    def retention(self) -> Retention:
        """What empties old words."""
        said = self.settings.retention
        return Retention(self.store, self.clock, said.texts_days, said.answers_days, self._people_elsewhere)

    def _mark_of(self, account_id: int, number: str) -> str:
        """What stands in the place of a number once it is erased; no two accounts have the same."""
        return ERASED + self.vault.signature("erased number", f"{account_id} {number}")[:24]

    @cached_property
    def postman(self) -> Postman:
        """What sends the hub's own mail."""
        return Postman(self.store, self.clock, Relay(self.settings.smtp), self.mail_domain, self._answers_to)

    @cached_property
    def mails(self) -> Mails:
        """The hub's own mail: what waits, and what came to a bad end."""
        return Mails(self.store, self.clock)

    def _answers_to(self, account_id: int, person: str, sender: str | None) -> str | None:
        """The address where answers to a person go; none while the secret key is away: the mail matters more."""
        try:
            local_part = reply_address(self.vault, Conversation(account_id, person, sender))
        except HubError as error:
            log.warning("no_reply_address", error=str(error))
            return None
        return f"{local_part}@{self.mail_domain}" if local_part else None

    @cached_property
    def webhooks(self) -> Webhooks:
        """Who is told what happens."""
        events = self.settings.events
        keep = timedelta(days=events.keep_days)
        return Webhooks(self.store, self.clock, self._open_vault, self.ring_events, events.allow_private, keep)

    @cached_property
    def deliverer(self) -> Deliverer:
        """What tells them."""
        return Deliverer(
            self.store, self.clock, self._open_vault, self._event_line, _notice_address, dress=self.teller.dress
        )

    def _event_line(self, url: str) -> Line:
        return Line(url, allow_private=self.settings.events.allow_private)

    @cached_property
    def switches(self) -> Switches:
        """What pauses the ways in and out."""
        return Switches(self.store, self.clock)

    @cached_property
    def resting(self) -> Resting:
        """Which hooks of plugins are switched off for a while."""
        return Resting(self.store, self.clock)


def _notice_address(connection: Connection, account_id: int) -> tuple[str | None, bool]:
    account = account_with(connection, account_id)
    return address_of(account.settings), language_of(account) == FRENCH
