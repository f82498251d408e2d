"""The sandbox: a carrier on this machine that shows every end a text can come to, and every fault of a line.

`[connector.NAME] type = sandbox`. `settings.py` lists its keys, `behaviour.py` what each number ending does.
"""

from typing import TYPE_CHECKING, cast

from hub import hookimpl

if TYPE_CHECKING:
    from hub import Connector, ConnectorContext, Registry
    from hub.plugin_kit import Section
    from hub_sandbox.settings import SandboxSettings

hub_api = 1


@hookimpl
def hub_register_connectors(registry: "Registry") -> None:
    """Bring the connector type `sandbox`."""
    from hub_sandbox.settings import SandboxSettings

    registry.add_connector("sandbox", SandboxSettings, _build)


def _build(context: "ConnectorContext", section: "Section") -> "Connector":
    from hub_sandbox.connector import Sandbox

    return Sandbox(context, cast("SandboxSettings", section))
