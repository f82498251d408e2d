"""What was counted, over HTTP: parse, one call, shape the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, request

from hub_discreet.counting import totals

if TYPE_CHECKING:
    from hub import Hub


def build(hub: Hub) -> Blueprint:
    """The routes of the plugin, on a running hub."""
    blueprint = Blueprint("discreet", __name__, url_prefix="/discreet")

    @blueprint.get("/counts")
    def show() -> dict[str, int]:
        token = request.authorization.token if request.authorization else None
        account = hub.authenticate(token or "")
        return totals(hub, account.id)

    return blueprint
