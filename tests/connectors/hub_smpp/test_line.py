"""How lines are kept up, and what carriers can do to them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from hub import Submitted, TemporaryFailure
from hub.testing.contract import OpenLine, outgoing
from hub_smpp import binds, session
from hub_smpp.codes import Status
from hub_smpp.pdu import (
    HEADER,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    SubmitSm,
    Unbind,
    UnbindResp,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub_smpp.binds import LinkStatus
    from tests.connectors.hub_smpp.carrier import Carrier
    from tests.connectors.hub_smpp.conftest import Connect

RUBBISH = {
    "length 4": b"\0\0\0\x04",
    "2 GB": b"\x7f\xff\xff\xff\0\0\0\x05",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "cut off within": HEADER.pack(20, 0x05, 0, 1) + b"\0\x01\0\0",
    "nothing but zeros": b"\0" * 64,
    "a nack of nothing": HEADER.pack(16, 0x80000000, 3, 0),
    "unknown commands": HEADER.pack(16, 0x77, 0, 9) * 10,
}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binds, "FIRST_PAUSE_S", 0.05)


def _status(line: OpenLine) -> LinkStatus:
    return line.connector.status()[0]  # type: ignore[attr-defined,no-any-return]  # this connector's own


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 15
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def _works(line: OpenLine) -> bool:
    try:
        return isinstance(line.submit(outgoing())[0], Submitted)
    except TemporaryFailure:
        return False


@pytest.mark.parametrize("octets", RUBBISH.values(), ids=RUBBISH)
def test_rubbish_costs_the_line_and_no_more(carrier: Carrier, connect: Connect, octets: bytes) -> None:
    """The line ends with its reason, and a new one carries texts (B48)."""
    line = connect()
    carrier.bound().send(octets)
    _until(lambda: _status(line).reason)
    _until(lambda: _works(line))
    assert str(carrier.port) in (_status(line).reason or "")


@pytest.mark.parametrize("octets", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\x04", b"SSH-2.0-OpenSSH\r\n"])
def test_a_server_that_is_no_carrier_is_named_as_such(carrier: Carrier, connect: Connect, octets: bytes) -> None:
    """Who answers a bind with something else gets no text, and the reason says what came (B48)."""
    carrier.greeting = octets
    with pytest.raises(TemporaryFailure, match="the carrier sent what is no SMPP"):
        connect().submit(outgoing())


def test_a_carrier_that_says_nothing_is_given_up(carrier: Carrier, connect: Connect) -> None:
    """A bind that is not answered ends after connect_timeout_s (B48)."""
    carrier.on[BindTransceiver] = lambda _, __: []
    with pytest.raises(TemporaryFailure, match=r"no connection and bind within 0\.3 s"):
        connect(connect_timeout_s=0.3).submit(outgoing())


def test_rubbish_on_one_line_leaves_the_other_alone(carrier: Carrier, connect: Connect) -> None:
    """Each line has its own fate (B48)."""
    line = connect(binds=2)
    carrier.bound(2)
    _until(lambda: all(link.is_up for link in line.connector.status()))  # type: ignore[attr-defined]
    carrier.peers[0].send(b"\0\0\0\x04")
    carrier.wait_for(GenericNack)
    assert _works(line)


def test_an_unknown_command_is_nacked_and_the_line_goes_on(carrier: Carrier, connect: Connect) -> None:
    """ESME_RINVCMDID with the number of the question, as the specification has it (B48)."""
    line = connect()
    carrier.bound().send(HEADER.pack(16, 0x77, 0, 9))
    (nack,) = carrier.wait_for(GenericNack)
    assert (nack.sequence, nack.status) == (9, Status.ESME_RINVCMDID)
    assert _works(line)
    assert _status(line).reason is None


def test_a_frozen_carrier_is_found_out(carrier: Carrier, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that is not answered ends the line, and a new one is made (F21)."""
    monkeypatch.setattr(session, "ENQUIRY_ANSWER_S", 0.3)
    line = connect(enquire_link_s=1)
    carrier.bound().stop_reading()
    _until(lambda: "enquire_link unanswered" in (_status(line).reason or ""))
    _until(lambda: _works(line))


