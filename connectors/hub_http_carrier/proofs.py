"""Whether it is the carrier who calls. Every proof that hub.ini speaks of must hold, and there must be one.

Comparisons take the same time whether they hold or not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from hub_http_carrier.auth import Asked, basic, digest, signed_content

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from hub_http_carrier.definition import Definition, Signature
    from hub_http_carrier.settings import HttpSettings


@dataclass(frozen=True, slots=True)
class Called:
    """One call: `url` as the carrier wrote it, names of `headers` in small letters, pairs of the query and the form."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    form: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a carrier must show; `kinds` names what it is asked for."""

    settings: HttpSettings
    signature: Signature | None
    signing_key: str

    @classmethod
    def of(cls, settings: HttpSettings, definition: Definition) -> Proofs:
        """The proofs that a carrier's keys and definition ask for."""
        signature = definition.callbacks.signature
        names = signature.secret if signature else ()
        key = next((said for name in names if (said := settings.secret(name))), "")
        return cls(settings, signature if key else None, key)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is asked for; nothing at all means that nobody is let in."""
        settings = self.settings
        asked = {
            "secret": settings.secret("callback_secret"),
            "networks": settings.callback_networks,
            "basic": settings.callback_user and settings.secret("callback_password"),
            "signature": self.signature,
        }
        return tuple(kind for kind, wanted in asked.items() if wanted)

    def knows(self, secret: str) -> bool:
        """Whether the secret of the address is the right one; an empty one where there is none."""
        return same(secret, self.settings.secret("callback_secret"))

    def missing(self, called: Called, now: datetime) -> str | None:
        """Which proof a call does not bring; None when it brings all of them. `knows` comes before."""
        for kind in self.kinds:
            if kind != "secret" and not _HOLDS[kind](self, called, now):
                return kind
        return None if self.kinds else "any proof"


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def twilio_signature(token: str, url: str, form: tuple[tuple[str, str], ...]) -> str:
    """Twilio's: HMAC-SHA1 over the address and each different pair of the form, sorted (its page on security)."""
    pairs = "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return digest("sha1", "base64", token, f"{url}{pairs}".encode("utf-8", "replace"))


def vonage_signature(secret: str, algorithm: str, pairs: Mapping[str, str]) -> str:
    """Vonage's `sig`: over `&name=value` of all other pairs, sorted, with & and = in values as _ (Signing messages)."""
    kept = {name: value.replace("&", "_").replace("=", "_") for name, value in pairs.items() if name != "sig"}
    content = "".join(f"&{name}={kept[name]}" for name in sorted(kept)).encode("utf-8", "replace")
    if algorithm == "md5hash":
        return hashlib.md5(content + secret.encode(), usedforsecurity=False).hexdigest()
    return digest(algorithm, "hex", secret, content)


def _network(proofs: Proofs, called: Called, _: datetime) -> bool:
    try:
        address = ip_address(called.address or "")
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in proofs.settings.networks if network.version == plain.version)


def _basic(proofs: Proofs, called: Called, _: datetime) -> bool:
    settings = proofs.settings
    wanted = basic(settings.callback_user, settings.secret("callback_password"))
    return same(called.headers.get("authorization", ""), wanted)


def _signature(proofs: Proofs, called: Called, now: datetime) -> bool:
    if proofs.signature is None:
        return False
    return _SIGNATURES[proofs.signature.kind](proofs.signature, proofs.signing_key, called, now)


def _verbatim(spec: Signature, key: str, called: Called, _: datetime) -> bool:
    return same(called.headers.get(spec.header.lower(), ""), key)


def _hmac(spec: Signature, key: str, called: Called, now: datetime) -> bool:
    """A signature of the body and what else is signed; several with commas between them, as while keys change."""
    timestamp = called.headers.get(spec.timestamp_header.lower(), "") if spec.timestamp_header else ""
    if spec.timestamp_header and not _is_recent(timestamp, spec.tolerance_s, now):
        return False
    content = signed_content(spec.signed, Asked(called.method, called.url, body=called.body), timestamp)
    wanted = spec.prefix + digest(spec.algorithm, spec.encoding, key, content)
    if spec.encoding == "hex":
        return same(called.headers.get(spec.header.lower(), "").strip().lower(), wanted.lower())
    return same(called.headers.get(spec.header.lower(), "").strip(), wanted)


def _twilio(_: Signature, key: str, called: Called, __: datetime) -> bool:
    sums = [value for name, value in called.query if name == "bodySHA256"]
    if sums and not same(hashlib.sha256(called.body).hexdigest(), sums[0].lower()):
        return False
    if called.body and not (sums or called.form):
        return False  # nothing that was signed covers it
    wanted = twilio_signature(key, called.url, () if sums else called.form)
    return same(called.headers.get("x-twilio-signature", ""), wanted)


def _vonage(spec: Signature, key: str, called: Called, now: datetime) -> bool:
    every = [*called.query, *called.form, *_flat(called).items()]
    pairs = dict(every)
    is_signed = len(pairs) == len(every) and bool(called.form or _flat(called) or not called.body)
    if not is_signed:
        return False  # a name that stands there twice, or a body that nothing covers, would be believed unsigned
    if not _is_recent(pairs.get("timestamp", ""), spec.tolerance_s, now):
        return False
    return same(pairs.get("sig", "").lower(), vonage_signature(key, spec.algorithm, pairs).lower())


def _flat(called: Called) -> dict[str, str]:
    """The body as it will be read: by its content, whatever its header claims."""
    content = _object(called.body)
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in content.items()}


def _jwt(spec: Signature, key: str, called: Called, now: datetime) -> bool:
    """A JSON Web Token by HS256 (RFC 7515, 7519) with the body's hash as `payload_hash`, as Vonage's messages have."""
    token = called.headers.get("authorization", "").removeprefix("Bearer ").strip()
    signed, _, signature = token.rpartition(".")
    head, _, claims = signed.partition(".")
    wanted = hmac.new(key.encode(), signed.encode("utf-8", "replace"), "sha256").digest()
    if not hmac.compare_digest(_base64url(signature), wanted) or _object(_base64url(head)).get("alg") != "HS256":
        return False
    said = _object(_base64url(claims))
    if called.query:
        return False  # the token covers the body alone
    hash_of_body = str(said.get("payload_hash", ""))
    if called.body and not same(hash_of_body.lower(), hashlib.sha256(called.body).hexdigest()):
        return False
    expires = said.get("exp")
    is_over = isinstance(expires, (int, float)) and expires < now.timestamp()
    return not is_over and _is_recent(str(said.get("iat", "")), spec.tolerance_s, now)


def _base64url(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("utf-8", "replace") + b"=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _object(content: bytes) -> dict[str, Any]:
    try:
        made = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}


def _is_recent(timestamp: str, tolerance_s: float, now: datetime) -> bool:
    """Whether seconds since 1970 are near enough: an old call that somebody kept is not let in again."""
    try:
        return abs(float(timestamp) - now.timestamp()) <= tolerance_s
    except (ValueError, OverflowError):
        return False


_HOLDS: Mapping[str, Callable[[Proofs, Called, datetime], bool]] = {
    "networks": _network,
    "basic": _basic,
    "signature": _signature,
}

_SIGNATURES: Mapping[str, Callable[[Signature, str, Called, datetime], bool]] = {
    "hmac": _hmac,
    "header": _verbatim,
    "twilio": _twilio,
    "vonage": _vonage,
    "jwt": _jwt,
}
