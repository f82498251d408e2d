"""The carrier that hub_smpp is proved with, itself proved with smpplib's client, an opinion from outside."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import smpplib.client
import smpplib.exceptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub_smpp.codec import encode
from hub_smpp.pdu import BindTransceiver
from hub_smpp.testing import Fate, Phone, SmscProcess, SmscThread
from hub_smpp.testing.behaviour import read, words
from hub_smpp.testing.book import Book, read_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import CarrierMaker, LineMaker

WITHIN_S = 20.0
TO = "33612300001"
PASSWORD = "secret"


@dataclass
class Esme:
    """smpplib's client, and what it heard."""

    client: Any
    answers: list[Any] = field(default_factory=list)
    delivered: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client.set_message_sent_handler(self._answered)
        self.client.set_message_received_handler(self._delivered)
        self.client.set_error_pdu_handler(_pass_on)

    def submit(self, to: str = TO, text: bytes = b"Bonjour", **more: object) -> None:
        """Send a submit_sm."""
        self.client.send_message(
            source_addr="salon", destination_addr=to, short_message=text, registered_delivery=1, **more
        )

    def _answered(self, pdu: Any) -> None:
        self.answers.append(pdu)

    def _delivered(self, pdu: Any) -> None:
        self.delivered.append(pdu)

    def until(self, true: Callable[[], object]) -> None:
        """Read until something is true."""
        end = time.monotonic() + WITHIN_S
        while not true():
            assert time.monotonic() < end, (self.answers, self.delivered)
            self.client.read_once()


@contextmanager
def esme(carrier: SmscThread | SmscProcess, password: str = PASSWORD) -> Iterator[Esme]:
    """A client that is bound."""
    client = smpplib.client.Client("127.0.0.1", carrier.port, timeout=WITHIN_S, allow_unknown_opt_params=True)
    client.connect()
    try:
        client.bind_transceiver(system_id="hub", password=password)
        yield Esme(client)
    finally:
        client.state = 1  # it is not asked to say goodbye
        client.disconnect()


def test_what_was_taken_is_in_the_book_with_its_reference(make_carrier: CarrierMaker) -> None:
    """By the carrier's own word, not the client's."""
    carrier = make_carrier()
    with esme(carrier) as client:
        client.submit(user_message_reference=4711)
        client.until(lambda: client.answers)
    (taken,) = carrier.count().taken
    assert (taken.to, taken.sender, taken.reference, bytes.fromhex(taken.text)) == (TO, "salon", 4711, b"Bonjour")


def test_parts_are_known_by_their_header(make_carrier: CarrierMaker) -> None:
    """Each is counted, the text stands without the header, and what lacks a part is incomplete."""
    carrier = make_carrier()
    with esme(carrier) as client:
        client.submit(text=b"\x05\x00\x03\x07\x02\x02deux", esm_class=0x40)
        client.until(lambda: client.answers)
    (taken,) = carrier.count().taken
    assert (taken.part, taken.parts, bytes.fromhex(taken.text)) == (2, 2, b"deux")
    assert (carrier.count().incomplete(), carrier.count().times_taken()) == ({TO}, {TO: 1})


@pytest.mark.parametrize(
    ("id_form", "receipt_id_form"),
    [("hex_upper", "dec_padded"), ("hex_padded", "dec"), ("dec", "hex"), ("dec_padded", "hex_upper_padded")],
)
def test_the_id_of_a_receipt_has_the_form_that_was_asked_for(
    id_form: str, receipt_id_form: str, make_carrier: CarrierMaker
) -> None:
    """One form in the answer, another in the receipt, the same number."""
    carrier = make_carrier(id_form=id_form, receipt_id_form=receipt_id_form)
    with esme(carrier) as client:
        client.submit()
        client.until(lambda: client.answers and client.delivered)
        answered = client.answers[0].message_id.decode()
        received = client.delivered[0].receipted_message_id.decode()
    base = {"d": 10, "h": 16}
    assert int(answered, base[id_form[0]]) == int(received, base[receipt_id_form[0]])
    assert answered != received


