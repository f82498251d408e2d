"""How long the listener's certificate is good for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hub import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

SOON = timedelta(days=14)
_KEY = "[mail_to_sms] tls_cert"


def expiry_findings(path: str, now: datetime) -> Iterator[Finding]:
    """Say when a certificate has run out, will soon, or is not good yet; the first of a chain is the server's own.

    Mail servers refuse one that has run out, or stop asking for TLS at all. `path` is one that could be loaded.
    """
    from cryptography import x509

    certificate = x509.load_pem_x509_certificates(Path(path).read_bytes())[0]
    end, begin = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    if end <= now:
        yield Finding(_KEY, f"The certificate ran out on {end:%Y-%m-%d}; renew it.", fatal=True)
    elif end <= now + SOON:
        yield Finding(_KEY, f"The certificate runs out on {end:%Y-%m-%d}; renew it.")
    if begin > now:
        yield Finding(_KEY, f"The certificate is good from {begin:%Y-%m-%d} on; is this machine's clock right?")
