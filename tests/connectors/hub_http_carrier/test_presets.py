"""Each preset against the examples of its carrier's documentation: requests, answers, reports, texts from phones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from hub import (
    FailureReason,
    InboundText,
    NotSent,
    OutgoingMessage,
    Purpose,
    ReceiptState,
    Rejected,
    Submitted,
    Unknown,
)
from hub_http_carrier.answers import read_answer
from hub_http_carrier.calls import receipts_in, texts_in
from hub_http_carrier.definition import Definition, Verdict, load, preset_names, preset_path
from hub_http_carrier.fields import fields_of
from hub_http_carrier.proofs import Called
from hub_http_carrier.settings import HttpSettings
from hub_http_carrier.wire import Reply
from hub_http_carrier.writing import request_for

if TYPE_CHECKING:
    from hub_http_carrier.auth import Asked

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV-1"
HUB = "https://hub.example"


def message(**changed: Any) -> OutgoingMessage:
    """An alert to a number for fiction."""
    words: dict[str, Any] = {
        "id": ID,
        "to": "+33639981001",
        "sender": "ACME",
        "text": "Votre colis est prêt & à vous = 12 €",
        "alphabet": "gsm7",
        "parts": ("Votre colis est prêt & à vous = 12 €",),
        "purpose": Purpose.ALERT,
    }
    return OutgoingMessage(**(words | changed))


def fields(preset: str, *messages: OutgoingMessage) -> tuple[Definition, list[dict[str, Any]]]:
    """A preset, and the fields of messages to it."""
    keys = {"account": "AC1", "user": "u", "password": "p", "token": "t", "callback_secret": "0123456789abcdefghij"}
    settings = HttpSettings.model_validate({"preset": preset, **keys})
    spec = load(preset_path(preset))
    constants = settings.constants("main", HUB, receipts=True, inbound=True)
    most = spec.request.most_validity_s
    return spec, [fields_of(one, constants, spec.fields, NOW, most) for one in messages or [message()]]


def asked(preset: str, *messages: OutgoingMessage) -> Asked:
    """The request that hands messages over."""
    spec, group = fields(preset, *messages)
    return request_for(spec, spec.request.url, group, NOW)


def said(preset: str, status: int, content: Any, *messages: OutgoingMessage, **headers: str) -> list[Any]:
    """The outcomes that an answer makes."""
    spec, group = fields(preset, *messages)
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return [one.outcome() for one in read_answer(spec.answer, Reply(status, headers, body), group, NOW)]


def test_every_preset_can_be_read() -> None:
    """And there are four."""
    assert preset_names() == ["ovh", "smsfactor", "twilio", "vonage"]


@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_tells_its_keys_and_what_it_is_like(preset: str) -> None:
    """For who reads `hub carrier preset NAME`."""
    spec = load(preset_path(preset))
    assert spec.needs
    assert spec.about.endswith(".")


def test_twilio_is_asked_by_a_form() -> None:
    """https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource."""
    request = asked("twilio", message(validity=NOW + timedelta(days=3)))
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["Authorization"] == "Basic dTpw"
    assert dict(parse_qsl(request.body.decode())) == {
        "To": "+33639981001",
        "From": "ACME",
        "Body": "Votre colis est prêt & à vous = 12 €",
        "ValidityPeriod": "36000",
        "StatusCallback": f"{HUB}/carriers/main/0123456789abcdefghij/receipts",
    }


def test_vonage_is_asked_by_a_form() -> None:
    """https://developer.vonage.com/en/api/sms#send-an-sms."""
    request = asked("vonage", message(sender="+33700000001", alphabet="ucs2"))
    assert request.url == "https://rest.nexmo.com/sms/json"
    assert dict(parse_qsl(request.body.decode())) == {
        "api_key": "u",
        "api_secret": "p",
        "to": "33639981001",
        "from": "33700000001",
        "text": "Votre colis est prêt & à vous = 12 €",
        "type": "unicode",
        "client-ref": ID,
        "status-report-req": "1",
        "callback": f"{HUB}/carriers/main/0123456789abcdefghij/receipts",
    }


