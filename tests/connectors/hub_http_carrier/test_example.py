"""The definition that docs/http-carriers.md explains does what it says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING

from hub import ConnectorContext, FailureReason, ReceiptState, Rejected, Submitted, Unknown
from hub.clock import SystemClock
from hub.testing.contract import RecordingSink, outgoing
from hub_http_carrier.calls import receipts_in, texts_in
from hub_http_carrier.connector import HttpCarrier
from hub_http_carrier.definition import load
from hub_http_carrier.proofs import Called, Proofs
from hub_http_carrier.settings import HttpSettings

from .served import Answer, Asked, serving

if TYPE_CHECKING:
    from hub import Outcome, OutgoingMessage

EXAMPLE = Path(__file__).parent / "carrier.toml"
SIGNING = "signing"


def settings(url: str = "") -> HttpSettings:
    """A hub.ini for it."""
    keys = {"user": "u", "password": "p", "callback_secret": "0123456789abcdefghij", "signing_secret": SIGNING}
    return HttpSettings.model_validate({"definition": EXAMPLE, "url": url, **keys})


def submit(folder: Path, answer: dict[str, object], *messages: OutgoingMessage) -> tuple[list[Outcome], Asked]:
    """Hand messages over: the outcomes, and what was asked."""
    asked: list[Asked] = []

    def take(request: Asked) -> Answer:
        asked.append(request)
        return Answer(200, json.dumps(answer).encode())

    with serving(take) as url:
        said = settings(url)
        context = ConnectorContext("main", folder, SystemClock(), "https://sms.example.net")
        carrier = HttpCarrier(context, said, said.described())
        carrier.open(RecordingSink())
        outcomes = list(carrier.submit(messages))
        carrier.close()
    return outcomes, asked[0]


def test_its_request_is_what_the_page_says(tmp_path: Path) -> None:
    """Basic authentication, a field of its own, a recipient for each message."""
    first, second = outgoing(to="+33639981001"), outgoing(to="+33639981002")
    _, asked = submit(tmp_path, {}, first, second)
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"u:p").decode()
    assert asked.headers["x-reference"] == first.id
    assert json.loads(asked.body) == {
        "sender": "HUB",
        "text": "Hello",
        "kind": "transactional",
        "notify": "https://sms.example.net/carriers/main/0123456789abcdefghij/receipts",
        "recipients": [{"to": one.to, "ref": one.id} for one in (first, second)],
    }


def test_its_answer_is_read_by_reference(tmp_path: Path) -> None:
    """Taken, refused, and not spoken of."""
    messages = [outgoing(to=f"+3363998100{last}") for last in range(3)]
    results = [
        {"ref": messages[1].id, "status": "invalid_number", "reason": "no such number"},
        {"ref": messages[0].id, "status": "accepted", "message": {"id": 7}},
    ]
    outcomes, _ = submit(tmp_path, {"results": results}, *messages)
    refused = Rejected(FailureReason.UNALLOCATED, "invalid_number", "invalid_number no such number")
    assert outcomes == [Submitted(("7",)), refused, Unknown("the answer does not name it")]


def test_its_reports_are_read() -> None:
    """Several in one call."""
    spec = load(EXAMPLE)
    reports = [
        {"message": {"id": 7}, "ref": "a", "status": "delivered"},
        {"message": {"id": 8}, "ref": "b", "status": "failed", "error": "E17"},
        {"message": {"id": 9}, "ref": "c", "status": "unknown_number"},
    ]
    assert spec.receipts is not None
    found = receipts_in(spec.receipts, Called("POST", "", body=json.dumps({"reports": reports}).encode()))
    assert [(one.carrier_id, one.client_ref, one.state, one.reason) for one in found] == [
        ("7", "a", ReceiptState.DELIVERED, None),
        ("8", "b", ReceiptState.UNDELIVERED, FailureReason.NETWORK),
        ("9", "c", ReceiptState.UNDELIVERED, FailureReason.UNALLOCATED),
    ]


def test_its_calls_are_signed() -> None:
    """Over the body."""
    body = b'{"id": "1", "from": "33639981001", "to": "36180", "text": "Oui"}'
    made = hmac.new(SIGNING.encode(), body, hashlib.sha256).hexdigest()
    spec = load(EXAMPLE)
    called = Called("POST", "", {"x-signature": made}, body=body)
    assert spec.inbound is not None
    assert Proofs.of(settings(), spec).missing(called, SystemClock().now()) is None
    assert [text.text for text in texts_in(spec.inbound, called, "")] == ["Oui"]
