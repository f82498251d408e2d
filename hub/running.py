"""What a running plugin holds: the hub, as far as plugins may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from hub.accounts.model import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.accounts.children import Children
    from hub.accounts.model import Account
    from hub.accounts.service import Accounts
    from hub.accounts.tokens import Tokens
    from hub.billing.alerts import BalanceAlerts
    from hub.billing.figures import Consumption
    from hub.billing.model import PurchaseOrder
    from hub.billing.orders import Orders
    from hub.billing.postpaid import PostPaid
    from hub.clock import Clock
    from hub.config.schema import Section
    from hub.contacts.lists import Lists
    from hub.contacts.service import Suppressions
    from hub.contacts.unallocated import Unallocated
    from hub.events.service import Webhooks
    from hub.inbound.reply_address import Conversation
    from hub.inbound.views import Texts
    from hub.messages.campaigns import Campaigns
    from hub.messages.connector import Sink
    from hub.messages.model import Acceptance, CampaignRequest, CampaignView, MessageView
    from hub.messages.simulate import Simulator
    from hub.vault import Vault

S = TypeVar("S", bound="Section")


class Rooms(Protocol):
    """The use cases of a hub: what a plugin that is a whole API builds on. Each names the account that it acts for."""

    @property
    def accounts(self) -> Accounts:
        """Accounts and their credits."""
        ...

    @property
    def children(self) -> Children:
        """Sub-accounts."""
        ...

    @property
    def tokens(self) -> Tokens:
        """API tokens."""
        ...

    @property
    def lists(self) -> Lists:
        """Contact lists."""
        ...

    @property
    def suppressions(self) -> Suppressions:
        """Numbers that must not be texted."""
        ...

    @property
    def unallocated(self) -> Unallocated:
        """Numbers that are nobody's."""
        ...

    @property
    def campaigns(self) -> Campaigns:
        """What was sent."""
        ...

    @property
    def simulator(self) -> Simulator:
        """What sending would do."""
        ...

    @property
    def texts(self) -> Texts:
        """What people wrote."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Who is told what happens."""
        ...

    @property
    def balance_alerts(self) -> BalanceAlerts:
        """Who is warned of few credits."""
        ...

    @property
    def consumption(self) -> Consumption:
        """What was used."""
        ...

    @property
    def orders(self) -> Orders:
        """What was bought."""
        ...

    @property
    def post_paid(self) -> PostPaid:
        """Who pays afterwards."""
        ...


class Hub(Protocol):
    """The running hub. Every method may raise `StoreUnavailable`: nothing was kept, try again soon.

    What writes may raise `CommitInDoubt`, which is one of them: it may have been kept all the same.
    """

    clock: Clock

    @property
    def data_dir(self) -> Path:
        """The folder for what the plugin must keep outside the database."""
        ...

    @property
    def timezone(self) -> str:
        """The zone of times that are written without one."""
        ...

    @property
    def vault(self) -> Vault:
        """What seals secrets that must be shown again; raises ConfigError when the key does not fit the database."""
        ...

    @property
    def mail_domain(self) -> str:
        """The domain of the hub's mail addresses."""
        ...

    def conversation(self, local_part: str) -> Conversation | None:
        """Whom mail to that local part at the hub's mail domain reaches; None unless the hub made the address."""
        ...

    @property
    def public_url(self) -> str:
        """The web address under which the public reaches the hub, without a slash at its end; empty for none."""
        ...

    @property
    def rooms(self) -> Rooms:
        """The use cases beyond sending."""
        ...

    def section(self, model: type[S]) -> S:
        """The plugin's own section of hub.ini, by the model it registered."""
        ...

    def connectors(self, model: type[S]) -> Mapping[str, S]:
        """The `[connector.NAME]` sections of one type by their names, by the model that type registered."""
        ...

    def sink(self, connector: str) -> Sink:
        """Where what a carrier says goes, for a connector whose carrier calls the hub over HTTP."""
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that only reads the plugin's tables."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """A transaction that may write the plugin's tables; commits when the block ends well."""
        ...

    def account(self, account_id: int) -> Account:
        """The account of that id; raises NotFound."""
        ...

    def authenticate(self, token: str, address: str | None = None, scope: Scope = Scope.SEND) -> Account:
        """Whose API token this is, shown from that address; raises NotAuthenticated.

        Also for a token that is not for this address, or not for that scope. Without an address a token that is only
        for some networks opens nothing.
        """
        ...

    def new_campaign_id(self) -> str:
        """An id for a campaign that is about to be asked for (`CampaignRequest.campaign_id`), to be used once."""
        ...

    def accept(self, request: CampaignRequest) -> Acceptance:
        """Take a campaign in; it is committed when this returns. Raises RequestRefused with the reason."""
        ...

    def keep_file(self, account_id: int, name: str, content: bytes) -> str:
        """Keep a file: what stands for it among a campaign's `links`. The same content again is the same file.

        Raises RequestRefused for what is no whole PNG, GIF, JPEG or PDF, for what is too large, and on a hub without a
        web address.
        """
        ...

    def campaign(self, account_id: int, campaign_id: str) -> CampaignView:
        """A campaign of that account; raises NotFound."""
        ...

    def messages(self, account_id: int, campaign_id: str) -> tuple[MessageView, ...]:
        """The first thousand messages of a campaign."""
        ...

    def purchase_order_paid(self, account_id: int, order_id: int, payment: str) -> PurchaseOrder:
        """Say that a payment, by the id that its service gave it, paid an order of that account, and buy its credits.

        Once, however often the same payment is reported. Raises NotFound, and Conflict for an order that was cancelled
        or paid otherwise, and for a payment that has paid another order.
        """
        ...