def test_ovh_is_asked_by_json() -> None:
    """POST /sms/{serviceName}/jobs, as its API console has it."""
    request = asked("ovh", message(), message(to="+33639981002"))
    assert request.url == "https://eu.api.ovh.com/1.0/sms/AC1/jobs"
    assert json.loads(request.body) == {
        "charset": "UTF-8",
        "class": "phoneDisplay",
        "coding": "7bit",
        "message": "Votre colis est prêt & à vous = 12 €",
        "noStopClause": True,
        "priority": "high",
        "receivers": ["+33639981001", "+33639981002"],
        "sender": "ACME",
        "senderForResponse": False,
    }


def test_ovh_sends_from_its_short_number_where_there_is_no_word() -> None:
    """`sender` and `senderForResponse` exclude each other."""
    body = json.loads(asked("ovh", message(sender="36180", purpose=Purpose.MARKETING)).body)
    assert ("sender" in body, body["senderForResponse"], body["noStopClause"]) == (False, True, False)


def test_smsfactor_is_asked_by_json() -> None:
    """https://dev.smsfactor.com/en/api/sms/send/send-campaign."""
    request = asked("smsfactor", message(), message(id="X-2", to="+33639981002"))
    assert (request.url, request.headers["Authorization"]) == ("https://api.smsfactor.com/send", "Bearer t")
    assert json.loads(request.body) == {
        "sms": {
            "message": {
                "text": "Votre colis est prêt & à vous = 12 €",
                "pushtype": "alert",
                "sender": "ACME",
                "unicode": 0,
            },
            "recipients": {
                "gsm": [{"gsmsmsid": ID, "value": "33639981001"}, {"gsmsmsid": "X-2", "value": "33639981002"}]
            },
        }
    }


TWO = (message(), message(id="X-2", to="+33639981002"))

SMSFACTOR_OK = {"status": 1, "message": "OK", "ticket": "14672468", "cost": 2, "credits": 642, "total": 2, "sent": 2}
VONAGE_OK = {"to": "33639981001", "message-id": "0A0000000123ABCD1", "status": "0", "remaining-balance": "3.14"}
OVH_OK = {
    "totalCreditsRemoved": 2,
    "ids": [27814656, 27814657],
    "invalidReceivers": [],
    "validReceivers": ["+33639981002", "+33639981001"],
}

ANSWERS: list[tuple[str, int, Any, tuple[OutgoingMessage, ...], list[Any]]] = [
    ("twilio", 201, {"sid": "SM1", "status": "queued", "error_code": None}, (), [Submitted(("SM1",))]),
    ("twilio", 201, {"status": "queued"}, (), [Unknown]),
    ("vonage", 200, {"message-count": "1", "messages": [VONAGE_OK]}, (), [Submitted(("0A0000000123ABCD1",))]),
    (
        "vonage",
        200,
        {"messages": [VONAGE_OK, {**VONAGE_OK, "message-id": "0A2"}]},
        (),
        [Submitted(("0A0000000123ABCD1", "0A2"))],
    ),
    ("vonage", 200, {"messages": [VONAGE_OK, {"status": "1", "error-text": "Throttled"}]}, (), [Unknown]),
    ("vonage", 200, {"messages": []}, (), [Unknown]),
    ("vonage", 200, {}, (), [Unknown]),
    ("ovh", 200, OVH_OK, TWO, [Submitted(("27814657",)), Submitted(("27814656",))]),
    ("ovh", 200, {**OVH_OK, "ids": [1]}, TWO, [Unknown, Unknown]),
    (
        "ovh",
        200,
        {"ids": [7], "validReceivers": ["+33639981002"], "invalidReceivers": ["+33639981001"]},
        TWO,
        [Rejected, Submitted(("7",))],
    ),
    ("ovh", 200, {"ids": [7], "validReceivers": ["+33639981002"]}, TWO, [Unknown, Submitted(("7",))]),
    ("smsfactor", 200, SMSFACTOR_OK, TWO, [Submitted((f"14672468/{ID}",)), Submitted(("14672468/X-2",))]),
    ("smsfactor", 200, {**SMSFACTOR_OK, "sent": 1, "invalid": 1}, TWO, [Unknown, Unknown]),
    ("smsfactor", 200, {**SMSFACTOR_OK, "sent": 0, "invalid": 2}, TWO, [Rejected, Rejected]),
    ("smsfactor", 200, {**SMSFACTOR_OK, "sent": 0, "flood": 1}, (), [NotSent]),
    ("smsfactor", 200, {"status": -8, "message": "In moderation", "ticket": "9"}, (), [Submitted((f"9/{ID}",))]),
    ("smsfactor", 200, {"status": -99, "message": "Unknown"}, (), [Unknown]),
]


