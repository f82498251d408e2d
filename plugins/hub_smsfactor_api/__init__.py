"""The SMSFactor API: software that was written for SMSFactor talks to the hub, with nothing changed but the base URL.

A request comes in by `web.py`; `reading.py` makes one tree (`node.py`) of whatever form it has, `door.py` finds who
calls, `routing.py` which endpoint is meant. The endpoints stand in a module per subject. `statuses.py` is the table of
what can go wrong, `rendering.py` writes JSON and XML. `payloads.py` has what webhooks are told.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from hub import Hub, MigrationBranch, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Blueprint

    from hub import Call, Happened, Registry, Webhook
    from hub.plugin_kit import Section

hub_api = 1
STYLE = "smsfactor"
"""What the hub calls the form of calls that webhooks of this API have."""


@hookimpl
def hub_config_schema() -> "Mapping[str, type[Section]]":
    """Bring the section `[smsfactor_api]`."""
    from hub_smsfactor_api.settings import SmsfactorSettings

    return {"smsfactor_api": SmsfactorSettings}


@hookimpl
def hub_migrations() -> MigrationBranch:
    """Bring the tables of tickets, of clients' references, and of what accounts say of themselves."""
    from hub_smsfactor_api.people import PEOPLE

    return MigrationBranch("smsfactor_api", Path(__file__).parent / "migrations" / "versions", people=PEOPLE)


@hookimpl
def hub_register_blueprints(registry: "Registry") -> None:
    """Bring the endpoints."""
    registry.add_blueprint(_blueprint)


@hookimpl
def hub_register_event_styles(registry: "Registry") -> None:
    """Bring the form in which SMSFactor calls webhooks."""
    registry.add_event_style(STYLE, _dress)


def _blueprint(hub: Hub) -> "Blueprint":
    from hub_smsfactor_api.web import build

    return build(hub)


def _dress(
    hub: Hub, webhook: "Webhook", secrets: "Sequence[str]", events: "Sequence[Happened]"
) -> "Sequence[Call | None]":
    from hub_smsfactor_api.payloads import dress

    return dress(hub, webhook, secrets, events)
