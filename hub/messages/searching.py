"""Look for campaigns of an account, and turn the pages of what was found; each with how its messages stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from hub.messages.model import CampaignOrder, MessageState, Tally
from hub.messages.report import Outcomes, outcomes_of
from hub.messages.tables import campaigns, messages
from hub.messages.views import as_campaign, campaign_conditions
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.messages.model import CampaignSearch, CampaignView

_COLUMNS = {
    CampaignOrder.MADE: campaigns.c.id,
    CampaignOrder.TEXT: campaigns.c.text,
    CampaignOrder.CREDITS: campaigns.c.credits,
    CampaignOrder.STATE: campaigns.c.state,
}


@dataclass(frozen=True, slots=True)
class FoundCampaigns:
    """A page of a search, each campaign with what became of it; how many were found, and of how many."""

    page: tuple[tuple[CampaignView, Outcomes], ...]
    found: int
    total: int


def search_campaigns(connection: Connection, account_id: int, search: CampaignSearch) -> FoundCampaigns:
    """A page of the campaigns that are looked for, in a fixed number of statements."""
    mine = campaigns.c.account_id == account_id
    these = (mine, *campaign_conditions(search.wanted), *_conditions(search))
    column = _COLUMNS[search.order]
    order = (column.desc(), campaigns.c.id.desc()) if search.descending else (column, campaigns.c.id)
    query = select(campaigns).where(*these).order_by(*order).offset(search.skip).limit(search.limit)
    rows = fetch(connection, query)
    outcomes = _outcomes(connection, [row.id for row in rows])
    count = select(func.count()).select_from(campaigns)
    found = connection.execute(count.where(*these)).scalar_one()
    total = connection.execute(count.where(mine)).scalar_one()
    return FoundCampaigns(tuple((as_campaign(row, {}), outcomes[row.id]) for row in rows), found, total)


def _conditions(search: CampaignSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if search.least is not None:
        wanted.append(campaigns.c.accepted >= search.least)
    if search.most is not None:
        wanted.append(campaigns.c.accepted <= search.most)
    if search.number is not None:
        theirs = (messages.c.campaign_id == campaigns.c.id, messages.c.recipient == search.number)
        wanted.append(exists().where(*theirs))
    return wanted


def _outcomes(connection: Connection, ids: Sequence[str]) -> dict[str, Outcomes]:
    """What became of campaigns, counted in one pass over their messages."""
    counted: dict[str, list[Tally]] = {one: [] for one in ids}
    if ids:
        group = (messages.c.campaign_id, messages.c.state, messages.c.reason)
        query = select(*group, func.count()).where(among(connection, messages.c.campaign_id, ids)).group_by(*group)
        for campaign_id, state, reason, count in connection.execute(query):
            counted[campaign_id].append(Tally(MessageState(state), reason, count))
    return {campaign_id: outcomes_of(tallies) for campaign_id, tallies in counted.items()}
