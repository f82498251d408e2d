"""The running hub as plugins see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hub.accounts.model import Scope
from hub.bootstrap.engine import Engine
from hub.errors import NotAuthenticated, RequestRefused
from hub.ids import new_id
from hub.inbound.reply_address import Conversation, read_reply_address
from hub.messages.faults import NO_ADDRESS
from hub.plugin_manager import rest_finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.billing.model import PurchaseOrder
    from hub.config.schema import Section
    from hub.messages.connector import Sink
    from hub.messages.model import Acceptance, CampaignRequest, CampaignView, Finding, MessageView

S = TypeVar("S", bound="Section")


class Core(Engine):
    """The running hub, put together. Plugins see of it what `hub.Hub` promises."""

    def conversation(self, local_part: str) -> Conversation | None:
        """Whom an address of the hub's own making reaches."""
        return read_reply_address(self.vault, local_part)

    def section(self, model: type[S]) -> S:
        """A plugin's own section of hub.ini."""
        return self.settings.plugin(model)

    def connectors(self, model: type[S]) -> Mapping[str, S]:
        """The sections of one type of connector by their names."""
        sections = {name: one.section for name, one in self.settings.connectors.items()}
        return {name: section for name, section in sections.items() if isinstance(section, model)}

    @property
    def rooms(self) -> Core:
        """The use cases beyond sending, those that `hub.running.Rooms` names."""
        return self

    def sink(self, connector: str) -> Sink:
        """Where what a connector's carrier says goes."""
        return self.lines.sink(connector)

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads."""
        return self.store.read()

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that may write."""
        return self.store.write("plugin")

    def account(self, account_id: int) -> Account:
        """The account of that id; raises NotFound."""
        return self.accounts.get(account_id)

    def authenticate(self, token: str, address: str | None = None, scope: Scope = Scope.SEND) -> Account:
        """Whose API token this is; raises NotAuthenticated."""
        caller = self.tokens.caller(token, address)
        if caller.token.scope not in (Scope.ALL, scope):
            raise NotAuthenticated(f"This token is for {caller.token.scope} only; show one for {scope}, or for all.")
        return caller.account

    def new_campaign_id(self) -> str:
        """An id for a campaign that is about to be asked for, to be used once."""
        return new_id(self.clock.now())

    def accept(self, request: CampaignRequest) -> Acceptance:
        """Take a campaign in; it is committed when this returns."""
        return self.intake.accept(request)

    def keep_file(self, account_id: int, name: str, content: bytes) -> str:
        """Keep a file that a campaign's links can lead to."""
        if not self.limits.links.base:
            raise RequestRefused.because("links", "no_link_address", NO_ADDRESS)
        return self.files.keep(account_id, name, content).link

    def campaign(self, account_id: int, campaign_id: str) -> CampaignView:
        """A campaign of that account; raises NotFound."""
        return self.campaigns.get(account_id, campaign_id)

    def messages(self, account_id: int, campaign_id: str) -> tuple[MessageView, ...]:
        """The first thousand messages of a campaign."""
        return self.campaigns.messages(account_id, campaign_id)

    def purchase_order_paid(self, account_id: int, order_id: int, payment: str) -> PurchaseOrder:
        """Buy the credits of an order that a payment paid; once."""
        return self.orders.paid(account_id, order_id, payment)

    def plugin_findings(self) -> tuple[Finding, ...]:
        """What plugins find wrong with their world, and which of their hooks are switched off in any process."""
        found = self.plugins.health(self)
        known = {one.where for one in found}
        others = (rest_finding(one.plugin, one.hook, one.fault) for one in self.resting.all())
        return (*found, *(one for one in others if one.where not in known))

    def close(self) -> None:
        """Let go of everything this process holds."""
        if "route_health" in vars(self):
            self.route_health.flush_all()
        if "lines" in vars(self):
            self.lines.close()
        if "click_log" in vars(self):
            self.click_log.close()
        self.doorbell.close()
        self.store.close()
