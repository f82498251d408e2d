"""The keys of `[mail_to_sms]`."""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from hub import Purpose
from hub.plugin_kit import Section, TextList

if TYPE_CHECKING:
    from hub import Hub


class Accept(StrEnum):
    """Who may send: who knows the secret address, who signs in, or whose From address was verified."""

    AUTO = "auto"
    ADDRESS = "address"
    AUTH = "auth"
    VERIFIED = "verified"


class Verify(StrEnum):
    """Who verifies From addresses: a front server, or the hub itself by DKIM and DMARC."""

    FRONT = "front"
    DNS = "dns"


class Answers(StrEnum):
    """Who may answer a person's text: who has the address that was made for it, or of those the account's own."""

    ADDRESS = "address"
    KNOWN = "known"


def _domain(value: str) -> str:
    if not value.strip():
        return ""
    try:
        domain = value.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", domain):
        raise ValueError("is no domain; write it as sms.example.org")
    return domain


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"holds {value}, which is no network; write 10.0.0.0/8 or 2001:db8::/32") from None
    return values


class MailSettings(Section):
    """The SMTP listener, and whose mail becomes texts."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=2525, ge=1, le=65535, description="Port to listen on; mail servers speak to 25.")
    domain: Annotated[str, AfterValidator(_domain)] = Field(
        default="",
        description="Domain that mail is taken for, any other is refused; empty for [hub] mail_domain.",
    )
    accept: Accept = Field(
        default=Accept.AUTO,
        description="auto is address on loopback and auth elsewhere; verified goes by the From address.",
    )
    verify: Verify = Field(
        default=Verify.FRONT,
        description="For verified: front believes trusted_server; dns checks DKIM and DMARC itself (extra dkim).",
    )
    trusted_server: str = Field(
        default="",
        description=(
            "For verified by front: the front server's name in its Authentication-Results header, "
            "which it must remove from mail that comes in."
        ),
    )
    trusted_networks: Annotated[TextList, AfterValidator(_networks)] = Field(
        default=("127.0.0.0/8", "::1/128"), description="For verified by front: networks that server connects from."
    )
    answers: Answers = Field(
        default=Answers.ADDRESS,
        description=(
            "Who may answer a person's text by mail: address is whoever has the forwarded mail's address; "
            "known must also write from an address of the account."
        ),
    )
    purpose: Purpose = Field(
        default=Purpose.ALERT, description="Purpose of a mail whose subject does not say [marketing] or [alert]."
    )
    tls_cert: str = Field(default="", description="Certificate file (PEM) for STARTTLS; empty: no TLS.")
    tls_key: str = Field(default="", description="Key file (PEM) of tls_cert, when it is not in the same file.")
    max_size_kb: int = Field(default=1024, ge=8, le=65536, description="Largest mail, in kilobytes.")
    max_recipients: int = Field(default=100, ge=1, le=10_000, description="Most numbers in one subject.")
    mails_per_minute: int = Field(default=30, ge=1, le=100_000, description="Most mails per minute and account.")
    mails_per_minute_per_sender: int = Field(
        default=20, ge=1, le=100_000, description="Most mails per minute from one From address to one account."
    )
    connections_per_client: int = Field(default=20, ge=1, le=10_000, description="Most connections per client.")
    connections: int = Field(default=200, ge=1, le=100_000, description="Most connections in all.")
    timeout_s: float = Field(default=60.0, ge=1, le=600, description="Seconds a client may stay silent.")
    mail_timeout_s: float = Field(
        default=300.0, ge=1, le=3600, description="Seconds a client may take for one mail, silent or not."
    )
    auth_failures: int = Field(
        default=5, ge=1, le=100, description="Failed sign-ins per quarter of an hour before a client must wait."
    )

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def way(self) -> Accept:
        """Who may send, `auto` made out."""
        if self.accept is not Accept.AUTO:
            return self.accept
        return Accept.ADDRESS if self.on_loopback else Accept.AUTH


def settings_of(hub: Hub) -> MailSettings:
    """The plugin's settings on a hub, its domain made out."""
    settings = hub.section(MailSettings)
    return settings if settings.domain else settings.model_copy(update={"domain": hub.mail_domain})
