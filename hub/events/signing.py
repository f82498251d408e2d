"""Sign what is sent, as Standard Webhooks 1.0 says: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret of 256 random bits, as receivers' libraries read it."""
    return PREFIX + base64.b64encode(os.urandom(_BYTES)).decode()


def headers_of(event_id: str, at_s: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that go with a body; `at_s` is the time of sending in seconds since 1970.

    With one signature by each secret: while a secret is changed, receivers know the old one or the new one.
    """
    signed = b".".join((event_id.encode(), str(at_s).encode(), body))
    signatures = (hmac.digest(_key(one), signed, hashlib.sha256) for one in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))
