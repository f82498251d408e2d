"""Whether it is the carrier who calls: what each proof lets in, and what it does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub_http_carrier.auth import basic
from hub_http_carrier.definition import Signature
from hub_http_carrier.proofs import Called, Proofs, same, twilio_signature, vonage_signature
from hub_http_carrier.settings import HttpSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
KEY = "the-signing-secret"


def proofs(signature: Mapping[str, Any] | None = None, **keys: object) -> Proofs:
    """What hub.ini and a definition ask for."""
    settings = HttpSettings.model_validate({"preset": "ovh", **keys})
    if signature is None:
        return Proofs(settings, None, "")
    return Proofs(settings, Signature.model_validate(signature), KEY)


def called(body: bytes = b"{}", address: str = "192.0.2.7", **headers: str) -> Called:
    """A call with a body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Called("POST", "https://hub.example/carriers/a/receipts", named, body=body, address=address)


def test_without_any_proof_nobody_is_let_in() -> None:
    """Leaving it out is no way in."""
    assert proofs().missing(called(), NOW) == "any proof"


def test_the_secret_of_the_address_is_compared_whole() -> None:
    """A beginning of it does not do."""
    asked = proofs(callback_secret="0123456789abcdefghij")
    known = [asked.knows(said) for said in ("0123456789abcdefghij", "0123456789", "", "é" * 20, "\ud800")]
    assert known == [True, False, False, False, False]


def test_where_there_is_no_secret_none_is_known() -> None:
    """An address with one leads nowhere."""
    assert (proofs().knows(""), proofs().knows("x")) == (True, False)


@pytest.mark.parametrize(
    ("address", "lets_in"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("192.0.3.7", False),
        ("2001:db9::1", False),
        ("unix", False),
        ("", False),
    ],
)
def test_a_network_lets_its_addresses_in(address: str, *, lets_in: bool) -> None:
    """IPv4 written as IPv6 too."""
    asked = proofs(callback_networks="192.0.2.0/24, 2001:db8::/32")
    assert (asked.missing(called(address=address), NOW) is None) is lets_in


@pytest.mark.parametrize(
    ("header", "lets_in"),
    [
        (basic("carrier", "hidden"), True),
        (basic("carrier", "wrong"), False),
        (basic("Carrier", "hidden"), False),
        ("Bearer hidden", False),
        ("", False),
    ],
)
def test_a_user_and_a_password_let_in(header: str, *, lets_in: bool) -> None:
    """Both of them."""
    asked = proofs(callback_user="carrier", callback_password="hidden")
    assert (asked.missing(called(authorization=header), NOW) is None) is lets_in


def test_every_proof_that_is_asked_for_must_hold() -> None:
    """One of two does not do."""
    asked = proofs(callback_user="carrier", callback_password="hidden", callback_networks="198.51.100.0/24")
    assert asked.missing(called(authorization=basic("carrier", "hidden")), NOW) == "networks"


HMACS = [
    ({"header": "X-Sig"}, hmac.new(KEY.encode(), b"{}", "sha256").hexdigest()),
    ({"header": "X-Sig"}, hmac.new(KEY.encode(), b"{}", "sha256").hexdigest().upper()),
    ({"header": "X-Sig", "prefix": "sha256="}, "sha256=" + hmac.new(KEY.encode(), b"{}", "sha256").hexdigest()),
    (
        {"header": "X-Sig", "algorithm": "sha1", "encoding": "base64"},
        base64.b64encode(hmac.new(KEY.encode(), b"{}", "sha1").digest()).decode(),
    ),
]


@pytest.mark.parametrize(("spec", "header"), HMACS)
def test_a_signature_of_the_body_lets_in(spec: dict[str, Any], header: str) -> None:
    """In hex or base64, by the algorithm and with the prefix that the definition names."""
    asked = proofs({"kind": "hmac", **spec})
    assert asked.missing(called(x_sig=header), NOW) is None


@pytest.mark.parametrize(("spec", "header"), HMACS)
def test_a_signature_does_not_hold_for_another_body(spec: dict[str, Any], header: str) -> None:
    """One byte more."""
    asked = proofs({"kind": "hmac", **spec})
    assert asked.missing(called(b"{} ", x_sig=header), NOW) == "signature"