@pytest.mark.parametrize(("preset", "status", "content", "messages", "outcomes"), ANSWERS)
def test_an_answer_of_the_documentation_has_its_outcomes(
    preset: str, status: int, content: Any, messages: tuple[OutgoingMessage, ...], outcomes: list[Any]
) -> None:
    """A kind where only that counts, else the outcome itself."""
    found = said(preset, status, content, *messages)
    assert [
        type(one) if isinstance(wanted, type) else one for one, wanted in zip(found, outcomes, strict=True)
    ] == outcomes


TWILIO, VONAGE, OVH, SMSFACTOR = "twilio", "vonage", "ovh", "smsfactor"

CODES: list[tuple[str, int, Any, Verdict]] = [
    (TWILIO, 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}, Verdict.UNALLOCATED),
    (TWILIO, 400, {"code": 21614, "message": "not a mobile"}, Verdict.UNALLOCATED),
    (TWILIO, 400, {"code": 21610, "message": "unsubscribed recipient"}, Verdict.BARRED),
    (TWILIO, 400, {"code": 21408, "message": "region"}, Verdict.BARRED),
    (TWILIO, 400, {"code": 21606, "message": "From"}, Verdict.OTHER),
    (TWILIO, 429, {"code": 20429, "message": "Too Many Requests"}, Verdict.THROTTLED),
    (TWILIO, 429, {"code": 21611, "message": "queue"}, Verdict.THROTTLED),
    (TWILIO, 401, {"code": 20003, "message": "Authenticate"}, Verdict.ACCOUNT),
    (TWILIO, 400, {"code": 99999, "message": "new"}, Verdict.OTHER),
    (TWILIO, 500, {"code": 20500, "message": "Internal Server Error"}, Verdict.UNKNOWN),
    *(
        (VONAGE, 200, {"messages": [{"status": str(code), "error-text": "text"}]}, verdict)
        for code, verdict in {
            1: Verdict.THROTTLED,
            2: Verdict.OTHER,
            3: Verdict.OTHER,
            4: Verdict.ACCOUNT,
            5: Verdict.UNKNOWN,
            6: Verdict.OTHER,
            7: Verdict.BARRED,
            8: Verdict.ACCOUNT,
            9: Verdict.ACCOUNT,
            10: Verdict.THROTTLED,
            11: Verdict.ACCOUNT,
            12: Verdict.OTHER,
            14: Verdict.ACCOUNT,
            15: Verdict.OTHER,
            22: Verdict.OTHER,
            23: Verdict.ACCOUNT,
            29: Verdict.ACCOUNT,
            32: Verdict.ACCOUNT,
            33: Verdict.UNALLOCATED,
            999: Verdict.OTHER,
        }.items()
    ),
    (OVH, 403, {"errorCode": "INVALID_CREDENTIAL", "message": "not valid"}, Verdict.ACCOUNT),
    (OVH, 403, {"errorCode": "NOT_GRANTED_CALL", "message": "not granted"}, Verdict.ACCOUNT),
    (OVH, 400, {"errorCode": "INVALID_SIGNATURE", "message": "Invalid signature"}, Verdict.ACCOUNT),
    (OVH, 404, {"class": "Client::NotFound", "message": "This service does not exist"}, Verdict.ACCOUNT),
    (OVH, 400, {"class": "Client::BadRequest", "message": "sender is not valid"}, Verdict.OTHER),
    (OVH, 429, {"message": "Too many requests"}, Verdict.THROTTLED),
    *(
        (SMSFACTOR, 200, {"status": code, "message": "m", "details": "d"}, verdict)
        for code, verdict in {
            -1: Verdict.ACCOUNT,
            -2: Verdict.ACCOUNT,
            -3: Verdict.ACCOUNT,
            -4: Verdict.OTHER,
            -5: Verdict.ACCOUNT,
            -6: Verdict.ACCOUNT,
            -7: Verdict.OTHER,
            -99: Verdict.UNKNOWN,
        }.items()
    ),
]


