"""Tell plugins what happened, once it is committed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.errors import HubError
from hub.inbound.model import OptOutNotice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.accounts.model import Account
    from hub.billing.model import LowBalance, PurchaseOrder
    from hub.events.model import Call, Happened, Webhook
    from hub.links.model import ClickNotice
    from hub.messages.model import Acceptance
    from hub.messages.outcomes import Changes
    from hub.plugin_manager import Plugins
    from hub.running import Hub


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the plugins of a hub."""

    hub: Hub
    plugins: Plugins

    def changed(self, changes: Changes, at: datetime) -> None:
        """What a transaction did to messages."""
        if changes.news and self.plugins.hear_messages:
            self.plugins.messages_submitted(self.hub, changes.submitted, at)
            self.plugins.messages_settled(self.hub, changes.settled, at)

    def accepted(self, account: Account, acceptance: Acceptance) -> None:
        """That a campaign was accepted."""
        self.plugins.campaign_accepted(self.hub, account, acceptance)

    def paid(self, order: PurchaseOrder) -> None:
        """That an order was paid."""
        self.plugins.purchase_order_paid(self.hub, self.hub.account(order.account_id), order)

    def balance_low(self, low: LowBalance) -> None:
        """That credits run low."""
        self.plugins.balance_low(self.hub, self.hub.account(low.account_id), low)

    def opted_out(self, account_id: int, number: str, at: datetime, campaign_id: str) -> None:
        """That somebody opted out by a link."""
        self.plugins.opted_out(self.hub, [OptOutNotice(account_id, number, at, "", campaign_id)])

    def clicked(self, clicks: Sequence[ClickNotice]) -> None:
        """That people followed links."""
        self.plugins.link_clicked(self.hub, clicks)

    def dress(
        self, style: str, webhook: Webhook, secrets: Sequence[str], events: Sequence[Happened]
    ) -> Sequence[Call | None]:
        """The calls of a webhook in a plugin's form; raises HubError where no plugin brings it."""
        made = self.plugins.registry.event_styles.get(style)
        if made is None:
            raise HubError(f"No plugin brings the form {style!r} of webhook calls: enable the one that did.")
        return made(self.hub, webhook, secrets, events)
