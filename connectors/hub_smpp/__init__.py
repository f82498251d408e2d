"""SMPP 3.4: binds to carriers that live as long as the worker. `[connector.NAME] type = smpp`.

From the wire up: `codes.py`, `pdu.py` and `codec.py` are the protocol's words; `session.py` is one line, with its
`pace.py`; `binds.py` keeps lines up; `traffic.py` is what goes out by them, `postman.py` what comes in; `line.py`
holds them together in one thread, and `connector.py` is what the hub sees. Pure rules stand beside: `outgoing.py`,
`alphabet.py`, `addresses.py`, `receipts.py`, `ids.py`, `errors.py`, `incoming.py`. `settings.py` lists the keys,
`checks.py` says what is wrong with them.
"""

from typing import TYPE_CHECKING, cast

from hub import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub import Connector, ConnectorContext, Finding, Hub, Registry
    from hub.plugin_kit import Section
    from hub_smpp.settings import SmppSettings

hub_api = 1


@hookimpl
def hub_register_connectors(registry: "Registry") -> None:
    """Bring the connector type `smpp`."""
    from hub_smpp.settings import SmppSettings

    registry.add_connector("smpp", SmppSettings, _build)


@hookimpl
def hub_health(hub: "Hub") -> "Sequence[Finding]":
    """Tell what of the SMPP carriers cannot work as it stands."""
    from hub_smpp.checks import findings

    return findings(hub)


def _build(context: "ConnectorContext", section: "Section") -> "Connector":
    from hub_smpp.connector import SmppConnector

    return SmppConnector(context, cast("SmppSettings", section))
