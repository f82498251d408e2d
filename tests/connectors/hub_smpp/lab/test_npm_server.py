"""The connector on a carrier that other people wrote: the npm package smpp, over TCP."""

from __future__ import annotations

import json
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hub import PermanentFailure, ReceiptState, Submitted
from hub_smpp.connector import SmppConnector

from .conftest import until
from .oracle import FOLDER
from .sending import send_all, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub_smpp.binds import Bind

    from .conftest import CarrierMaker, LineMaker


@dataclass
class NodeCarrier:
    """Its process and its port."""

    process: subprocess.Popen[str]
    port: int

    def took(self) -> dict[str, Any]:
        """What it says of the next submit_sm."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found


@pytest.fixture
def node_carrier() -> Iterator[NodeCarrier]:
    """A carrier in Node.js; it ends with its standard input."""
    assert (FOLDER / "node_modules" / "smpp").is_dir(), f"run npm ci in {FOLDER}"
    process = subprocess.Popen(
        ["node", "server.js"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield NodeCarrier(process, json.loads(process.stdout.readline())["port"])
    process.communicate()


def test_texts_are_taken_and_reported_on(node_carrier: NodeCarrier, open_line: LineMaker) -> None:
    """Bind, submit, receipt and goodbye, each as somebody else understands it."""
    line = open_line(node_carrier.port)
    message = texts(1)[0]
    outcome = send_all(line, [message])[message.to]
    assert isinstance(outcome, Submitted)
    assert node_carrier.took() == {"to": message.to[1:], "text": "Bonjour", "reference": message.short_ref}
    (receipt,) = line.sink.wait_for(1, 30)
    assert (receipt.carrier_id, receipt.state, receipt.to) == (
        outcome.carrier_ids[0],
        ReceiptState.DELIVERED,
        message.to,
    )


def test_a_text_from_a_phone_comes_in(node_carrier: NodeCarrier, open_line: LineMaker) -> None:
    """In UCS-2, as it writes what has no place in a smaller alphabet."""
    line = open_line(node_carrier.port)
    (text,) = line.sink.wait_for_texts(1, 30)
    assert (text.number.lstrip("+"), text.to, text.text) == ("33612300001", "36180", "Ça va ☂")


def test_many_texts_keep_their_answers(node_carrier: NodeCarrier, open_line: LineMaker) -> None:
    """Each of two hundred has an id of its own, and its receipt."""
    line = open_line(node_carrier.port, window=50)
    ended = send_all(line, texts(200))
    ids = {one.carrier_ids[0] for one in ended.values() if isinstance(one, Submitted)}
    receipts = line.sink.wait_for(200, 30)
    assert (len(ids), {one.carrier_id for one in receipts}) == (200, ids)


def test_a_wrong_password_is_somebodys_to_mend(node_carrier: NodeCarrier, open_line: LineMaker) -> None:
    """Trying again does not help."""
    line = open_line(node_carrier.port, password="wrong")
    with pytest.raises(PermanentFailure, match="password"):
        line.submit(*texts(1))


def test_nothing_waits_for_more_octets(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """TCP_NODELAY is set: else receipts stall for the time of a delayed acknowledgement."""
    carrier = make_carrier()
    line = open_line(carrier.port)
    until(carrier.bound)
    assert isinstance(line.connector, SmppConnector)
    assert line.connector._line is not None
    assert all(
        _socket_of(bind).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for bind in line.connector._line._binds
    )


def _socket_of(bind: Bind) -> socket.socket:
    assert bind.session is not None
    assert bind.session._transport is not None
    found: socket.socket = bind.session._transport.get_extra_info("socket")
    return found
