from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from tests.conftest import HubMaker

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


@pytest.mark.parametrize("given", ["a", "trace-4711_x.y", "0" * 64])
def test_a_callers_own_name_for_a_request_is_kept(refused: Caller, given: str) -> None:
    """So that one id runs through several systems' logs."""
    answer = refused.client.get("/health/live", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "two words", "0" * 65, "<script>", "caf\u00e9", "+33612345678"])
def test_a_name_that_is_not_sane_gives_way_to_a_new_one(refused: Caller, given: str) -> None:
    """It would end up in the log."""
    answer = refused.client.get("/health/live", headers={"X-Request-Id": given})
    assert ULID.fullmatch(answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    "path", ["/api/v1/account", "/nothing/there", "/health/live", "/metrics", "/api/v1/openapi.json"]
)
def test_every_answer_forbids_what_browsers_might_do_with_it(refused: Caller, path: str) -> None:
    """No guessing of types, no scripts, no copy in a cache; and not a word about the server's software."""
    headers = refused.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Server"] == "hub"


@pytest.mark.parametrize(
    ("url", "said"), [("https://sms.example.net", "max-age=31536000"), ("http://sms.example.net", None), ("", None)]
)
def test_browsers_are_told_to_stay_with_https_where_the_hub_has_it(make: HubMaker, url: str, said: str | None) -> None:
    """As its public address says; without one nothing is promised."""
    headers = Caller(make(settings={"HUB_HUB_PUBLIC_URL": url})).get("/api/v1/account").headers
    assert headers.get("Strict-Transport-Security") == said


def test_a_request_is_one_line_of_the_log_and_names_nobody(
    caller: Caller, logs: list[MutableMapping[str, Any]]
) -> None:
    """Method, template, status and time; the path, the body and the query may be about people."""
    caller.send("+33612345678", text="Secret")
    caller.get("/api/v1/messages", campaign="01JZ5Y3X6R8W9T2Q4V7N0KMDBE", cursor="33612345678")
    lines = [line for line in logs if line["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/api/v1/campaigns", 201),
        ("GET", "/api/v1/messages", 404),
    ]
    assert not re.search(r"612345678|Secret", str(lines))
