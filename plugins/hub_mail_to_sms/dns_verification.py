"""Whose mail is this really, found out by the hub itself: a DKIM signature that DMARC lets speak for the sender.

Needs the extra `dkim`. SPF is not asked: it dies with the first forwarding, and a mail without a good signature
is not believed. Stricter than RFC 6376 where a signature would leave room for changes: one with a body length
(`l=`) or without the subject counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from authheaders import dmarc_per_from  # type: ignore[import-untyped]  # here and below: no types are published
from authheaders.dmarc_lookup import DMARCException  # type: ignore[import-untyped]
from authres import DKIMAuthenticationResult  # type: ignore[import-untyped]
from dkim import DKIM  # type: ignore[import-untyped]
from dns.exception import DNSException, FormError
from dns.exception import SyntaxError as NoName
from dns.resolver import NXDOMAIN, NoAnswer, resolve

from hub_mail_to_sms.verification import CannotTellNow, header_of, repeats_a_field

Lookup = Callable[[str], Sequence[str]]
"""The TXT records of a name, each joined; none is an empty sequence. Raises CannotTellNow."""

MOST_SIGNATURES = 5
LOOKUP_WITHIN_S = 5.0
SMALLEST_KEY = 1024
_MUST_BE_SIGNED = frozenset({b"from", b"subject"})


def txt_records(name: str) -> Sequence[str]:
    """Ask the machine's own resolver."""
    try:
        answer = resolve(name, "TXT", lifetime=LOOKUP_WITHIN_S)
    except (NXDOMAIN, NoAnswer, NoName, FormError):
        return ()
    except DNSException as error:
        raise CannotTellNow from error
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


@dataclass(frozen=True, slots=True)
class DnsVerifier:
    """Checks signatures and policies with what the DNS says."""

    lookup: Lookup = txt_records

    def is_genuine(self, raw: bytes, from_address: str, peer: str) -> bool:
        """Whether a good signature is aligned with the From address, as the domain's DMARC record asks."""
        del peer
        domain = from_address.rpartition("@")[2].lower()
        if not domain or repeats_a_field(header_of(raw)):
            return False
        return any(self._is_aligned(domain, signer) for signer in self._signers(raw))

    def _signers(self, raw: bytes) -> Iterator[str]:
        """The domains that signed the mail."""
        for index in range(MOST_SIGNATURES):
            try:
                mail = DKIM(raw, minkey=SMALLEST_KEY)
                is_good = mail.verify(index, dnsfunc=self._key)
            except CannotTellNow:
                raise
            except Exception:  # noqa: BLE001, S112 - whatever it makes dkimpy raise, it is not a good signature
                continue
            if is_good and b"l" not in mail.signature_fields and set(mail.include_headers) >= _MUST_BE_SIGNED:
                yield mail.domain.decode("ascii", "replace").lower()

    def _is_aligned(self, domain: str, signer: str) -> bool:
        """DMARC's own test, and one of kin: to authheaders all domains under a new top-level domain are one."""
        if not (signer == domain or signer.endswith(f".{domain}") or domain.endswith(f".{signer}")):
            return False
        signed = DKIMAuthenticationResult(result="pass", header_d=signer)
        try:
            return bool(dmarc_per_from(domain, dkim_result=signed, dnsfunc=self._policy)[0] == "pass")
        except DMARCException:
            return False

    def _key(self, name: bytes, timeout: float = LOOKUP_WITHIN_S) -> bytes | None:
        del timeout
        records = self.lookup(name.decode("ascii", "replace").rstrip("."))
        return records[0].encode() if records else None

    def _policy(self, name: str) -> str | None:
        records = [record for record in self.lookup(name) if record.startswith("v=DMARC1")]
        return records[0] if len(records) == 1 else None
