"""The carrier's side of the line, in this process: who is handed receipts, and how it stops."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from hub import ConnectorContext, Submitted
from hub.clock import SystemClock
from hub.testing.contract import OpenLine, RecordingSink, outgoing
from hub_sandbox import server as server_module
from hub_sandbox.carrier import Carrier
from hub_sandbox.codec import message_to_wire
from hub_sandbox.endpoint import Endpoint
from hub_sandbox.remote import RemoteSandbox
from hub_sandbox.server import CarrierServer
from hub_sandbox.settings import SandboxSettings
from hub_sandbox.wire import PROTOCOL, packed, receive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hub import Outcome
    from hub_sandbox.ledger import Ledger

Frame = dict[str, Any]
WITHIN_S = 20.0


@pytest.fixture
def serve(folder: Path) -> Iterator[Callable[..., CarrierServer]]:
    """Serves a carrier with the given keys on a port of its own; stopped after the test."""
    started: list[CarrierServer] = []

    def start(**keys: object) -> CarrierServer:
        settings = SandboxSettings.model_validate({"receipt_delay_s": 0, "seed": 1, **keys})
        carrier = Carrier(ConnectorContext("sandbox", folder, SystemClock()), settings)
        started.append(CarrierServer(carrier, Endpoint("127.0.0.1", 0)))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.stop()


class RawHub:
    """A hub that says exactly what a test lets it say."""

    def __init__(self, server: CarrierServer) -> None:
        self.line = socket.create_connection(("127.0.0.1", server.port), timeout=WITHIN_S)
        self.say({"say": "hello", "protocol": PROTOCOL})
        assert self.hear() == {"say": "hello", "protocol": PROTOCOL}

    def say(self, frame: Frame) -> None:
        """Say something."""
        self.line.sendall(packed(frame))

    def hear(self) -> Frame | None:
        """The next frame; None when the carrier hung up."""
        return receive(self.line, patiently=False)

    def submit(self, number: int = 1) -> None:
        """Hand one message over."""
        self.say({"say": "submit", "id": number, "rows": [message_to_wire(outgoing())]})


@pytest.fixture
def call(serve: Callable[..., CarrierServer]) -> Iterator[Callable[..., RawHub]]:
    """Calls a carrier that is served with the given keys, or the one given."""
    called: list[RawHub] = []

    def calling(server: CarrierServer | None = None, **keys: object) -> RawHub:
        called.append(RawHub(server or serve(**keys)))
        return called[-1]

    yield calling
    for hub in called:
        hub.line.close()


def test_a_receipt_is_struck_out_once_the_hub_says_that_it_has_it(call: Callable[..., RawHub], ledger: Ledger) -> None:
    """Not before: the ledger has it until then."""
    hub = call()
    hub.submit()
    said = [hub.hear(), hub.hear()]
    (receipts,) = (frame for frame in said if frame and frame["say"] == "receipts")
    owed = ledger.receipts_owed()
    hub.say({"say": "got", "id": receipts["id"]})
    end = time.monotonic() + WITHIN_S
    while ledger.receipts_owed() and time.monotonic() < end:
        time.sleep(0.01)
    assert (owed, ledger.receipts_owed()) == (1, 0)


def test_a_hub_that_does_not_take_receipts_in_time_is_passed_over(
    serve: Callable[..., CarrierServer], call: Callable[..., RawHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one is given them."""
    monkeypatch.setattr(server_module, "HANDOVER_S", 0.05)
    server = serve()
    deaf, other = call(server), call(server)
    deaf.submit()
    heard = other.hear()
    assert heard is not None
    assert heard["say"] == "receipts"


@pytest.mark.parametrize("says", [{"say": "refused", "id": 1}, None], ids=["refuses", "hangs up"])
def test_what_a_hub_refuses_comes_again(
    serve: Callable[..., CarrierServer], call: Callable[..., RawHub], says: Frame | None
) -> None:
    """To whoever is there then."""
    server = serve(early_receipts=1)
    hub = call(server)
    hub.submit()
    heard = hub.hear()
    assert heard is not None
    if says is None:
        hub.line.close()
        hub = call(server)
    else:
        hub.say(says)
        assert hub.hear() is not None  # the answer, which had waited for the receipt
    again = hub.hear()
    assert again is not None
    assert (heard["say"], again["say"], again["rows"][0][0]) == ("receipts", "receipts", heard["rows"][0][0])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"throttle": 1}, "error"),
        ({"lost_answers": 1}, "answer"),
        ({"batch_size": 1}, "answer"),
        ({"disconnect": 1}, None),
        ({"lost_batches": 1}, None),
    ],
)
def test_a_call_is_answered_as_the_odds_say(call: Callable[..., RawHub], keys: Frame, said: str | None) -> None:
    """An answer, an error, or the end of the line."""
    hub = call(receipts=False, **keys)
    hub.submit()
    heard = hub.hear()
    assert (heard and heard["say"]) == said


@pytest.mark.parametrize(
    "frame",
    [
        {"say": "hello", "protocol": "another"},
        {"say": "submit", "id": 1, "rows": [7]},
        {"say": "submit", "rows": []},
        {},
    ],
)
def test_a_hub_that_makes_no_sense_is_hung_up_on(call: Callable[..., RawHub], frame: Frame) -> None:
    """Nothing of it is taken."""
    hub = call()
    hub.say(frame)
    assert hub.hear() is None


def test_stopping_answers_the_call_in_hand_and_refuses_the_next(
    serve: Callable[..., CarrierServer], call: Callable[..., RawHub]
) -> None:
    """The one was taken, the other certainly was not; then the line ends."""
    server = serve(latency_ms=300, receipts=False)
    hub = call(server)
    hub.submit(1)
    hub.submit(2)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    heard = [hub.hear(), hub.hear(), hub.hear()]
    stopping.join(WITHIN_S)
    kinds = [frame and (frame["say"], frame["id"]) for frame in heard]
    assert kinds in ([("answer", 1), ("error", 2), None], [("answer", 1), ("answer", 2), None])


def test_a_garbled_answer_is_another_one_each_time(serve: Callable[..., CarrierServer], tmp_path: Path) -> None:
    """Whatever it is, the connector leaves the message in doubt, and comes back."""
    server = serve(garbage=1, receipts=False)
    settings = SandboxSettings.model_validate({"address": f"127.0.0.1:{server.port}"})
    line = OpenLine(RemoteSandbox(ConnectorContext("sandbox", tmp_path, SystemClock()), settings), RecordingSink())
    line.connector.open(line.sink)
    outcomes: list[Outcome] = [outcome for _ in range(5) for outcome in line.submit(outgoing())]
    line.connector.close()
    assert not any(isinstance(outcome, Submitted) for outcome in outcomes)
    assert len({getattr(outcome, "detail", "") for outcome in outcomes}) >= 4
