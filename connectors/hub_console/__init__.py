"""The console: prints every text instead of sending it. For trying things out, and for demonstrations.

`[connector.NAME] type = console`. Nothing survives the process: for a carrier that remembers, and that
can fail, see `hub_sandbox`.
"""

from typing import TYPE_CHECKING, cast

from hub import hookimpl

if TYPE_CHECKING:
    from hub import Connector, ConnectorContext, Registry
    from hub.plugin_kit import Section
    from hub_console.settings import ConsoleSettings

hub_api = 1


@hookimpl
def hub_register_connectors(registry: "Registry") -> None:
    """Bring the connector type `console`."""
    from hub_console.settings import ConsoleSettings

    registry.add_connector("console", ConsoleSettings, _build)


def _build(context: "ConnectorContext", section: "Section") -> "Connector":
    from hub_console.connector import ConsoleConnector

    return ConsoleConnector(context, cast("ConsoleSettings", section))
