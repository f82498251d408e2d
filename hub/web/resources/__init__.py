"""The REST API by subject: each module has the calls of one, and `resources_of` lists them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.web.resources.account import AccountCalls
from hub.web.resources.accounts import SubAccountCalls
from hub.web.resources.billing import BillingCalls
from hub.web.resources.campaigns import CampaignCalls
from hub.web.resources.consents import ConsentCalls
from hub.web.resources.hosted import HostedFileCalls
from hub.web.resources.imports import ImportCalls
from hub.web.resources.links import LinkCalls
from hub.web.resources.lists import ListCalls
from hub.web.resources.numbers import NumberCalls
from hub.web.resources.people import PeopleCalls
from hub.web.resources.reports import ReportCalls
from hub.web.resources.segments import SegmentCalls
from hub.web.resources.templates import TemplateCalls
from hub.web.resources.trials import TrialCalls
from hub.web.resources.users import UserCalls
from hub.web.resources.webhooks import WebhookCalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_openapi3.blueprint import APIBlueprint

    from hub.web.frame import Frame


def resources_of(frame: Frame) -> Iterator[APIBlueprint]:
    """Every subject's calls, in the order of the document."""
    yield CampaignCalls(frame).routes()
    yield ReportCalls(frame).routes()
    yield LinkCalls(frame).routes()
    yield HostedFileCalls(frame).routes()
    yield TemplateCalls(frame).routes()
    yield TrialCalls(frame).routes()
    yield AccountCalls(frame).routes()
    yield SubAccountCalls(frame).routes()
    yield BillingCalls(frame).routes()
    yield ListCalls(frame).routes()
    yield ImportCalls(frame).routes()
    yield NumberCalls(frame).routes()
    yield UserCalls(frame).routes()
    yield SegmentCalls(frame).routes()
    yield ConsentCalls(frame).routes()
    yield PeopleCalls(frame).routes()
    yield WebhookCalls(frame).routes()
