"""What of the HTTP carriers cannot work as it stands, for `hub check` and `/health/ready`."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub import Finding
from hub_http_carrier.proofs import Proofs
from hub_http_carrier.settings import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub import Hub
    from hub_http_carrier.definition import Definition

WAYS = "callback_secret, callback_user and callback_password, callback_networks, or signing_secret"


def findings(hub: Hub) -> tuple[Finding, ...]:
    """Everything at once."""
    return tuple(
        finding
        for name, settings in hub.connectors(HttpSettings).items()
        for finding in _of_carrier(f"[connector.{name}]", settings, hub.public_url)
    )


def _of_carrier(where: str, settings: HttpSettings, public_url: str) -> Iterator[Finding]:
    try:
        definition = settings.described()
    except ValueError:
        return  # said by the look at the connectors, which cannot build it
    for key in definition.needs:
        if not (settings.secret(key) if key in {"password", "token", "signing_secret"} else getattr(settings, key)):
            yield Finding(f"{where} {key}", f"{definition.name} needs it; write {key} = ...", fatal=True)
    yield from _of_address(where, settings, definition)
    yield from _of_callbacks(where, settings, definition, public_url)


def _of_address(where: str, settings: HttpSettings, definition: Definition) -> Iterator[Finding]:
    url = urlsplit(settings.url or definition.request.url)
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        yield Finding(f"{where} url", "Texts and passwords go over the network in clear; write https://.")


def _of_callbacks(where: str, settings: HttpSettings, definition: Definition, public_url: str) -> Iterator[Finding]:
    if settings.inbound and definition.inbound is None:
        yield Finding(f"{where} inbound", f"How {definition.name} calls about texts is not described.", fatal=True)
    if not ((settings.receipts and definition.receipts) or (settings.inbound and definition.inbound)):
        return
    proofs = Proofs.of(settings, definition)
    if not proofs.kinds:
        message = f"Anyone could call in the carrier's name, so nobody is let in; give {WAYS}, or receipts = no."
        yield Finding(f"{where} callback_secret", message, fatal=True)
    if bool(settings.callback_user) != bool(settings.secret("callback_password")):
        yield Finding(f"{where} callback_user", "callback_user and callback_password go together.", fatal=True)
    signs_url = proofs.signature is not None and proofs.signature.kind == "twilio"
    if not public_url:
        message = "The carrier cannot be told where to call; write the hub's web address."
        yield Finding("[hub] public_url", f"{message} For {where}.", fatal=signs_url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
