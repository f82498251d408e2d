from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, abort, redirect

from hub import errors, hookimpl
from hub.plugin_manager import Plugins
from hub.store.engine import Store
from hub.web.problems import KIND_BY_CODE, kind_of, status_of

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.registry import Registry
    from hub.running import Hub
    from tests.conftest import HubMaker

CANARY = "+33600000042"
HUB = Path(errors.__file__).parent


def stumble() -> None:
    """Raise what nobody foresaw, with somebody's number in it."""
    raise KeyError(CANARY)


def hurry() -> None:
    """Refuse for now."""
    raise errors.TooMany("Ten a second are enough.", retry_after=timedelta(seconds=1.2))


def forbid() -> None:
    """Refuse for good."""
    raise errors.NotAllowed("This token may only read.")


@dataclass(frozen=True)
class FaultyRoutes:
    """A plugin whose routes answer with trouble."""

    hub_api: int = 1

    @hookimpl
    def hub_register_blueprints(self, registry: Registry) -> None:
        """Bring them."""
        registry.add_blueprint(self.build)

    def build(self, _: Hub) -> Blueprint:
        """Make them."""
        routes = Blueprint("faulty", __name__, url_prefix="/faulty")
        views: dict[str, Callable[[], Any]] = {
            "stumble": stumble,
            "hurry": hurry,
            "forbid": forbid,
            "teapot": lambda: abort(418),
            "moved": lambda: redirect("/health/live"),
        }
        for name, view in views.items():
            routes.add_url_rule(f"/{name}", name, view)
        return routes


@pytest.fixture
def faulty(make: HubMaker) -> Caller:
    """A caller on a hub with those routes."""
    plugins = Plugins()
    plugins.add(FaultyRoutes(), "faulty")
    return Caller(make(plugins=plugins))


def test_a_problem_has_every_member(caller: Caller) -> None:
    """RFC 9457's, and the hub's own: code, errors, request_id."""
    answer = caller.send(text="")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json() == {
        "type": "/problems/empty_body",
        "title": "Empty body",
        "status": 422,
        "detail": "The text is empty; write what to say.",
        "code": "empty_body",
        "errors": [{"field": "text", "code": "empty_body", "message": "The text is empty; write what to say."}],
        "request_id": answer.headers["X-Request-Id"],
    }


def test_what_nobody_foresaw_is_a_problem_without_a_trace(faulty: Caller) -> None:
    """500 with the request's id, and nothing of what happened inside."""
    answer = faulty.get("/faulty/stumble")
    content = answer.get_json()
    assert (answer.status_code, content["code"]) == (500, "internal_error")
    assert content["request_id"] == answer.headers["X-Request-Id"]
    assert not {"KeyError", "Traceback", CANARY} & set(answer.get_data(as_text=True).replace('"', " ").split())


def test_a_limit_says_when_to_come_back(faulty: Caller) -> None:
    """429, in whole seconds, rounded up."""
    answer = faulty.get("/faulty/hurry")
    assert (answer.status_code, answer.headers["Retry-After"], answer.get_json()["code"]) == (429, "2", "rate_limited")


def test_what_one_may_not_do_is_forbidden(faulty: Caller) -> None:
    """403: who asks is known."""
    assert faulty.get("/faulty/forbid").status_code == 403


def test_a_plain_http_error_is_a_problem_too(faulty: Caller) -> None:
    """Whoever raised it."""
    answer = faulty.get("/faulty/teapot")
    assert (answer.status_code, answer.get_json()["code"]) == (418, "im_a_teapot")


def test_a_redirect_is_no_problem(faulty: Caller) -> None:
    """It stays what it is."""
    assert faulty.get("/faulty/moved").headers["Location"] == "/health/live"


def test_an_address_where_nothing_is_says_so(caller: Caller) -> None:
    """404, and where the list of addresses is."""
    answer = caller.get("/api/v1/campaign")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_a_method_that_is_not_taken_is_told_which_are(caller: Caller) -> None:
    """405 with Allow, as RFC 9110 wants."""
    answer = caller.client.delete("/api/v1/account", headers=caller.bearer)
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


def test_a_database_that_is_away_is_asked_for_again_later(caller: Caller) -> None:
    """503 with Retry-After, and not a word about where the database is."""
    caller.hub.core.store = Store("postgresql+psycopg://hub@127.0.0.1:1/hub")
    del caller.hub.core.accounts
    answer = caller.get("/api/v1/account")
    assert (answer.status_code, answer.headers["Retry-After"], answer.get_json()["code"]) == (
        503,
        "2",
        "store_unavailable",
    )
    assert "127.0.0.1" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RequestRefused("x"), 422),
        (errors.RequestRefused("x", code="opted_out"), 403),
        (errors.RequestRefused("x", code="not_mobile"), 403),
        (errors.NotAuthenticated("x"), 401),
        (errors.NotEnoughCredits(2, 1), 402),
        (errors.NotAllowed("x", code="account_locked"), 403),
        (errors.NotFound("x"), 404),
        (errors.Conflict("x"), 409),
        (errors.Conflict("x", code="idempotency_key_reused"), 422),
        (errors.TooMany("x", retry_after=timedelta(seconds=1)), 429),
        (errors.StoreUnavailable("x"), 503),
        (errors.NewerDatabase("x"), 500),
        (errors.Throttled("x"), 500),
    ],
)
def test_each_error_of_the_hub_has_its_status(error: errors.HubError, status: int) -> None:
    """By its code where that says more, else by its class."""
    assert status_of(error) == status


def refusal(*codes: str) -> errors.RequestRefused:
    """A refusal for several faults."""
    return errors.RequestRefused("x", faults=[errors.Fault(str(place), code, "x") for place, code in enumerate(codes)])


@pytest.mark.parametrize(
    ("codes", "kind", "status"),
    [
        (("empty",), "not_a_number", 422),
        (("empty", "unparsable"), "not_a_number", 422),
        (("length", "invalid"), "impossible_number", 422),
        (("sender_space",), "sender_id", 422),
        (("landline",), "landline", 422),
        (("empty", "length"), "invalid_request", 422),
        (("opted_out", "unallocated"), "invalid_request", 403),
        (("opted_out", "length"), "invalid_request", 422),
    ],
)
def test_a_problem_is_of_the_kind_that_its_faults_have_in_common(
    codes: tuple[str, ...], kind: str, status: int
) -> None:
    """And of the status, where they have one."""
    assert (kind_of(refusal(*codes)), status_of(refusal(*codes))) == (kind, status)


def test_every_rule_of_a_senders_form_is_of_one_kind() -> None:
    """Whatever codes the rules come to have."""
    source = "".join(path.read_text() for path in (HUB / "sms" / "sender.py", HUB / "compliance" / "senders.py"))
    codes = set(re.findall(r'"(sender_[a-z_]+)"', source))
    assert {code for code in codes if KIND_BY_CODE.get(code) != "sender_id"} == set()