@pytest.mark.parametrize(("age_s", "lets_in"), [(0, True), (299, True), (301, False), (-301, False)])
def test_a_signed_call_is_good_for_a_while(age_s: int, *, lets_in: bool) -> None:
    """The time is signed with it, so an old call cannot be played again."""
    asked = proofs({"kind": "hmac", "header": "X-Sig", "signed": "{timestamp}.{body}", "timestamp_header": "X-Time"})
    at = str(int((NOW - timedelta(seconds=age_s)).timestamp()))
    made = hmac.new(KEY.encode(), f"{at}.{{}}".encode(), "sha256").hexdigest()
    assert (asked.missing(called(x_sig=made, x_time=at), NOW) is None) is lets_in


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "1e400", "9" * 400])
def test_a_time_that_is_none_is_too_old(time: str) -> None:
    """Nothing is raised by it."""
    asked = proofs({"kind": "hmac", "header": "X-Sig", "signed": "{timestamp}.{body}", "timestamp_header": "X-Time"})
    made = hmac.new(KEY.encode(), f"{time}.{{}}".encode(), "sha256").hexdigest()
    assert asked.missing(called(x_sig=made, x_time=time), NOW) == "signature"


def test_a_secret_as_header_lets_in() -> None:
    """As SMSFactor's receivers compare it."""
    asked = proofs({"kind": "header", "header": "X-SMSFactor-Signature"})
    held = [asked.missing(called(x_smsfactor_signature=said), NOW) for said in (KEY, KEY[:-1], "")]
    assert held == [None, "signature", "signature"]


def test_twilios_signature_is_that_of_its_documentation() -> None:
    """The example of its page on security."""
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+12349013030",
        "Digits": "1234",
        "From": "+12349013030",
        "To": "+18005551212",
    }
    made = twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", tuple(form.items()))
    assert made == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_a_parameter_that_comes_twice_is_signed_once() -> None:
    """As Twilio's own libraries do."""
    pairs = (("A", "1"), ("A", "1"), ("A", "2"))
    assert twilio_signature("k", "u", pairs) == twilio_signature("k", "u", (("A", "2"), ("A", "1")))


@pytest.mark.parametrize(
    ("body", "lets_in"), [(b'{"a":1}', True), (b'{"a":2}', False)], ids=["as signed", "another body"]
)
def test_twilios_json_is_signed_by_its_sum(body: bytes, *, lets_in: bool) -> None:
    """`bodySHA256` stands in the address, and the address is signed."""
    total = hashlib.sha256(b'{"a":1}').hexdigest()
    url = f"https://hub.example/carriers/a/receipts?bodySHA256={total}"
    made = base64.b64encode(hmac.new(KEY.encode(), url.encode(), "sha1").digest()).decode()
    call = Called("POST", url, {"x-twilio-signature": made}, (("bodySHA256", total),), body=body)
    assert (proofs({"kind": "twilio"}).missing(call, NOW) is None) is lets_in


def vonage(algorithm: str, age_s: int = 0, **changed: str) -> Called:
    """A signed receipt in the address; `changed` after it was signed."""
    said = {"msisdn": "33612345678", "text": "a&b=c", "timestamp": str(int(NOW.timestamp()) - age_s)}
    content = "&msisdn=33612345678&text=a_b_c&timestamp=" + said["timestamp"]
    if algorithm == "md5hash":
        sig = hashlib.md5((content + KEY).encode()).hexdigest()  # noqa: S324 - it is what they do
    else:
        sig = hmac.new(KEY.encode(), content.encode(), algorithm).hexdigest()
    return Called("GET", "https://hub.example/", query=tuple(({**said, "sig": sig} | changed).items()))


@pytest.mark.parametrize("algorithm", ["md5hash", "md5", "sha1", "sha256", "sha512"])
def test_vonages_sig_lets_in(algorithm: str) -> None:
    """By the algorithm of the dashboard; & and = in values count as _."""
    assert proofs({"kind": "vonage", "algorithm": algorithm}).missing(vonage(algorithm), NOW) is None


@pytest.mark.parametrize(
    "call",
    [vonage("sha256", text="x"), vonage("sha256", sig=""), vonage("sha256", extra="1"), vonage("sha256", 301)],
    ids=["another text", "no sig", "one more", "old"],
)
def test_vonages_sig_holds_for_what_was_signed(call: Called) -> None:
    """And for a while."""
    assert proofs({"kind": "vonage", "algorithm": "sha256"}).missing(call, NOW) == "signature"


