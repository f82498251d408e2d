"""Any carrier with an HTTP API, described in hub.ini or by a preset. `[connector.NAME] type = http`.

`connector.py` hands messages over: `fields.py`, `templates.py` and `writing.py` make a request, `auth.py` signs it,
`wire.py` makes it once, `answers.py` reads what it brought. `callbacks.py` takes what the carrier says later:
`proofs.py` finds out whether it is the carrier, `calls.py` what it says. `definition.py` is the form of the data files.
"""

from typing import TYPE_CHECKING, cast

from hub import Hub, hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Connector, ConnectorContext, Finding, Registry
    from hub.plugin_kit import Section
    from hub_http_carrier.settings import HttpSettings

hub_api = 1


@hookimpl
def hub_register_connectors(registry: "Registry") -> None:
    """Bring the connector type `http`."""
    from hub_http_carrier.settings import HttpSettings

    registry.add_connector("http", HttpSettings, _build)


@hookimpl
def hub_register_blueprints(registry: "Registry") -> None:
    """Bring the addresses that carriers call."""
    from hub_http_carrier.callbacks import blueprint

    registry.add_blueprint(blueprint)


@hookimpl
def hub_register_commands(registry: "Registry") -> None:
    """Bring `hub carrier`."""
    from hub_http_carrier.commands import carrier

    registry.add_command(carrier)


@hookimpl
def hub_health(hub: Hub) -> "Sequence[Finding]":
    """Tell what of the HTTP carriers cannot work as it stands."""
    from hub_http_carrier.checks import findings

    return findings(hub)


def _build(context: "ConnectorContext", section: "Section") -> "Connector":
    from hub_http_carrier.connector import HttpCarrier

    settings = cast("HttpSettings", section)
    return HttpCarrier(context, settings, settings.described())
