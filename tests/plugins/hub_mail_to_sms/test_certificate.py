"""A certificate that has run out is found before a mail server finds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub_mail_to_sms.certificate import expiry_findings

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def certificate(begin: datetime, end: datetime) -> bytes:
    """One that its server signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sms.example.org")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("begin", "end", "found"),
    [
        (-10, 90, []),
        (-10, 13, [("runs out on 2026-12-07", False)]),
        (-10, -1, [("ran out on 2026-11-23", True)]),
        (1, 90, [("is good from 2026-11-25 on", False)]),
    ],
)
def test_a_certificate_is_good_for_a_while(tmp_path: Path, begin: int, end: int, found: list[tuple[str, bool]]) -> None:
    """Days from now; what is soon over is a warning, what is over a fault."""
    path = tmp_path / "chain.pem"
    own = certificate(NOW + timedelta(days=begin), NOW + timedelta(days=end))
    path.write_bytes(own + certificate(NOW - timedelta(days=99), NOW - timedelta(days=9)))
    findings = list(expiry_findings(str(path), NOW))
    assert [(one.message.removeprefix("The certificate ").partition(";")[0], one.fatal) for one in findings] == found
