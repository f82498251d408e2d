"""The sandbox: a carrier on this machine that shows every end a text can come to, and every fault of a line.

`[connector.NAME] type = sandbox`. `settings.py` lists its keys, `behaviour.py` what each number ending does.

`carrier.py` and its neighbours (`intake.py`, `ledger.py`, `postman.py`) are the carrier. It lives inside the worker
(`connector.py`), or is a process of its own (`hub sandbox serve`: `server.py`, `session.py`) that the worker reaches
over a socket (`remote.py`, `link.py`), in frames (`wire.py`, `codec.py`).
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


@hookimpl
def hub_register_commands(registry: "Registry") -> None:
    """Bring `hub sandbox`."""
    from hub_sandbox.commands import sandbox

    registry.add_command(sandbox)


def _build(context: "ConnectorContext", section: "Section") -> "Connector":
    from hub_sandbox.connector import Sandbox
    from hub_sandbox.remote import RemoteSandbox

    settings = cast("SandboxSettings", section)
    return Sandbox(context, settings) if settings.endpoint is None else RemoteSandbox(context, settings)
