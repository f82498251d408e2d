"""What carriers say to the web application, and what strangers do."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

import hub_http_carrier
from hub import StoreUnavailable, TemporaryFailure
from hub.testing.contract import RecordingSink
from hub.testing.hub import make_hub
from hub.web.app import create_app
from hub_http_carrier.callbacks import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence
    from pathlib import Path

    from flask.testing import FlaskClient

    from hub import DeliveryReceipt, InboundText
    from hub.testing.databases import Databases

    from .conftest import Site

SECRET = "0123456789abcdefghij"
RECEIPTS, INBOUND = f"/carriers/ovh/{SECRET}/receipts", f"/carriers/ovh/{SECRET}/inbound"
GOOD = {"id": "4711", "ptt": "4"}


class Store(RecordingSink):
    """Keeps what it is given, unless it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: Exception | None = None
        self.asked = 0

    def receipts(self, receipts: Sequence[DeliveryReceipt]) -> None:
        """Keep receipts."""
        self._raise()
        super().receipts(receipts)

    def inbound(self, texts: Sequence[InboundText]) -> None:
        """Keep texts."""
        self._raise()
        super().inbound(texts)

    def _raise(self) -> None:
        self.asked += 1
        if self.fault is not None:
            raise self.fault


class Desk:
    """A web application whose carriers' words go to a store that a test looks at."""

    def __init__(self, client: FlaskClient, store: Store) -> None:
        self.client, self.store = client, store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Iterator[Desk]:
    """One for all tests."""
    environ = {"HUB_HUB_PUBLIC_URL": "https://hub.example", "HUB_ROUTE_MAIN_CONNECTOR": "ovh"}
    named = {
        "ovh": {"preset": "ovh", "inbound": "yes", "callback_secret": SECRET},
        "closed": {"preset": "ovh", "inbound": "yes"},
        "quiet": {"preset": "ovh", "receipts": "no", "callback_secret": SECRET},
        "twilio": {"preset": "twilio", "inbound": "yes", "account": "AC1", "password": "p"},
        "factor": {"preset": "smsfactor", "inbound": "yes", "callback_secret": SECRET, "number": "36180"},
    }
    for name, keys in named.items():
        said = {"type": "http", **keys}
        environ |= {f"HUB_CONNECTOR_{name}_{key}".upper(): value for key, value in said.items()}
    folder, url = tmp_path_factory.mktemp("desk"), databases.fresh("sqlite")
    hub = make_hub(folder, url, settings=environ, bring={"http": hub_http_carrier})
    store = Store()
    vars(hub.core)["lines"] = type("Lines", (), {"sink": lambda _, __: store, "close": lambda _: None})()
    yield Desk(create_app(hub.core).test_client(), store)
    hub.core.close()


@pytest.fixture
def desk(made: Desk) -> Desk:
    """The same, as if nothing had come yet."""
    store = made.store
    store.calls, store.texts, store.told, store.fault, store.asked = [], [], [], None, 0
    return made


def test_a_receipt_is_answered_once_it_is_kept(desk: Desk) -> None:
    """By GET, with everything in the address."""
    answer = desk.client.get(RECEIPTS, query_string=GOOD)
    assert (answer.status_code, [one.carrier_id for one in desk.store.received]) == (200, ["4711"])


@pytest.mark.parametrize("fault", [StoreUnavailable("locked"), TemporaryFailure("nothing keeps it")])
@pytest.mark.parametrize("url", [RECEIPTS, INBOUND])
def test_what_is_not_kept_is_asked_for_again(desk: Desk, url: str, fault: Exception) -> None:
    """503, and when to come back; nothing is acknowledged."""
    desk.store.fault = fault
    answer = desk.client.post(url, data={**GOOD, "senderid": "+33612345678", "shortcode": "36180", "message": "Oui"})
    assert (answer.status_code, answer.headers["Retry-After"], desk.store.told) == (503, "10", [])


def test_a_text_is_kept_and_then_acknowledged(desk: Desk) -> None:
    """The hub is told once the answer has left."""
    words = {"id": "9", "senderid": "+33612345678", "shortcode": "36180", "message": "Oui"}
    answer = desk.client.post(INBOUND, data=words)
    answer.close()
    (text,) = desk.store.texts
    said = (text.number, text.to, text.text, text.carrier_id)
    assert (answer.status_code, said, desk.store.told) == (200, ("+33612345678", "36180", "Oui", "9"), [text])


