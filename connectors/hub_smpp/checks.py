"""What of the SMPP carriers cannot work as it stands, for `hub check` and `/health/ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub import Finding
from hub_smpp.settings import SmppSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Hub


def findings(hub: Hub) -> tuple[Finding, ...]:
    """Everything at once."""
    return tuple(
        finding
        for name, settings in hub.connectors(SmppSettings).items()
        for finding in _of_carrier(f"[connector.{name}]", settings)
    )


def _of_carrier(where: str, settings: SmppSettings) -> Iterator[Finding]:
    if not settings.system_id:
        message = "The carrier is not told who calls; write the system_id that it gave you."
        yield Finding(f"{where} system_id", message, fatal=True)
    if not settings.password.get_secret_value():
        message = "It is empty, and hardly a carrier lets anybody in without one; write the one that it gave you."
        yield Finding(f"{where} password", message)