@pytest.mark.parametrize(
    ("form", "has_text", "has_tlvs"), [("text", True, False), ("tlv", False, True), ("both", True, True)]
)
def test_a_receipt_has_the_form_that_was_asked_for(
    form: str, *, has_text: bool, has_tlvs: bool, make_carrier: CarrierMaker
) -> None:
    """Text, TLVs, or both."""
    carrier = make_carrier(receipt_form=form)
    with esme(carrier) as client:
        client.submit("33612309901")
        client.until(lambda: client.delivered)
    receipt = client.delivered[0]
    assert receipt.esm_class == 4
    assert (b"stat:UNDELIV err:001" in (receipt.short_message or b"")) is has_text
    assert (receipt.message_state == 5 and receipt.network_error_code == b"\x03\x00\x01") is has_tlvs


@pytest.mark.parametrize(
    ("fate", "status"),
    [(Fate.THROTTLE, 0x58), (Fate.QUEUE_FULL, 0x14), (Fate.REJECT, 0x0B)],
)
def test_a_no_takes_nothing(fate: Fate, status: int, make_carrier: CarrierMaker) -> None:
    """Throttled, full, refused: the book stays empty."""
    carrier = make_carrier()
    carrier.script(fate)
    with esme(carrier) as client:
        client.submit()
        client.until(lambda: client.answers)
    assert (client.answers[0].status, carrier.count().taken) == (status, ())


@pytest.mark.parametrize(
    ("fate", "is_taken"), [(Fate.DROP, False), (Fate.LOSE_ANSWER, True), (Fate.TEAR, True)], ids=str
)
def test_a_connection_ends_before_during_or_after_the_taking(
    fate: Fate, *, is_taken: bool, make_carrier: CarrierMaker
) -> None:
    """The client cannot tell; the book can."""
    carrier = make_carrier()
    carrier.script(fate)
    with esme(carrier) as client:
        client.submit()
        with pytest.raises(smpplib.exceptions.ConnectionError):
            client.until(lambda: client.answers)
    assert len(carrier.count().taken) == is_taken


def test_a_silent_connection_stays_open_and_says_nothing(make_carrier: CarrierMaker) -> None:
    """No answer to a submit_sm, none to an enquiry, and no end."""
    carrier = make_carrier()
    carrier.script(Fate.SILENCE)
    with esme(carrier) as client:
        client.client._socket.settimeout(0.2)
        client.submit()
        with pytest.raises(TimeoutError):
            client.client.read_pdu()
    assert carrier.count().taken == ()


def test_more_than_the_window_is_throttled(make_carrier: CarrierMaker) -> None:
    """Two may wait for their answer, the third may not."""
    carrier = make_carrier(window=2, answer_delay_s=0.01)
    with esme(carrier) as client:
        for _ in range(3):
            client.submit()
        client.until(lambda: len(client.answers) == 3)
    assert sorted(one.status for one in client.answers) == [0, 0, 0x58]


def test_more_than_the_rate_is_throttled(make_carrier: CarrierMaker) -> None:
    """Three in a second, and no more."""
    carrier = make_carrier(rate=3)
    with esme(carrier) as client:
        for _ in range(30):
            client.submit()
        client.until(lambda: len(client.answers) == 30)
    assert 0x58 in {one.status for one in client.answers}


def test_a_wrong_password_is_refused(make_carrier: CarrierMaker) -> None:
    """ESME_RINVPASWD, and the connection ends."""
    with pytest.raises(smpplib.exceptions.PDUError, match="14"), esme(make_carrier(), "wrong"):
        pass


def test_more_binds_than_allowed_are_refused(make_carrier: CarrierMaker) -> None:
    """ESME_RALYBND."""
    carrier = make_carrier(binds=1)
    with esme(carrier), pytest.raises(smpplib.exceptions.PDUError, match=r"\(5\)"), esme(carrier):
        pass


def test_an_early_receipt_comes_before_the_answer(make_carrier: CarrierMaker) -> None:
    """As carriers do that answer after the phone did."""
    carrier = make_carrier(early=1)
    with esme(carrier) as client:
        client.submit()
        client.client.read_once()
        assert (len(client.delivered), len(client.answers)) == (1, 0)


