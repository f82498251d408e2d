"""A carrier of its own: killed, frozen, silent, talking nonsense - and what the hub may conclude each time."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from hub import ConnectorContext, NotSent, Rejected, Submitted, TemporaryFailure, Throttled, Unknown
from hub.clock import SystemClock
from hub.testing.contract import OpenLine, RecordingSink, outgoing
from hub_sandbox import remote
from hub_sandbox.endpoint import endpoint_of
from hub_sandbox.remote import RemoteSandbox
from hub_sandbox.settings import SandboxSettings
from hub_sandbox.testing import CarrierProcess
from hub_sandbox.wire import PROTOCOL, packed, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hub import DeliveryReceipt, Outcome, Sink

WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A carrier that is not there is looked for again sooner than outside tests."""
    monkeypatch.setattr(remote, "SHORTEST_PAUSE_S", 0.02)
    monkeypatch.setattr(remote, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def start_carrier(tmp_path: Path) -> Iterator[Callable[..., CarrierProcess]]:
    """Starts a carrier with the given keys; whatever runs at the end is killed."""
    started: list[CarrierProcess] = []

    def start(**keys: object) -> CarrierProcess:
        carrier = CarrierProcess(tmp_path / "carrier", {"receipt_delay_s": 0, "seed": 1, **keys})
        carrier.start()
        started.append(carrier)
        return carrier

    yield start
    for carrier in started:
        carrier.thaw()
        carrier.kill()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., OpenLine]]:
    """Opens a connector to an address; closes it after the test."""
    opened: list[RemoteSandbox] = []

    def opening(address: str, sink: Sink | None = None, **keys: object) -> OpenLine:
        recording = RecordingSink()
        settings = SandboxSettings.model_validate({"address": address, "answer_timeout_s": 10, **keys})
        connector = RemoteSandbox(ConnectorContext("sandbox", tmp_path, SystemClock()), settings)
        connector.open(sink or recording)
        opened.append(connector)
        return OpenLine(connector, recording)

    yield opening
    for connector in opened:
        connector.close()


def submit_until_taken(line: OpenLine) -> list[Outcome]:
    """Try as the engine does: again while it is certain that nothing was sent."""
    end = time.monotonic() + WITHIN_S
    while True:
        try:
            return line.submit(outgoing())
        except TemporaryFailure:
            assert time.monotonic() < end, "the line never came up"
            time.sleep(0.02)


def kinds(outcomes: list[Outcome]) -> set[type]:
    """What kinds of outcomes there are."""
    return {type(outcome) for outcome in outcomes}


def send(line: OpenLine, number: int = 200) -> list[Outcome]:
    """Submit messages to numbers that only the odds speak for."""
    return line.submit(*[outgoing(to=f"+3363998{2000 + one}") for one in range(number)])


def test_a_carrier_that_is_not_there_took_nothing(connect: Callable[..., OpenLine], tmp_path: Path) -> None:
    """A refused connection is a temporary failure that says when to come back (F19)."""
    with pytest.raises(TemporaryFailure, match="reached") as caught:
        connect(f"unix:{tmp_path / 'nobody'}").submit(outgoing())
    assert caught.value.retry_after is not None


def test_the_line_comes_up_once_the_carrier_does(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess], tmp_path: Path
) -> None:
    """The hub was started first."""
    line = connect(f"unix:{tmp_path / 'carrier' / 'line'}")
    start_carrier()
    assert kinds(submit_until_taken(line)) == {Submitted}


@pytest.mark.parametrize(
    ("key", "answer", "is_taken"),
    [("reject", Rejected, False), ("throttle", NotSent, False), ("lost_answers", Unknown, True)],
)
def test_a_share_of_messages_gets_the_fault(
    connect: Callable[..., OpenLine],
    start_carrier: Callable[..., CarrierProcess],
    key: str,
    answer: type,
    *,
    is_taken: bool,
) -> None:
    """The odds are the carrier's own; the rest of the batch has its answer (F22)."""
    carrier = start_carrier(**{key: 0.3})
    outcomes = send(connect(carrier.address))
    hit = sum(type(outcome) is answer for outcome in outcomes)
    submitted = sum(type(outcome) is Submitted for outcome in outcomes)
    assert 30 < hit < 90
    assert hit + submitted == 200
    assert carrier.times_taken().total() == (200 if is_taken else submitted)


