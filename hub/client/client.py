"""The calls of the API by subject: `client.campaigns.send(...)`, `client.imports.upload(...)`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.client.access import Accounts, SubAccounts, Tokens, Users
from hub.client.billing import Billing
from hub.client.campaigns import Campaigns
from hub.client.contacts import Lists, Segments
from hub.client.imports import Imports
from hub.client.permissions import Consents, Suppressions
from hub.client.templates import Templates, Trials
from hub.client.webhooks import Webhooks
from hub.client.wire import Patience, Wire

if TYPE_CHECKING:
    from typing import Self


@dataclass
class Client:
    """A hub at a URL, and a token for it; to be closed, or used in a `with`. Not for several threads at once.

    `account_id` is the id of a sub-account that it acts for.
    """

    url: str
    token: str | None = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    account_id: int | None = None
    wire: Wire = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.url, self.token, self.patience, account_id=self.account_id)
        self.campaigns = Campaigns(self.wire)
        self.templates = Templates(self.wire)
        self.trials = Trials(self.wire)
        self.lists = Lists(self.wire)
        self.imports = Imports(self.wire)
        self.segments = Segments(self.wire)
        self.consents = Consents(self.wire)
        self.suppressions = Suppressions(self.wire)
        self.webhooks = Webhooks(self.wire)
        self.billing = Billing(self.wire)
        self.account = Accounts(self.wire)
        self.sub_accounts = SubAccounts(self.wire)
        self.users = Users(self.wire)
        self.tokens = Tokens(self.wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def acting_for(self, account_id: int) -> Client:
        """A client that makes the calls of a sub-account, with the same token; it is closed by itself."""
        return Client(self.url, self.token, self.patience, account_id)

    def close(self) -> None:
        """Let the connections go."""
        self.wire.close()
