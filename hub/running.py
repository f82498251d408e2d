"""What a running plugin holds: the hub, as far as plugins may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from hub.accounts.model import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection

    from hub.accounts.model import Account
    from hub.billing.model import PurchaseOrder
    from hub.clock import Clock
    from hub.config.schema import Section
    from hub.inbound.reply_address import Conversation
    from hub.messages.connector import Sink
    from hub.messages.model import Acceptance, CampaignRequest, CampaignView, MessageView
    from hub.vault import Vault

S = TypeVar("S", bound="Section")


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