def test_a_call_that_is_all_put_off_says_when_to_come_back(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """The carrier's own pause crosses the line, and nothing was taken (F22)."""
    carrier = start_carrier(throttle=1)
    with pytest.raises(Throttled) as caught:
        send(connect(carrier.address))
    assert caught.value.retry_after is not None
    assert carrier.times_taken().total() == 0


@pytest.mark.parametrize(
    ("key", "taken"), [("disconnect", 0), ("lost_batches", 5), ("garbage", 5)], ids=["before", "after", "nonsense"]
)
def test_a_line_that_is_lost_after_the_write_leaves_every_message_in_doubt(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess], key: str, taken: int
) -> None:
    """The hub cannot tell whether the carrier took them, and says so; the carrier's ledger can."""
    carrier = start_carrier(**{key: 1})
    assert kinds(send(connect(carrier.address), 5)) == {Unknown}
    assert carrier.times_taken().total() == taken


def test_every_kind_of_nonsense_is_survived(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """No JSON, another protocol, a list, too few answers, answers without ids: in doubt each time, and once taken."""
    carrier = start_carrier(garbage=1, receipts=False)
    line = connect(carrier.address)
    for _ in range(6):
        assert kinds(submit_until_taken(line)) == {Unknown}
    assert Counter(carrier.times_taken().values()) == {1: 6}


def test_a_silent_carrier_leaves_messages_in_doubt_after_the_timeout_and_the_line_is_made_anew(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """It took the batch and never answers: unknown, and the next batch goes over a new line (F20)."""
    carrier = start_carrier(silent=1)
    line = connect(carrier.address, answer_timeout_s=0.3)
    began = time.monotonic()
    assert kinds(send(line, 3)) == {Unknown}
    assert time.monotonic() - began >= 0.3
    assert kinds(submit_until_taken(line)) == {Unknown}
    assert len(line.sink.wait_for(4, WITHIN_S)) == 4
    assert carrier.times_taken().total() == 4


def test_a_frozen_carrier_costs_one_batch_its_certainty_and_no_more(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """The kernel goes on accepting for it; a carrier that does not say hello gets nothing handed over (F21)."""
    carrier = start_carrier()
    line = connect(carrier.address, answer_timeout_s=1, connect_timeout_s=1)
    submit_until_taken(line)
    carrier.freeze()
    assert kinds(send(line, 3)) == {Unknown}
    with pytest.raises(TemporaryFailure):
        send(line, 3)
    carrier.thaw()
    assert kinds(submit_until_taken(line)) == {Submitted}


def test_a_killed_carrier_knows_what_it_took_and_what_it_owes(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """Killed before it reported, started again on its folder: the receipts come over the new line by themselves."""
    carrier = start_carrier(receipt_delay_s=1)
    line = connect(carrier.address)
    outcomes = send(line, 5)
    carrier.kill()
    carrier.start()
    ids = {one for outcome in outcomes if isinstance(outcome, Submitted) for one in outcome.carrier_ids}
    assert len(ids) == 5
    assert {receipt.carrier_id for receipt in line.sink.wait_for(5, WITHIN_S)} == ids


def test_a_carrier_that_is_asked_to_stop_answers_what_is_in_hand(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """SIGTERM in the middle of a slow call: the answer comes, then it ends with 0."""
    carrier = start_carrier(latency_ms=500)
    line = connect(carrier.address)
    answers: list[list[Outcome]] = []
    calling = threading.Thread(target=lambda: answers.append(send(line, 3)))
    calling.start()
    time.sleep(0.2)
    assert carrier.stop() == 0
    calling.join(WITHIN_S)
    assert [kinds(outcomes) for outcomes in answers] in ([{Submitted}], [])
    assert carrier.times_taken().total() == 3 * len(answers)


class Refusing:
    """A store that is away twice."""

    def __init__(self) -> None:
        self.refused = 0
        self.kept: list[DeliveryReceipt] = []
        self.has_some = threading.Event()

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Refuse, refuse, keep."""
        if self.refused < 2:
            self.refused += 1
            raise OSError("the database is away")
        self.kept += receipts
        self.has_some.set()


def test_receipts_that_the_hub_could_not_store_come_again(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """The carrier strikes a receipt out only once the sink has returned."""
    carrier = start_carrier()
    sink = Refusing()
    send(connect(carrier.address, sink), 1)
    assert sink.has_some.wait(WITHIN_S)
    end = time.monotonic() + WITHIN_S
    while carrier.receipts_owed() and time.monotonic() < end:
        time.sleep(0.02)
    assert (sink.refused, len(sink.kept), carrier.receipts_owed()) == (2, 1, 0)


def test_an_early_receipt_is_with_the_hub_before_its_answer(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """The carrier waits for the hub to store it, then answers (F23)."""
    carrier = start_carrier(early_receipts=1)
    line = connect(carrier.address)
    send(line, 3)
    assert len(line.sink.received) == 3


def test_receipts_come_twice_for_strangers_and_once_each_for_several_hubs(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """Two workers on one carrier: what comes is what the odds say, whichever of them has it (F23)."""
    carrier = start_carrier(duplicate_receipts=1, foreign_receipts=1)
    lines = [connect(carrier.address) for _ in range(2)]
    for line in lines:
        submit_until_taken(line)
    end = time.monotonic() + WITHIN_S
    while sum(len(line.sink.received) for line in lines) < 6 and time.monotonic() < end:
        time.sleep(0.02)
    received = Counter(receipt.carrier_id for line in lines for receipt in line.sink.received)
    assert Counter(received.values()) == {2: 2, 1: 2}
    assert sum(one.startswith("X") for one in received) == 2


def test_a_full_batch_travels_in_one_frame(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """Five hundred long texts in one call, each answered in its place."""
    carrier = start_carrier()
    batch = [outgoing(parts=("é" * 153, "ж" * 60)) for _ in range(500)]
    assert kinds(connect(carrier.address).submit(*batch)) == {Submitted}
    assert [one.client_ref for one in carrier.submissions()] == [message.id for message in batch]


class HangsUp:
    """Somebody on a TCP port who says hello, reads so many bytes of a call, and hangs up."""

    def __init__(self, reads: int) -> None:
        self._reads = reads
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Take no more calls."""
        self._server.close()

    def _run(self) -> None:
        try:
            while True:
                line, _ = self._server.accept()
                with line:
                    receive(line)
                    line.sendall(packed({"say": "hello", "protocol": PROTOCOL}))
                    line.recv(self._reads)
        except OSError:
            return


def test_a_line_that_breaks_inside_the_write_took_nothing(connect: Callable[..., OpenLine]) -> None:
    """A frame without its last byte is never taken, so the hub is certain: it may try again."""
    carrier = HangsUp(reads=10)
    line = connect(carrier.address, batch_size=10_000)
    batch = [outgoing(parts=("x" * 1000,)) for _ in range(10_000)]
    with pytest.raises(TemporaryFailure, match="broke before"):
        line.submit(*batch)
    carrier.close()


def test_a_stranger_on_the_port_gets_no_texts(connect: Callable[..., OpenLine]) -> None:
    """Whoever does not say hello as the carrier does is not handed anything."""
    server = socket.create_server(("127.0.0.1", 0))
    line = connect(f"127.0.0.1:{server.getsockname()[1]}", connect_timeout_s=0.2)
    with pytest.raises(TemporaryFailure, match="hello"):
        line.submit(outgoing())
    server.close()


def is_hung_up_on(stranger: socket.socket, nonsense: bytes) -> bool:
    """Whether a peer that hears this ends the connection; where it had not read all of it, that is a reset."""
    try:
        stranger.sendall(nonsense)
        stranger.shutdown(socket.SHUT_WR)
        return stranger.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def test_nonsense_from_a_stranger_does_not_hurt_the_carrier(
    connect: Callable[..., OpenLine], start_carrier: Callable[..., CarrierProcess]
) -> None:
    """HTTP, a huge length, half a frame, a form that nobody knows: hung up on, and hubs are served as before."""
    carrier = start_carrier()
    line = connect(carrier.address)
    for nonsense in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", b"\0\0\0\x09half", packed({"say": "what"})):
        with endpoint_of(carrier.address).call(5) as stranger:
            assert is_hung_up_on(stranger, nonsense)
    assert kinds(submit_until_taken(line)) == {Submitted}
