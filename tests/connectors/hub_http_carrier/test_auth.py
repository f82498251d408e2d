"""How a request shows who sends it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hub_http_carrier.auth import Asked, auth_headers, digest, ovh_signature, signed_content
from hub_http_carrier.definition import Auth

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
FIELDS = {"user": "u", "password": "p", "token": "t", "account": "a"}


@pytest.mark.parametrize(
    ("auth", "headers"),
    [
        ({"kind": "none"}, {}),
        ({"kind": "basic"}, {"Authorization": "Basic dTpw"}),
        ({"kind": "basic", "user": "{account}"}, {"Authorization": "Basic YTpw"}),
        ({"kind": "bearer"}, {"Authorization": "Bearer t"}),
        ({"kind": "bearer", "token": "{password}"}, {"Authorization": "Bearer p"}),
        ({"kind": "header", "header": "X-Key"}, {"X-Key": "t"}),
        ({"kind": "header", "header": "Authorization", "prefix": "App "}, {"Authorization": "App t"}),
    ],
)
def test_keys_of_hub_ini_become_headers(auth: dict[str, str], headers: dict[str, str]) -> None:
    """By the way that the definition names."""
    assert auth_headers(Auth.model_validate(auth), Asked("POST", "https://x/"), FIELDS, NOW) == headers


@pytest.mark.parametrize(
    ("algorithm", "key", "content", "made"),
    [
        ("sha256", "Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
        ("sha1", "Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c"),
    ],
)
def test_an_hmac_is_that_of_its_standard(algorithm: str, key: str, content: bytes, made: str) -> None:
    """RFC 4231 and RFC 2202, their second cases."""
    assert digest(algorithm, "hex", key, content).startswith(made)


def test_what_is_signed_is_taken_as_it_is() -> None:
    """A body that looks like a template is none."""
    asked = Asked("POST", "https://x/a?b=c", body=b"{timestamp}{url}")
    assert signed_content("{method} {path} {body} {timestamp}", asked, "7") == b"POST /a {timestamp}{url} 7"


def test_ovhs_signature_is_that_of_its_documentation() -> None:
    """The example of "First steps with the OVHcloud APIs"."""
    request = Asked("GET", "https://eu.api.ovh.com/1.0/domains/")
    made = ovh_signature("EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF", "MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1", request, "1366560945")
    assert made == "$1$d3705e8afb27a0d2970a322b96550abfc67bb798"