def test_an_acknowledgement_that_does_not_come_is_waited_for_by_the_next_connection(make_carrier: CarrierMaker) -> None:
    """A text from a phone is given again until somebody says that it is kept."""
    carrier = make_carrier()
    carrier.deliver([Phone("33612300001", "36180").text(b"STOP")])
    with esme(carrier) as first:
        assert first.client.read_pdu().short_message == b"STOP"
    with esme(carrier) as second:
        second.until(lambda: second.delivered)
        _until(lambda: carrier.count().texts_owed == 0)
    assert second.delivered[0].short_message == b"STOP"


def test_a_carrier_that_was_killed_gives_its_receipts_later(tmp_path: Path) -> None:
    """Nothing that it answered is forgotten, and no id is given twice."""
    with SmscProcess(tmp_path / "carrier", {"receipt_delay_s": 30}) as carrier:
        with esme(carrier) as client:
            client.submit()
            client.until(lambda: client.answers)
        carrier.kill()
        assert (len(carrier.count().taken), carrier.count().receipts_owed) == (1, 1)
        carrier.values = {}
        carrier.start()
        with esme(carrier) as client:
            client.until(lambda: client.delivered)
            client.submit()
            client.until(lambda: len(client.delivered) == 2)
        _until(lambda: carrier.count().receipts_owed == 0)
        assert len({one.id for one in carrier.count().taken}) == 2


def test_a_carrier_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    """Also one that stands still."""
    carrier = SmscProcess(tmp_path / "carrier")
    carrier.start()
    carrier.freeze()
    assert carrier.stop() == 0


def test_a_carrier_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """No test that dies leaves one behind."""
    carrier = SmscProcess(tmp_path / "carrier")
    carrier.start()
    assert carrier.process is not None
    assert carrier.process.stdin is not None
    carrier.process.stdin.close()
    assert carrier.process.wait(WITHIN_S) == 0


def test_a_line_that_was_cut_off_is_no_line(tmp_path: Path) -> None:
    """What a SIGKILL left half written was never answered."""
    book = Book(tmp_path)
    book.acknowledge(book.next_id())
    book.close()
    with (tmp_path / "book").open("ab") as file:
        file.write(b'T[1715005, "336')
    assert read_count(tmp_path).taken == ()
    again = Book(tmp_path)
    again.close()
    assert (tmp_path / "book").read_bytes().count(b"T") == 0


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_ends_its_own_connection_only(make_carrier: CarrierMaker, octets: bytes) -> None:
    """Whatever somebody says to the carrier, the next one is bound as always."""
    carrier = make_carrier("shared")
    bind = encode(BindTransceiver(sequence=1, system_id="hub", password="secret"))
    with socket.create_connection(("127.0.0.1", carrier.port), timeout=WITHIN_S) as line, suppress(OSError):
        line.sendall(bind + octets)
        line.shutdown(socket.SHUT_WR)
        while line.recv(65536):
            pass
    with esme(carrier):
        pass


def test_what_can_be_set_is_read_from_words() -> None:
    """Figures, odds, yes and no, and names; what cannot be set is refused."""
    values = {"seed": 7, "throttle": 0.25, "echo_reference": False, "id_form": "hex"}
    assert read(words(values)) == values
    with pytest.raises(ValueError, match="typo cannot be set"):
        read(["typo=1"])


def _pass_on(_: Any) -> None:
    """Take an answer that says no for an answer."""


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_phone_writes_when_it_is_told_to(make_carrier: CarrierMaker, open_line: LineMaker) -> None:
    """As the page on running says, to try opt-outs with."""
    carrier = make_carrier()
    line = open_line(carrier.port)
    carrier.phone("33612345678", "36180", "Arr\u00eatez \U0001f6d1")
    (text,) = line.sink.wait_for_texts(1)
    assert (text.number, text.to, text.text) == ("+33612345678", "36180", "Arr\u00eatez \U0001f6d1")
