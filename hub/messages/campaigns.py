"""Use cases of campaigns once they are accepted: look, follow, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.messages.cancel import cancel_campaign, cancel_the_rest, left_to_cancel
from hub.messages.report import report_of
from hub.messages.searching import FoundCampaigns, search_campaigns
from hub.messages.views import (
    campaign_of,
    latest_campaigns,
    messages_in_doubt,
    page_of_campaigns,
    page_of_doubts,
    page_of_messages,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from hub.clock import Clock
    from hub.messages.model import (
        CampaignFilter,
        CampaignSearch,
        CampaignView,
        MessageInDoubt,
        MessageState,
        MessageView,
    )
    from hub.messages.outcomes import Changes
    from hub.messages.report import Report
    from hub.store.engine import Store


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Campaigns as their owners see them; those of others are not found."""

    store: Store
    clock: Clock
    tell: Callable[[Changes, datetime], None]

    def get(self, account_id: int, campaign_id: str) -> CampaignView:
        """A campaign with its counts by state; raises NotFound."""
        with self.store.read() as connection:
            return campaign_of(connection, account_id, campaign_id)

    def latest(self, account_id: int | None = None, *, limit: int = 20) -> tuple[CampaignView, ...]:
        """The latest campaigns of an account, or of all."""
        with self.store.read() as connection:
            return latest_campaigns(connection, account_id, limit)

    def page(
        self, account_id: int, wanted: CampaignFilter, *, before: str | None = None, limit: int = 100
    ) -> tuple[CampaignView, ...]:
        """Campaigns of an account, the latest first, older than the one of the id `before`; without counts by state."""
        with self.store.read() as connection:
            return page_of_campaigns(connection, account_id, wanted, before=before, limit=limit)

    def search(self, account_id: int, search: CampaignSearch) -> FoundCampaigns:
        """A page of the campaigns that are looked for, with what became of each."""
        with self.store.read() as connection:
            return search_campaigns(connection, account_id, search)

    def report(self, account_id: int, campaign_id: str) -> Report:
        """What became of a campaign; raises NotFound."""
        with self.store.read() as connection:
            return report_of(connection, account_id, campaign_id)

    def messages(
        self,
        account_id: int,
        campaign_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        states: tuple[MessageState, ...] = (),
    ) -> tuple[MessageView, ...]:
        """Messages of a campaign in their order, from the one after position `after`; raises NotFound."""
        with self.store.read() as connection:
            campaign_of(connection, account_id, campaign_id)
            return page_of_messages(connection, campaign_id, after=after, limit=limit, states=states)

    def rows(self, campaign_id: str, *, after: int = -1, limit: int = 1000) -> tuple[MessageView, ...]:
        """The same of a campaign that the caller has looked at already."""
        with self.store.read() as connection:
            return page_of_messages(connection, campaign_id, after=after, limit=limit)

    def in_doubt(self, account_id: int | None = None) -> tuple[MessageInDoubt, ...]:
        """Every message whose answer was lost, of an account or of all, the longest in doubt first."""
        with self.store.read() as connection:
            return messages_in_doubt(connection, account_id)

    def doubts(
        self, account_id: int, *, after: int = 0, limit: int = 1000
    ) -> tuple[tuple[MessageView, ...], int | None]:
        """A page of an account's messages in doubt, and where the next one begins; None when there is none."""
        with self.store.read() as connection:
            return page_of_doubts(connection, account_id, after=after, limit=limit)

    def cancel(self, account_id: int, campaign_id: str) -> CampaignView:
        """Cancel what has not left yet. Raises NotFound, and Conflict when all of it has."""
        now = self.clock.now()
        with self.store.write("cancel") as connection:
            changes = cancel_campaign(connection, account_id, campaign_id, now)
        self.tell(changes, now)
        cancel_the_rest(self.store, self.clock, self.tell, campaign_id)
        return self.get(account_id, campaign_id)

    def finish_cancelling(self) -> int:
        """Cancel what is left of campaigns whose cancellation a crash cut short; how many there were."""
        with self.store.read() as connection:
            left = left_to_cancel(connection)
        for campaign_id in left:
            cancel_the_rest(self.store, self.clock, self.tell, campaign_id)
        return len(left)
