"""The REST API by subject: each module has the calls of one, and `resources_of` lists them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.web.resources.account import AccountCalls
from hub.web.resources.accounts import SubAccountCalls
from hub.web.resources.campaigns import CampaignCalls
from hub.web.resources.lists import ListCalls
from hub.web.resources.numbers import NumberCalls
from hub.web.resources.webhooks import WebhookCalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_openapi3.blueprint import APIBlueprint

    from hub.web.frame import Frame


def resources_of(frame: Frame) -> Iterator[APIBlueprint]:
    """Every subject's calls, in the order of the document."""
    yield CampaignCalls(frame).routes()
    yield AccountCalls(frame).routes()
    yield SubAccountCalls(frame).routes()
    yield ListCalls(frame).routes()
    yield NumberCalls(frame).routes()
    yield WebhookCalls(frame).routes()