FORGED = json.dumps({"msisdn": "33612345678", "text": "STOP"}).encode()


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
@pytest.mark.parametrize("body", [FORGED, b"<forged/>"], ids=["json", "anything else"])
def test_vonages_sig_of_the_address_lets_no_body_in(kind: str, body: bytes) -> None:
    """A body is read by its content: whatever its header says, it was not signed."""
    call = replace(vonage("sha256"), method="POST", headers={"content-type": kind}, body=body)
    assert proofs({"kind": "vonage", "algorithm": "sha256"}).missing(call, NOW) == "signature"


def test_vonages_sig_lets_no_name_in_twice() -> None:
    """Only one of the two would have been signed."""
    signed = vonage("sha256")
    call = replace(signed, query=(("text", "STOP"), *signed.query))
    assert proofs({"kind": "vonage", "algorithm": "sha256"}).missing(call, NOW) == "signature"


def test_twilios_signature_of_the_address_lets_no_body_in() -> None:
    """Without a sum nothing covers it."""
    url = "https://hub.example/carriers/a/receipts"
    made = base64.b64encode(hmac.new(KEY.encode(), url.encode(), "sha1").digest()).decode()
    call = Called("POST", url, {"x-twilio-signature": made}, body=FORGED)
    assert proofs({"kind": "twilio"}).missing(call, NOW) == "signature"


def test_vonages_hash_is_that_of_its_documentation() -> None:
    """Sorted, with an & before each, and the secret at the end."""
    pairs = {"message-timestamp": "2013-11-21 15:27:30", "messageId": "7C", "sig": "x", "type": "text"}
    wanted = hashlib.md5(b"&message-timestamp=2013-11-21 15:27:30&messageId=7C&type=textsecret").hexdigest()  # noqa: S324
    assert vonage_signature("secret", "md5hash", pairs) == wanted


def token(head: Mapping[str, Any], claims: Mapping[str, Any], key: str = KEY) -> str:
    """A JSON Web Token."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    signed = f"{part(json.dumps(head).encode())}.{part(json.dumps(claims).encode())}"
    return f"Bearer {signed}.{part(hmac.new(key.encode(), signed.encode(), 'sha256').digest())}"


HS256 = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"iat": int(NOW.timestamp()), "payload_hash": hashlib.sha256(b"{}").hexdigest(), "api_key": "k"}


def test_a_signed_token_lets_in() -> None:
    """With the hash of the body in it."""
    assert proofs({"kind": "jwt"}).missing(called(authorization=token(HS256, CLAIMS)), NOW) is None


@pytest.mark.parametrize(
    "header",
    [
        token(HS256, CLAIMS, "another-key"),
        token({"alg": "none"}, CLAIMS),
        token({"alg": "HS512"}, CLAIMS),
        token(HS256, {**CLAIMS, "payload_hash": "0" * 64}),
        token(HS256, {"iat": CLAIMS["iat"]}),
        token(HS256, {**CLAIMS, "iat": int(NOW.timestamp()) - 301}),
        token(HS256, {**CLAIMS, "exp": int(NOW.timestamp()) - 1}),
        token(HS256, CLAIMS).rpartition(".")[0] + ".",
        "Bearer a.b.c",
        "Bearer é.é.é",
        "Bearer ",
        "",
    ],
    ids=["key", "none", "HS512", "body", "no hash", "old", "over", "no sum", "rubbish", "no ASCII", "empty", "missing"],
)
def test_any_other_token_does_not(header: str) -> None:
    """Whatever it claims of itself."""
    assert proofs({"kind": "jwt"}).missing(called(authorization=header), NOW) == "signature"


def test_a_signed_token_lets_no_query_in() -> None:
    """It covers the body alone."""
    call = replace(called(authorization=token(HS256, CLAIMS)), query=(("text", "STOP"),))
    assert proofs({"kind": "jwt"}).missing(call, NOW) == "signature"


def test_texts_are_compared_whatever_they_hold() -> None:
    """Half of a character is no error."""
    assert (same("\ud800", "?"), same("é", "é"), same("", "")) == (True, True, True)
