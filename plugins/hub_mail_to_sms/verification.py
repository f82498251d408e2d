"""Whose mail is this really: the word of a front server that checked SPF, DKIM and DMARC for us.

Only the topmost `Authentication-Results` that carries the named server's own id counts, and only on a mail that
comes from that server's networks (RFC 8601, section 5: a server removes fields of its own name from mail that
comes in). `dns_verification.py` does without such a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Protocol

from hub import HubError
from hub_mail_to_sms.results import read_results
from hub_mail_to_sms.settings import Verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message

    from hub_mail_to_sms.results import Results
    from hub_mail_to_sms.settings import MailSettings

ONCE_AT_MOST = ("From", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding")
"""A second one of these, put above the first, would change a mail under its signature (RFC 6376, section 8.15)."""


class CannotTellNow(Exception):
    """Whether the mail is genuine could not be found out at the moment; trying again may work."""


class Verifier(Protocol):
    """Says whether the From address of a mail may be believed."""

    def is_genuine(self, raw: bytes, from_address: str, peer: str) -> bool:
        """Whether the mail that this IP address handed over is from that address. Raises CannotTellNow."""
        ...


def verifier_for(settings: MailSettings) -> Verifier:
    """The verifier that the settings choose; raises HubError where it needs an extra that is not installed."""
    if settings.verify is Verify.DNS:
        try:
            from hub_mail_to_sms.dns_verification import DnsVerifier
        except ImportError as error:
            raise HubError(f"verify = dns needs an extra: pip install 'textohub[dkim]' ({error}).") from error
        return DnsVerifier()
    return FrontServer(settings.trusted_server, settings.trusted_networks)


@dataclass(frozen=True, slots=True)
class FrontServer:
    """Believes the results that one named front server wrote into the mail."""

    name: str
    networks: Sequence[str]

    def is_genuine(self, raw: bytes, from_address: str, peer: str) -> bool:
        """DMARC passed for the From address's own domain: then what passed is aligned with it (RFC 7489, 3.1)."""
        domain = from_address.rpartition("@")[2].lower()
        if not self.name or not domain or not _is_in(peer, self.networks):
            return False
        header = header_of(raw)
        return not repeats_a_field(header) and _passed_dmarc(self._own_results(header), domain)

    def _own_results(self, header: Message) -> Results | None:
        for field in header.get_all("Authentication-Results") or []:
            results = read_results(str(field))
            if results is None or results.server == self.name.lower():
                return results
        return None


def header_of(raw: bytes) -> Message:
    """The header of a mail, without its body."""
    header, _, _ = raw.partition(b"\r\n\r\n")
    return message_from_bytes(header + b"\r\n\r\n", policy=compat32)


def repeats_a_field(header: Message) -> bool:
    """Whether the mail has twice what it may have once: which of them was checked, nobody knows."""
    return any(len(header.get_all(name) or []) > 1 for name in ONCE_AT_MOST)


def _passed_dmarc(results: Results | None, domain: str) -> bool:
    found = results.of("dmarc") if results else []
    if len(found) != 1 or found[0].verdict != "pass":
        return False
    return [value.rpartition("@")[2].lower() for value in found[0].values("header.from")] == [domain]


def _is_in(peer: str, networks: Sequence[str]) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ip_network(network, strict=False) for network in networks)
