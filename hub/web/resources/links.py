"""Links of campaigns: where they lead, how often they were followed, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flask import Response  # noqa: TC002 - flask-openapi3 reads the hints

from hub.web.document import call
from hub.web.frame import Frame, Resource, account, answer, found, one_parsed
from hub.web.resources.links_values import (
    CampaignClicker,
    CampaignClickerPage,
    ClickersQuery,
    ClicksQuery,
    LinkClick,
    LinkClickPage,
    TrackedLink,
    TrackedLinkPage,
    TrackedLinksQuery,
)
from hub.web.schemas import CampaignPath  # noqa: TC001 - flask-openapi3 reads the hints

if TYPE_CHECKING:
    from flask_openapi3.blueprint import APIBlueprint

    from hub.links import model
    from hub.links.service import Links

LIST_LINKS = call(
    "listLinks", "Each link of each campaign with its clicks, the latest campaign first.", {"200": TrackedLinkPage}, ""
)
LIST_CLICKS = call(
    "listClicks",
    "Each visit of a link, the latest first, those of programs too; a click is here within seconds.",
    {"200": LinkClickPage},
    "400",
)
LIST_CLICKERS = call(
    "listClickers", "The people who followed a link of it, by number.", {"200": CampaignClickerPage}, "404"
)


@dataclass(frozen=True, slots=True)
class LinkCalls:
    """Links and clicks."""

    frame: Frame

    def routes(self) -> APIBlueprint:
        """The calls, each at its address."""
        calls = Resource(self.frame, "links", "Links", "Where the links of campaigns lead, and who followed them.")
        calls.get("/links", self.list_links, LIST_LINKS)
        calls.get("/clicks", self.list_clicks, LIST_CLICKS)
        calls.get("/campaigns/<campaign_id>/clickers", self.list_clickers, LIST_CLICKERS)
        return calls.routes

    @property
    def _links(self) -> Links:
        return self.frame.core.links

    def list_links(self, query: TrackedLinksQuery) -> Response:
        """List the links of campaigns, page by page."""
        campaign, _, place = (query.cursor or "").partition("-")
        before = (campaign, int(place)) if query.cursor else None
        seen = self._links.counts(account().id, campaign_id=query.campaign, before=before, limit=query.limit + 1)
        page = seen[: query.limit]
        more = f"{page[-1].campaign_id}-{page[-1].place}" if len(seen) > len(page) else None
        return answer(TrackedLinkPage(items=[TrackedLink.model_validate(one) for one in page], next=more))

    def list_clicks(self, query: ClicksQuery) -> Response:
        """List the clicks, page by page."""
        number = None if query.number is None else one_parsed(query.number, account().country)
        seen = self._links.clicks(
            account().id,
            campaign_id=query.campaign,
            number=number,
            visitor=query.visitor,
            before=query.cursor,
            limit=query.limit + 1,
        )
        page = seen[: query.limit]
        more = page[-1].id if len(seen) > len(page) else None
        return answer(LinkClickPage(items=[_click(one) for one in page], next=more))

    def list_clickers(self, path: CampaignPath, query: ClickersQuery) -> Response:
        """List who followed the links of a campaign, page by page."""
        campaign = found(path.campaign_id, partial(self.frame.core.campaigns.get, account().id))
        seen = self._links.clickers(account().id, campaign.id, after=query.cursor or "", limit=query.limit + 1)
        page = seen[: query.limit]
        more = page[-1].number if len(seen) > len(page) else None
        return answer(CampaignClickerPage(items=[CampaignClicker.model_validate(one) for one in page], next=more))


def _click(one: model.Click) -> LinkClick:
    return LinkClick(
        id=one.public_id,
        campaign_id=one.campaign_id,
        place=one.place,
        number=one.number,
        url=one.url,
        at=one.at,
        visitor=one.visitor,
        rule=one.rule,
        brand=one.device.brand,
        model=one.device.model,
        system=one.device.system,
        browser=one.device.browser,
    )
