"""The keys of `[connector.NAME] type = http`."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

from hub.plugin_kit import Section, TextList, from_folder
from hub_http_carrier.definition import Definition, load, preset_names, preset_path

_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_SHORTEST_SECRET = 20


def _none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _local(path: Path | None, info: ValidationInfo) -> Path | None:
    return None if path is None else from_folder(path, info)


def _url(text: str) -> str:
    if text and not re.match(r"https?://[^/\s]", text):
        raise ValueError("is not a web address; write it as in https://api.example.net/send")
    return text


def _preset(name: str) -> str:
    if name and name.lower() not in preset_names():
        raise ValueError(f"is no preset; there are {', '.join(preset_names())}, or write definition = carrier.toml")
    return name.lower()


def _networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise ValueError(f"{network!r} is no network; write it as in 192.0.2.0/24") from None
    return networks


def _path_secret(secret: SecretStr) -> SecretStr:
    said = secret.get_secret_value()
    if said and (len(said) < _SHORTEST_SECRET or not _SECRET.fullmatch(said)):
        raise ValueError(
            f"must be {_SHORTEST_SECRET} or more letters, digits, - and _; `openssl rand -hex 16` makes one"
        )
    return secret


OptionalPath = Annotated[Path | None, BeforeValidator(_none), AfterValidator(_local)]
OptionalInt = Annotated[Annotated[int, Field(ge=1, le=10_000)] | None, BeforeValidator(_none)]
OptionalRate = Annotated[Annotated[float, Field(gt=0)] | None, BeforeValidator(_none)]
Seconds = Annotated[float, Field(gt=0, le=30)]
"""A wait that ends, together with those before it, within the lease of a worker's messages."""


class HttpSettings(Section):
    """A carrier with an HTTP API: a preset or a definition, and what is the account's own."""

    preset: Annotated[str, AfterValidator(_preset)] = Field(
        default="", description="The carrier, where the hub knows it: ovh, smsfactor, twilio or vonage."
    )
    definition: OptionalPath = Field(
        default=None, description="Any other carrier: a file that says how it is spoken to, see docs/http-carriers.md."
    )
    url: Annotated[str, AfterValidator(_url)] = Field(
        default="", description="Address that requests go to, where it is not that of the preset or the definition."
    )
    account: str = Field(default="", description="The account's name at the carrier, as it stands in its addresses.")
    user: str = Field(default="", description="User name, API key or application key.")
    password: SecretStr = Field(default=SecretStr(""), description="Password, API secret or application secret.")
    token: SecretStr = Field(default=SecretStr(""), description="Access token, or OVHcloud's consumer key.")
    number: str = Field(
        default="", description="Number that phones answer to, where the carrier's call does not name it."
    )

    rate: OptionalRate = Field(default=None, description="Segments per second; empty for as fast as it goes.")
    parallel: int = Field(default=8, ge=1, le=64, description="Requests that are under way at once, per worker.")
    batch_size: OptionalInt = Field(
        default=None,
        description="Messages per request, where the carrier takes several; empty for what is usual there.",
    )
    connect_timeout_s: float = Field(default=5, gt=0, le=10, description="How long a connection may take.")
    read_timeout_s: Seconds = Field(default=10, description="How long the carrier may say nothing.")
    whole_timeout_s: Seconds = Field(default=15, description="How long a request may take as a whole.")
    max_answer_kb: int = Field(default=256, ge=1, le=10_240, description="Largest answer that is read, in kilobytes.")
    ca_file: OptionalPath = Field(
        default=None, description="Certificates (PEM) that are trusted beside the system's, as for a carrier's own."
    )

    receipts: bool = Field(default=True, description="Whether the carrier calls the hub about what became of texts.")
    inbound: bool = Field(default=False, description="Whether it calls about texts that come in from phones.")
    callback_secret: Annotated[SecretStr, AfterValidator(_path_secret)] = Field(
        default=SecretStr(""), description="Part of the address that the carrier calls, and known to nobody else."
    )
    callback_user: str = Field(default="", description="User name that the carrier must show when it calls.")
    callback_password: SecretStr = Field(default=SecretStr(""), description="Password that it must show when it calls.")
    callback_networks: Annotated[TextList, AfterValidator(_networks)] = Field(
        default=(), description="Networks that it calls from, as in 192.0.2.0/24; empty for any."
    )
    signing_secret: SecretStr = Field(default=SecretStr(""), description="Secret that it signs its calls with.")

    def described(self) -> Definition:
        """How the carrier is spoken to; raises ValueError with a sentence when that cannot be known."""
        if bool(self.preset) == (self.definition is not None):
            raise ValueError("write preset or definition, one of them")
        return load(self.definition or preset_path(self.preset))

    def secret(self, name: str) -> str:
        """A secret key in clear."""
        value: SecretStr = getattr(self, name)
        return value.get_secret_value()

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks that the carrier calls from."""
        return tuple(ip_network(network) for network in self.callback_networks)

    def constants(self, name: str, public_url: str, *, receipts: bool, inbound: bool) -> dict[str, str]:
        """The fields that all messages have: what hub.ini says, and where the carrier calls back."""
        urls = callback_urls(self, name, public_url)
        return {
            "connector": name,
            "account": self.account,
            "user": self.user,
            **{key: self.secret(key) for key in ("password", "token", "signing_secret", "callback_secret")},
            "receipts_url": urls["receipts"] if receipts else "",
            "inbound_url": urls["inbound"] if inbound else "",
        }


def callback_urls(settings: HttpSettings, name: str, public_url: str) -> dict[str, str]:
    """Where the carrier calls, by what it calls about; empty without a public address."""
    secret = settings.secret("callback_secret")
    kept = f"{name}/{secret}" if secret else name
    return {kind: f"{public_url}/carriers/{kept}/{kind}" if public_url else "" for kind in ("receipts", "inbound")}