def test_a_text_that_does_not_say_whom_it_is_for_has_hub_inis_number(desk: Desk) -> None:
    """SMSFactor does not name it."""
    factor = f"/carriers/factor/{SECRET}/inbound"
    answer = desk.client.post(factor, json={"from": "33612345678", "message": "STOP"})
    assert (answer.status_code, desk.store.texts[0].to) == (200, "36180")


def test_several_receipts_come_in_one_call(desk: Desk) -> None:
    """They are kept together."""
    body = [
        {"campaign_id": str(number), "message_id": "m", "status": 3, "destination": "33612345678"}
        for number in range(3)
    ]
    desk.client.post(f"/carriers/factor/{SECRET}/receipts", json=body)
    assert [len(call) for call in desk.store.calls] == [3]


STRANGERS: dict[str, tuple[str, int]] = {
    "no such carrier": (f"/carriers/nobody/{SECRET}/receipts", 404),
    "a wrong secret": ("/carriers/ovh/0123456789abcdefghiX/receipts", 404),
    "no secret": ("/carriers/ovh/receipts", 404),
    "something else": (f"/carriers/ovh/{SECRET}/else", 404),
    "nothing that is asked for": ("/carriers/closed/receipts", 403),
    "receipts that are switched off": (f"/carriers/quiet/{SECRET}/receipts", 404),
    "texts that are switched off": (f"/carriers/quiet/{SECRET}/inbound", 404),
    "no signature": ("/carriers/twilio/receipts", 403),
    "no signature of a text": ("/carriers/twilio/inbound", 403),
}


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stranger_hears_no_and_touches_nothing(desk: Desk, name: str, method: str) -> None:
    """And is told nothing about why."""
    url, status = STRANGERS[name]
    answer = desk.client.open(url, method=method, query_string=GOOD)
    assert (answer.status_code, desk.store.asked) == (status, 0)
    assert "secret" not in answer.text.lower()
    assert "signature" not in answer.text.lower()


def test_a_refused_call_is_logged_without_what_it_said(desk: Desk, quiet: list[MutableMapping[str, Any]]) -> None:
    """The carrier, the proof and the address; no number, no text, no secret."""
    desk.client.post("/carriers/twilio/inbound", data={"From": "+33612345678", "Body": "hidden words"})
    (line,) = [line for line in quiet if line["event"] == "carrier_call_refused"]
    assert (line["connector"], line["kind"], line["missing"]) == ("twilio", "inbound", "signature")
    assert not {"33612345678", "hidden"} & set(str(line).replace("+", " ").split())


def test_a_call_under_a_wrong_secret_is_logged_too(desk: Desk, quiet: list[MutableMapping[str, Any]]) -> None:
    """A carrier that was given a mistyped address is hard to see otherwise."""
    desk.client.get("/carriers/ovh/0123456789abcdefghiX/receipts", query_string=GOOD)
    (line,) = [line for line in quiet if line["event"] == "carrier_call_refused"]
    assert (line["connector"], line["missing"]) == ("ovh", "the secret of the address")


RUBBISH: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", ""),
    "no JSON": (b"{", "application/json"),
    "a number": (b"7", "application/json"),
    "a list of nothing": (b"[]", "application/json"),
    "a list of numbers": (b"[1, 2]", "application/json"),
    "deep": (b"[" * 100_000, "application/json"),
    "NaN": (b'{"id": NaN, "ptt": 4}', "application/json"),
    "a huge number": (b'{"id": ' + b"9" * 5000 + b', "ptt": 4}', "application/json"),
    "no UTF-8": (b"id=\xff\xfe&ptt=", "application/x-www-form-urlencoded"),
    "an entity": (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "text/xml"),
    "many fields": (b"&".join(b"a=1" for _ in range(2000)), "application/x-www-form-urlencoded"),
    "no state": (b"id=1", "application/x-www-form-urlencoded"),
    "an odd type": (b"id", "multipart/form-data; boundary="),
}


@pytest.mark.parametrize("name", RUBBISH)
@pytest.mark.parametrize("kind", ["receipts", "inbound"])
@pytest.mark.parametrize("carrier", ["ovh", "factor"])
def test_rubbish_from_the_carrier_is_refused(desk: Desk, carrier: str, kind: str, name: str) -> None:
    """400, never 500, and the store is not asked."""
    body, content_type = RUBBISH[name]
    url = f"/carriers/{carrier}/{SECRET}/{kind}"
    answer = desk.client.post(url, data=body, content_type=content_type or None)
    assert (answer.status_code, desk.store.asked) == (400, 0)