@pytest.mark.parametrize(("preset", "status", "content", "verdict"), CODES)
def test_a_code_of_the_documentation_has_its_meaning(preset: str, status: int, content: Any, verdict: Verdict) -> None:
    """Codes are tables in the preset; what they do not name is refused where the carrier said no."""
    spec, group = fields(preset)
    (word,) = read_answer(spec.answer, Reply(status, {}, json.dumps(content).encode()), group, NOW)
    assert word.verdict is verdict


def test_what_a_carrier_says_is_kept_for_the_log() -> None:
    """Its code and its sentence."""
    (outcome,) = said("twilio", 400, {"code": 21610, "message": "Attempt to send to unsubscribed recipient"})
    assert outcome == Rejected(FailureReason.BARRED, "21610", "21610 Attempt to send to unsubscribed recipient")


def twilio(status: str, code: str = "") -> Called:
    """A status callback."""
    words = {"MessageSid": "SM1", "MessageStatus": status, "To": "+33639981001"} | ({"ErrorCode": code} if code else {})
    return Called("POST", HUB, form=tuple(words.items()))


def vonage(status: str, code: str = "0") -> Called:
    """A delivery receipt by GET."""
    words = {"msisdn": "33639981001", "to": "ACME", "messageId": "0A1", "status": status, "err-code": code}
    return Called("GET", HUB, query=tuple({**words, "client-ref": ID}.items()))


def ovh(ptt: int) -> Called:
    """A DLR call."""
    words = {"id": "4711", "ptt": str(ptt), "date": "20260310", "description": "1", "descriptionDlr": "x"}
    return Called("GET", HUB, query=tuple(words.items()))


def smsfactor(status: int) -> Called:
    """A DLR webhook."""
    words = {"date": "2027-01-04T09:31:12+01:00", "status": status, "destination": "33639981001", "message_id": ID}
    return Called("POST", HUB, body=json.dumps({**words, "campaign_id": "15948909", "country_code": "FR"}).encode())


DELIVERED, FAILED, REJECTED = ReceiptState.DELIVERED, ReceiptState.UNDELIVERED, ReceiptState.REJECTED
ACCEPTED, EXPIRED, UNSURE = ReceiptState.ACCEPTED, ReceiptState.EXPIRED, ReceiptState.UNKNOWN
GONE, NETWORK = FailureReason.UNALLOCATED, FailureReason.NETWORK
BARRED, OTHER = FailureReason.BARRED, FailureReason.OTHER

RECEIPTS: list[tuple[str, Called, ReceiptState, FailureReason | None]] = [
    (TWILIO, twilio("queued"), ACCEPTED, None),
    (TWILIO, twilio("sent"), ACCEPTED, None),
    (TWILIO, twilio("delivered"), DELIVERED, None),
    (TWILIO, twilio("undelivered", "30003"), FAILED, NETWORK),
    (TWILIO, twilio("undelivered", "30004"), FAILED, BARRED),
    (TWILIO, twilio("undelivered", "30005"), FAILED, GONE),
    (TWILIO, twilio("undelivered", "30006"), FAILED, OTHER),
    (TWILIO, twilio("undelivered", "30007"), FAILED, BARRED),
    (TWILIO, twilio("failed", "30008"), FAILED, OTHER),
    (TWILIO, twilio("failed"), FAILED, OTHER),
    (TWILIO, twilio("teleported"), UNSURE, None),
    (VONAGE, vonage("delivered"), DELIVERED, None),
    (VONAGE, vonage("accepted"), ACCEPTED, None),
    (VONAGE, vonage("buffered"), ACCEPTED, None),
    (VONAGE, vonage("expired", "1"), EXPIRED, None),
    (VONAGE, vonage("unknown", "1"), UNSURE, None),
    (VONAGE, vonage("failed", "2"), FAILED, NETWORK),
    (VONAGE, vonage("failed", "3"), FAILED, GONE),
    (VONAGE, vonage("failed", "4"), FAILED, BARRED),
    (VONAGE, vonage("failed", "9"), FAILED, GONE),
    (VONAGE, vonage("failed", "99"), FAILED, OTHER),
    (VONAGE, vonage("rejected", "6"), REJECTED, BARRED),
    (OVH, ovh(1), ACCEPTED, None),
    (OVH, ovh(3), ACCEPTED, None),
    (OVH, ovh(4), DELIVERED, None),
    (OVH, ovh(5), FAILED, OTHER),
    (OVH, ovh(6), UNSURE, None),
    (OVH, ovh(8), EXPIRED, None),
    (OVH, ovh(23), FAILED, GONE),
    (OVH, ovh(24), FAILED, NETWORK),
    (OVH, ovh(28), FAILED, BARRED),
    (OVH, ovh(12345), UNSURE, None),
    (SMSFACTOR, smsfactor(0), ACCEPTED, None),
    (SMSFACTOR, smsfactor(1), ACCEPTED, None),
    (SMSFACTOR, smsfactor(2), FAILED, OTHER),
    (SMSFACTOR, smsfactor(3), DELIVERED, None),
    (SMSFACTOR, smsfactor(4), REJECTED, BARRED),
    (SMSFACTOR, smsfactor(5), FAILED, GONE),
    (SMSFACTOR, smsfactor(6), REJECTED, OTHER),
    (SMSFACTOR, smsfactor(7), REJECTED, OTHER),
    (SMSFACTOR, smsfactor(9), REJECTED, OTHER),
    (SMSFACTOR, smsfactor(11), FAILED, NETWORK),
    (SMSFACTOR, smsfactor(12), EXPIRED, None),
    (SMSFACTOR, smsfactor(8), UNSURE, None),
]


