"""How a request shows who sends it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub_http_carrier.templates import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from hub_http_carrier.definition import Auth
    from hub_http_carrier.templates import Fields


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it goes over the wire. Its headers and body hold secrets and texts: it is never logged."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


def auth_headers(auth: Auth, asked: Asked, fields: Fields, now: datetime) -> dict[str, str]:
    """The headers that show who asks; a function of the whole request where they sign it."""
    return _WAYS[auth.kind](auth, asked, fields, now)


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for a user name and a password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def digest(algorithm: str, encoding: str, key: str, content: bytes) -> str:
    """An HMAC (RFC 2104) in hex or base64."""
    made = hmac.new(key.encode(), content, algorithm)
    return made.hexdigest() if encoding == "hex" else base64.b64encode(made.digest()).decode()


def ovh_signature(secret: str, consumer: str, asked: Asked, timestamp: str) -> str:
    """OVHcloud's `X-Ovh-Signature`: SHA-1 over everything that is asked, and the secrets (its API's "First steps")."""
    whole = f"{secret}+{consumer}+{asked.method}+{asked.url}+{asked.body.decode()}+{timestamp}"
    return "$1$" + hashlib.sha1(whole.encode(), usedforsecurity=False).hexdigest()


def _none(_: Auth, __: Asked, ___: Fields, ____: datetime) -> dict[str, str]:
    return {}


def _basic(auth: Auth, _: Asked, fields: Fields, __: datetime) -> dict[str, str]:
    return {"Authorization": basic(fill(auth.user, fields), fill(auth.password, fields))}


def _bearer(auth: Auth, _: Asked, fields: Fields, __: datetime) -> dict[str, str]:
    return {"Authorization": f"Bearer {fill(auth.token, fields)}"}


def _header(auth: Auth, _: Asked, fields: Fields, __: datetime) -> dict[str, str]:
    return {auth.header: f"{auth.prefix}{fill(auth.token, fields)}"}


def _ovh(auth: Auth, asked: Asked, fields: Fields, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    secret, consumer = fill(auth.password, fields), fill(auth.token, fields)
    return {
        "X-Ovh-Application": fill(auth.user, fields),
        "X-Ovh-Consumer": consumer,
        "X-Ovh-Timestamp": timestamp,
        "X-Ovh-Signature": ovh_signature(secret, consumer, asked, timestamp),
    }


def _hmac(auth: Auth, asked: Asked, fields: Fields, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    content = signed_content(auth.signed, asked, timestamp)
    made = digest(auth.algorithm, auth.encoding, fill(auth.secret, fields), content)
    headers = {auth.header: f"{auth.prefix}{made}"}
    return headers | ({auth.timestamp_header: timestamp} if auth.timestamp_header else {})


def signed_content(template: str, asked: Asked, timestamp: str) -> bytes:
    """What a signature is over: a template over `{method}`, `{url}`, `{path}`, `{timestamp}` and `{body}`."""
    words = {
        b"{method}": asked.method.encode(),
        b"{url}": asked.url.encode(),
        b"{path}": urlsplit(asked.url).path.encode(),
        b"{timestamp}": timestamp.encode(),
        b"{body}": asked.body,
    }
    content, rest = b"", template.encode()
    while rest:
        name = next((name for name in words if rest.startswith(name)), rest[:1])
        content += words.get(name, name)
        rest = rest[len(name) :]
    return content


_WAYS: Mapping[str, Callable[[Auth, Asked, Fields, datetime], dict[str, str]]] = {
    "none": _none,
    "basic": _basic,
    "bearer": _bearer,
    "header": _header,
    "ovh": _ovh,
    "hmac": _hmac,
}