@pytest.mark.parametrize("what", ["\x00", "\ud800", "\udfff x", "\u202e"])
def test_what_no_database_keeps_is_replaced(desk: Desk, what: str) -> None:
    """NUL and halves of characters are no reason to lose a text."""
    body = json.dumps({"from": f"336{what}", "message": f"a{what}b"}).encode()
    answer = desk.client.post(f"/carriers/factor/{SECRET}/inbound", data=body, content_type="application/json")
    (text,) = desk.store.texts
    (text.number + text.text + text.raw).encode()
    assert (answer.status_code, "\x00" in text.text + text.raw) == (200, False)


def test_a_body_that_is_too_long_is_not_read(desk: Desk) -> None:
    """413, whether its length is stated or not."""
    answer = desk.client.post(RECEIPTS, data=b"a" * (MOST_BYTES + 1))
    assert (answer.status_code, desk.store.asked) == (413, 0)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_only_get_and_post_are_ways_to_call(desk: Desk, method: str) -> None:
    """405."""
    assert desk.client.open(RECEIPTS, method=method).status_code == 405


def test_a_carrier_that_is_not_described_is_left_out(tmp_path: Path, databases: Databases) -> None:
    """The others are still there, and `hub check` says so."""
    environ = {
        "HUB_CONNECTOR_BROKEN_TYPE": "http",
        "HUB_CONNECTOR_BROKEN_DEFINITION": str(tmp_path / "missing.toml"),
        "HUB_CONNECTOR_OVH_TYPE": "http",
        "HUB_CONNECTOR_OVH_PRESET": "ovh",
        "HUB_CONNECTOR_OVH_CALLBACK_SECRET": SECRET,
    }
    hub = make_hub(tmp_path, databases.fresh("sqlite"), settings=environ, bring={"http": hub_http_carrier})
    client = create_app(hub.core).test_client()
    statuses = [client.get(url, query_string=GOOD).status_code for url in ("/carriers/broken/receipts", RECEIPTS)]
    hub.core.close()
    assert statuses == [404, 200]


@pytest.mark.parametrize("preset", ["twilio", "vonage", "ovh", "smsfactor"])
def test_a_carriers_own_call_is_let_in(site: Site, preset: str) -> None:
    """Signed, addressed and written as that carrier does, over HTTP."""
    carrier = site.carriers[preset]
    site.sink = RecordingSink()
    before = carrier.answers[200]
    status = carrier.call(carrier.urls["receipts"], carrier.receipt(_taken(), "delivered"))
    site.sink.wait_for(1, 15)
    site.sink = None
    assert (status, carrier.answers[200]) == (200, before + 1)


class _Inbox:
    """Keeps texts as the hub does: by the connector that brought them."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, InboundText]] = []
        self.told: list[InboundText] = []
        self.heard = threading.Event()

    def take(self, connector: str, texts: Sequence[InboundText]) -> None:
        """Keep them."""
        self.kept += [(connector, text) for text in texts]

    def acknowledged(self, _: str, texts: Sequence[InboundText]) -> None:
        """Note that the carrier was told."""
        self.told += texts
        self.heard.set()


@pytest.mark.parametrize("preset", ["twilio", "vonage", "ovh", "smsfactor"])
def test_a_text_that_a_carrier_brings_is_kept(site: Site, preset: str) -> None:
    """Signed, addressed and written as that carrier does, over HTTP; and acknowledged once."""
    site.hub.core.lines.inbox = inbox = _Inbox()
    status = site.carriers[preset].text_in(number="+33639981001", to="36180", text="Oui, à demain & merci")
    ((connector, text),) = inbox.kept
    said = (status, connector, text.number.lstrip("+"), text.to, text.text)
    assert said == (200, preset, "33639981001", "36180", "Oui, à demain & merci")
    assert inbox.heard.wait(15)
    assert inbox.told == [text]


def _taken() -> Any:
    from .carriers import Taken

    return Taken("77", "+33639981001", "hello", "HUB", "01ARZ3NDEKTSV4RRFFQ69G5FAV-1")