def test_a_frozen_carrier_is_found_out_within_a_minute() -> None:
    """The longest silence that may be configured and the time for its answer, with the ticks (F21)."""
    assert 45 + session.ENQUIRY_ANSWER_S + 2 * session.TICK_S < 60


def test_a_silent_carrier_that_answers_keeps_its_line(carrier: Carrier, connect: Connect) -> None:
    """It is asked, says that it is there, and that is all."""
    line = connect(enquire_link_s=1)
    carrier.wait_for(EnquireLink, 2)
    assert _status(line).reason is None


def test_a_carrier_that_asks_is_answered(carrier: Carrier, connect: Connect) -> None:
    """With the number of its question."""
    connect()
    carrier.bound().send(EnquireLink(sequence=77))
    (answer,) = carrier.wait_for(EnquireLinkResp)
    assert answer.sequence == 77


def test_a_carrier_that_says_goodbye_is_answered_and_called_again(carrier: Carrier, connect: Connect) -> None:
    """Unbind is no fault."""
    line = connect()
    carrier.bound().send(Unbind(sequence=5))
    carrier.wait_for(UnbindResp)
    _until(lambda: _works(line))
    assert "goodbye" in (_status(line).reason or "")


def test_closing_says_goodbye(carrier: Carrier, connect: Connect) -> None:
    """The carrier need not guess."""
    line = connect()
    assert _works(line)
    line.connector.close()
    assert carrier.wait_for(Unbind)


def test_closing_waits_for_no_carrier_that_is_frozen(carrier: Carrier, connect: Connect) -> None:
    """A goodbye that nobody hears ends all the same."""
    line = connect()
    assert _works(line)
    carrier.bound().stop_reading()
    began = time.monotonic()
    line.connector.close()
    assert time.monotonic() - began < 60


def test_an_outbind_is_passed_over(carrier: Carrier, connect: Connect) -> None:
    """The hub calls its carriers by itself."""
    line = connect()
    carrier.bound().send(Outbind(sequence=1, system_id="x"))
    assert _works(line)


def test_a_line_that_breaks_is_made_again(carrier: Carrier, connect: Connect) -> None:
    """Nobody has to submit for that."""
    connect()
    carrier.bound().hang_up()
    carrier.wait_for(BindTransceiver, 2)


def test_a_carrier_that_comes_late_is_reached(carrier: Carrier, connect: Connect) -> None:
    """Refused at first, and tried again (F19)."""
    carrier.greeting = b"\0\0\0\x04"
    line = connect()
    _until(lambda: _status(line).reason)
    carrier.greeting = None
    _until(lambda: _works(line))


def test_two_ways_are_two_binds(carrier: Carrier, connect: Connect) -> None:
    """One sends, the other receives."""
    line = connect(bind="transmitter+receiver")
    carrier.wait_for(BindTransmitter)
    carrier.wait_for(BindReceiver)
    line.submit(outgoing())
    assert line.sink.wait_for(1)


def test_a_receiver_alone_sends_nothing(carrier: Carrier, connect: Connect) -> None:
    """It says so, and nothing leaves."""
    line = connect(bind="receiver", connect_timeout_s=0.5)
    with pytest.raises(TemporaryFailure):
        line.submit(outgoing())
    assert not carrier.submitted()


def test_pauses_grow_and_are_spread() -> None:
    """Up to twice as long each time, never beyond the longest, and never all at the same moment."""
    pauses = [[binds.pause_s(tries, 30) for _ in range(200)] for tries in range(12)]
    assert max(pauses[0]) <= 0.1 or max(pauses[0]) <= binds.FIRST_PAUSE_S
    assert max(pauses[11]) <= 30
    assert max(pauses[11]) - min(pauses[11]) > 10


def test_nothing_is_written_behind_a_goodbye(carrier: Carrier, connect: Connect) -> None:
    """A closed connector's line carries no text."""
    line = connect()
    line.submit(outgoing())
    line.connector.close()
    with pytest.raises(TemporaryFailure):
        line.submit(outgoing())
    assert len([pdu for pdu in carrier.seen if isinstance(pdu, SubmitSm)]) == 1