@pytest.mark.parametrize(("preset", "called", "state", "reason"), RECEIPTS)
def test_a_report_of_the_documentation_has_its_state(
    preset: str, called: Called, state: ReceiptState, reason: FailureReason | None
) -> None:
    """And its reason in the words people know; what no table names ends nothing."""
    spec = load(preset_path(preset))
    assert spec.receipts is not None
    (receipt,) = receipts_in(spec.receipts, called)
    assert (receipt.state, receipt.reason) == (state, reason)


@pytest.mark.parametrize(
    ("preset", "called", "carrier_id", "reference", "to"),
    [
        (TWILIO, twilio("sent"), "SM1", None, "+33639981001"),
        (VONAGE, vonage("delivered"), "0A1", ID, "+33639981001"),
        (OVH, ovh(4), "4711", None, None),
        (SMSFACTOR, smsfactor(3), f"15948909/{ID}", ID, "+33639981001"),
    ],
)
def test_a_report_names_its_message(
    preset: str, called: Called, carrier_id: str, reference: str | None, to: str | None
) -> None:
    """By the id of the answer, and by our own reference where the carrier echoes it."""
    spec = load(preset_path(preset))
    assert spec.receipts is not None
    (receipt,) = receipts_in(spec.receipts, called)
    assert (receipt.carrier_id, receipt.client_ref, receipt.to) == (carrier_id, reference, to)


def _form(**words: str) -> Called:
    return Called("POST", HUB, form=tuple(words.items()))


MO = {"date": "2027-01-04T09:40:00+01:00", "message": "Oui", "from": "33639981001", "account_id": "1234"}

TEXTS: list[tuple[str, Called, tuple[str, str, str, str | None]]] = [
    (
        TWILIO,
        _form(MessageSid="SM9", From="+33639981001", To="+33700000001", Body="Oui", NumMedia="0"),
        ("+33639981001", "+33700000001", "Oui", "SM9"),
    ),
    (
        VONAGE,
        Called("POST", HUB, body=b'{"msisdn":"33639981001","to":"36180","messageId":"0B","text":"Oui","type":"text"}'),
        ("33639981001", "36180", "Oui", "0B"),
    ),
    (
        OVH,
        _form(id="99", keyword="k", message="Oui", senderid="+33639981001", shortcode="36180", tag=""),
        ("+33639981001", "36180", "Oui", "99"),
    ),
    (SMSFACTOR, Called("POST", HUB, body=json.dumps(MO).encode()), ("33639981001", "38000", "Oui", None)),
]


@pytest.mark.parametrize(("preset", "called", "words"), TEXTS)
def test_a_text_from_a_phone_is_read(preset: str, called: Called, words: tuple[str, str, str, str | None]) -> None:
    """Who wrote what, to whom, and how the carrier names it."""
    spec = load(preset_path(preset))
    assert spec.inbound is not None
    (text,) = texts_in(spec.inbound, called, "38000")
    assert text == InboundText(*words, raw=text.raw)
    assert "Oui" in text.raw
