"""Look for campaigns of an account, and turn the pages of what was found; each with how its messages stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from hub.messages.model import CampaignOrder, FoundCampaigns
from hub.messages.tables import campaigns, messages
from hub.messages.views import as_campaign, campaign_conditions
from hub.store.bulk import among, fetch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection

    from hub.messages.model import CampaignSearch

_COLUMNS = {
    CampaignOrder.MADE: campaigns.c.id,
    CampaignOrder.TEXT: campaigns.c.text,
    CampaignOrder.CREDITS: campaigns.c.credits,
    CampaignOrder.STATE: campaigns.c.state,
}


def search_campaigns(connection: Connection, account_id: int, search: CampaignSearch) -> FoundCampaigns:
    """A page of the campaigns that are looked for, in a fixed number of statements."""
    mine = campaigns.c.account_id == account_id
    these = (mine, *campaign_conditions(search.wanted), *_conditions(search))
    column = _COLUMNS[search.order]
    order = (column.desc(), campaigns.c.id.desc()) if search.descending else (column, campaigns.c.id)
    query = select(campaigns).where(*these).order_by(*order).offset(search.skip).limit(search.limit)
    count = select(func.count()).select_from(campaigns)
    rows = fetch(connection, query)
    counted = _counts(connection, [row.id for row in rows])
    page = tuple(replace(as_campaign(row, {}), by_state=counted.get(row.id, {})) for row in rows)
    found = connection.execute(count.where(*these)).scalar_one()
    return FoundCampaigns(page, found, connection.execute(count.where(mine)).scalar_one())


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


def _counts(connection: Connection, ids: Sequence[str]) -> Mapping[str, Counter[str]]:
    """How the messages of campaigns stand: by campaign and state."""
    if not ids:
        return {}
    group = (messages.c.campaign_id, messages.c.state)
    query = select(*group, func.count()).where(among(connection, messages.c.campaign_id, ids)).group_by(*group)
    counted: dict[str, Counter[str]] = {}
    for campaign_id, state, count in connection.execute(query):
        counted.setdefault(campaign_id, Counter())[state] = count
    return counted
