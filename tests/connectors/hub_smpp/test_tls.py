"""Encrypted lines, and who is at their other end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub import ConnectorContext, Submitted, TemporaryFailure
from hub.plugin_kit import SystemClock
from hub.testing.contract import OpenLine, RecordingSink, outgoing
from hub_smpp.connector import SmppConnector
from hub_smpp.settings import SmppSettings
from tests.connectors.hub_smpp.carrier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MINE = x509.IPAddress(ip_address("127.0.0.1"))
ANOTHERS = x509.DNSName("smpp.example.org")


@pytest.fixture
def lines() -> Iterator[list[Callable[[], None]]]:
    """What is closed after the test, the last first."""
    closing: list[Callable[[], None]] = []
    yield closing
    for close in reversed(closing):
        close()


def _connected(
    folder: Path, name: x509.GeneralName, lines: list[Callable[[], None]], *, trusted: bool = True, tls: bool = True
) -> OpenLine:
    certificate = _certificate(folder / "carrier.pem", name)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    carrier = Carrier(server)
    lines.append(carrier.close)
    values = {"host": "127.0.0.1", "port": carrier.port, "tls": tls, "ca_file": certificate if trusted else ""}
    settings = SmppSettings.model_validate({**values, "connect_timeout_s": 3})
    line = OpenLine(SmppConnector(ConnectorContext("c", folder, SystemClock()), settings), RecordingSink())
    lines.append(line.connector.close)
    line.connector.open(line.sink)
    return line


def _certificate(path: Path, name: x509.GeneralName) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "carrier")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1)
    ).add_extension(x509.SubjectAlternativeName([name]), critical=False)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def test_texts_go_over_an_encrypted_line(tmp_path: Path, lines: list[Callable[[], None]]) -> None:
    """And receipts come back by it."""
    line = _connected(tmp_path, MINE, lines)
    assert isinstance(line.submit(outgoing())[0], Submitted)
    assert line.sink.wait_for(1)


def test_another_hosts_certificate_is_refused(tmp_path: Path, lines: list[Callable[[], None]]) -> None:
    """The name is checked, however good the certificate is."""
    with pytest.raises(TemporaryFailure, match="certificate is not valid for"):
        _connected(tmp_path, ANOTHERS, lines).submit(outgoing())


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, lines: list[Callable[[], None]]) -> None:
    """Without ca_file the system's authorities decide."""
    with pytest.raises(TemporaryFailure, match="certificate verify failed"):
        _connected(tmp_path, MINE, lines, trusted=False).submit(outgoing())


def test_a_plain_line_to_an_encrypted_port_carries_nothing(tmp_path: Path, lines: list[Callable[[], None]]) -> None:
    """It is given up with a reason."""
    with pytest.raises(TemporaryFailure, match=r"127\.0\.0\.1"):
        _connected(tmp_path, MINE, lines, tls=False).submit(outgoing())


def test_a_ca_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Nothing leaves, and the reason names the trouble."""
    settings = SmppSettings.model_validate({"host": "127.0.0.1", "tls": True, "ca_file": tmp_path / "none.pem"})
    connector = SmppConnector(ConnectorContext("c", tmp_path, SystemClock()), settings)
    connector.open(RecordingSink())
    try:
        with pytest.raises(TemporaryFailure, match="No such file"):
            connector.submit([outgoing()])
    finally:
        connector.close()
