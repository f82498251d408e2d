"""The codec beside two of other people's: octet for octet, in both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import smpplib.smpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub_smpp.codec import decode, encode
from hub_smpp.pdu import (
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    NotAPdu,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)

from .oracle import NodeOracle
from .pdus import OCTET, body_of, name_of, pdus, tlvs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# A first answer of another process may take long on a loaded machine.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SMPPLIB = (
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter, BindTransmitterResp,
    DeliverSm, DeliverSmResp, EnquireLink, EnquireLinkResp, GenericNack, SubmitSm, SubmitSmResp, Unbind, UnbindResp,
)  # fmt: skip
"""What smpplib knows both ways; of binds, only those of SMPP 3.4."""
ITS_OWN_VERSION = 0x34


@pytest.fixture(scope="module")
def node() -> Iterator[NodeOracle]:
    """The npm package smpp."""
    oracle = NodeOracle.start()
    yield oracle
    oracle.close()


@patient
@given(pdus())
def test_npm_smpp_writes_the_octets_that_we_write(node: NodeOracle, pdu: Pdu) -> None:
    """Of the same values it makes the same PDU, whatever its kind; so what it writes is read as well."""
    written = node.write(name_of(type(pdu)), {"sequence_number": pdu.sequence, **body_of(pdu), **tlvs_of(pdu)})
    assert (written, decode(written)) == (encode(pdu), pdu)


@patient
@given(pdus())
def test_npm_smpp_reads_what_we_write(node: NodeOracle, pdu: Pdu) -> None:
    """Every field and every TLV comes out as it went in."""
    found = node.read(encode(pdu))
    wanted = {"command": name_of(type(pdu)), "sequence_number": pdu.sequence, **body_of(pdu), **tlvs_of(pdu)}
    assert {name: found[name] for name in wanted} == wanted


@patient
@given(pdus(), st.data())
def test_of_a_damaged_pdu_npm_smpp_reads_what_we_read(node: NodeOracle, pdu: Pdu, data: st.DataObject) -> None:
    """Octets are changed at random: what we do not refuse, both take for the same."""
    octets = bytearray(encode(pdu))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(12, len(octets) - 1))] = data.draw(OCTET)
    try:
        read = decode(bytes(octets))
    except NotAPdu:
        return
    found = node.read(bytes(octets))
    wanted = {name: _in_seven_bits(value) for name, value in body_of(read).items()}
    assert {name: _in_seven_bits(found[name]) for name in wanted} == wanted


@given(pdus(SMPPLIB))
def test_smpplib_writes_the_octets_that_we_write(pdu: Pdu) -> None:
    """Of the same values it makes the same PDU; so what it writes is read as well."""
    pdu = _of_its_version(pdu)
    values = {name: value or None for name, value in (body_of(pdu) | tlvs_of(pdu)).items()} | tlvs_of(pdu)
    other = smpplib.smpp.make_pdu(name_of(type(pdu)), client=None, sequence=pdu.sequence, **values)
    other.sequence = pdu.sequence
    written = other.generate()
    assert (written, decode(written)) == (encode(pdu), pdu)


@given(pdus(SMPPLIB))
def test_smpplib_reads_what_we_write(pdu: Pdu) -> None:
    """Every field and every TLV comes out as it went in."""
    other = smpplib.smpp.parse_pdu(encode(pdu), client=_Client(), allow_unknown_opt_params=True)
    wanted = body_of(pdu) | tlvs_of(pdu)
    assert (other.command, other.sequence) == (name_of(type(pdu)), pdu.sequence)
    assert {name: _plain(getattr(other, name)) for name in wanted} == {
        name: _plain(one) for name, one in wanted.items()
    }


class _Client:
    """What smpplib counts with."""

    sequence = 0

    def next_sequence(self) -> int:
        """Always the same."""
        return 1


def _of_its_version(pdu: Pdu) -> Pdu:
    """It writes one version only, whatever it is told."""
    if isinstance(pdu, (BindReceiver, BindTransmitter, BindTransceiver)):
        return replace(pdu, interface_version=ITS_OWN_VERSION)
    return pdu


def _plain(value: Any) -> Any:
    """Octets as text; it has no value where a PDU ends before an empty one."""
    return (value.decode("latin-1") if isinstance(value, bytes) else value) or None


def _in_seven_bits(value: object) -> object:
    """It reads text as ASCII, and drops the eighth bit."""
    return "".join(chr(ord(one) & 0x7F) for one in value) if isinstance(value, str) else value
