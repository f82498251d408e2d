"""Limits of the API: requests per token, wrong tokens per address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hub.accounts.secrets import digest_of
from hub.errors import NotAuthenticated, TooMany
from hub.web import limiter
from hub.web.limiter import Limiter
from hub.web.windows import Windows

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

ACCOUNT = "/api/v1/account"


def limiter_of(hub: TestHub, *, per_minute: int = 100, failures: int = 3) -> Limiter:
    """A limiter on a hub's accounts."""
    return Limiter(Windows(), hub.core.tokens.caller, per_minute, failures)


def refused_times(made: Limiter, address: str, times: int) -> None:
    """Show wrong tokens from an address."""
    for number in range(times):
        with pytest.raises(NotAuthenticated):
            made.enter(f"hub_live_{number}", address)


def test_a_token_past_its_limit_is_told_when_to_go_on(make: HubMaker) -> None:
    """(B32) 429, with whole seconds of at most a minute, and a sentence with the limit."""
    caller = Caller(make(settings={"HUB_WEB_REQUESTS_PER_MINUTE": "3"}))
    answers = [caller.get(ACCOUNT) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    problem = answers[-1].get_json()
    assert (problem["code"], problem["status"]) == ("rate_limited", 429)
    assert re.search("3 requests in a minute.*wait", problem["detail"])
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_every_answer_says_how_often_a_token_may_still_ask(make: HubMaker) -> None:
    """In the fields of draft-ietf-httpapi-ratelimit-headers; the wait of a refusal is that of Retry-After."""
    caller = Caller(make(settings={"HUB_WEB_REQUESTS_PER_MINUTE": "2"}))
    answers = [caller.get(f"{ACCOUNT}{tail}") for tail in ("", "s/none", "")]
    assert [answer.status_code for answer in answers] == [200, 422, 429]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"token";q=2;w=60'}
    said = [re.fullmatch(r'"token";r=(\d+);t=(\d+)', answer.headers["RateLimit"]) for answer in answers]
    assert [one[1] for one in said if one] == ["1", "0", "0"]
    assert said[2]
    assert said[2][2] == answers[2].headers["Retry-After"]


def test_who_shows_no_token_hears_the_policy_alone(make: HubMaker) -> None:
    """Nothing was counted."""
    answer = Caller(make()).client.get(ACCOUNT)
    assert answer.headers["RateLimit-Policy"]
    assert "RateLimit" not in answer.headers


def test_what_is_refused_for_its_pace_is_not_stored(make: HubMaker) -> None:
    """(B32) Nor does it use its idempotency key up."""
    caller = Caller(make(settings={"HUB_WEB_REQUESTS_PER_MINUTE": "1"}))
    answers = [caller.send(headers={"Idempotency-Key": key}) for key in ("a", "b")]
    assert [answer.status_code for answer in answers] == [201, 429]
    assert len(caller.hub.core.campaigns.latest()) == 1


def test_each_token_has_a_limit_of_its_own(make: HubMaker) -> None:
    """(B32) Whatever address it comes from, and of the same account too."""
    caller = Caller(make(settings={"HUB_WEB_REQUESTS_PER_MINUTE": "1"}))
    assert [caller.get(ACCOUNT).status_code for _ in range(2)] == [200, 429]
    caller.hub.token = caller.hub.core.tokens.make(caller.hub.account.id, "second")[1].secret
    assert caller.get(ACCOUNT).status_code == 200


def test_an_address_that_guesses_is_made_to_wait(make: HubMaker) -> None:
    """(B30, B32) 429 after so many wrong tokens, even for a right one that it had not shown before."""
    caller = Caller(make(settings={"HUB_WEB_WRONG_TOKENS_PER_MINUTE": "2"}))
    good, caller.hub.token = caller.hub.token, "hub_live_wrong"
    statuses = [caller.get(ACCOUNT).status_code for _ in range(3)]
    caller.hub.token = good
    answer = caller.get(ACCOUNT)
    assert (statuses, answer.status_code) == ([401, 401, 429], 429)
    assert "wrong tokens" in answer.get_json()["detail"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_who_showed_a_valid_token_goes_on_beside_who_guesses(hub: TestHub) -> None:
    """Both may have the address of one proxy or one office."""
    made = limiter_of(hub)
    assert made.enter(hub.token, "10.0.0.1").account.id == hub.account.id
    refused_times(made, "10.0.0.1", 3)
    assert made.enter(hub.token, "10.0.0.1").account.id == hub.account.id


def test_an_address_does_not_pay_for_another(hub: TestHub) -> None:
    """Failures are counted where they come from."""
    made = limiter_of(hub)
    refused_times(made, "10.0.0.1", 3)
    assert made.enter(hub.token, "10.0.0.2").account.id == hub.account.id


def test_a_revoked_token_is_a_wrong_one(hub: TestHub) -> None:
    """However well it was known."""
    made = limiter_of(hub, failures=1)
    made.enter(hub.token, "10.0.0.1")
    hub.core.tokens.revoke_ending(hub.account.id, hub.token[-4:])
    with pytest.raises(NotAuthenticated):
        made.enter(hub.token, "10.0.0.1")
    with pytest.raises(TooMany):
        made.enter(hub.token, "10.0.0.1")


def test_guessing_is_logged_once_and_without_a_token(hub: TestHub, logs: list[MutableMapping[str, Any]]) -> None:
    """The operator reads the address."""
    made = limiter_of(hub)
    refused_times(made, "10.0.0.1", 3)
    for _ in range(3):
        with pytest.raises(TooMany):
            made.enter("hub_live_again", "10.0.0.1")
    lines = [line for line in logs if line["event"] == "sign_ins_refused"]
    assert [line["address"] for line in lines] == ["10.0.0.1"]
    assert "hub_live" not in str(lines)


def test_tokens_are_not_remembered_without_end(hub: TestHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one shown longest ago makes room; and none is kept as it is, only its digest."""
    monkeypatch.setattr(limiter, "KNOWN", 2)
    caller = hub.core.tokens.caller(hub.token)
    made = Limiter(Windows(), lambda _, __: caller, 100, 3)
    for token in ("a", "b", "a", "c"):
        made.enter(token, "10.0.0.1")
    assert list(made._known) == [digest_of("a"), digest_of("c")]


@pytest.mark.parametrize(("proxies", "statuses"), [("0", [401, 429]), ("1", [401, 401])])
def test_behind_a_proxy_the_clients_address_counts(make: HubMaker, proxies: str, statuses: list[int]) -> None:
    """As the proxy says, and only where the operator says that there is one: anybody can write that header."""
    caller = Caller(make(settings={"HUB_WEB_WRONG_TOKENS_PER_MINUTE": "1", "HUB_WEB_PROXIES": proxies}))
    wrong = {"Authorization": "Bearer hub_live_wrong"}
    found = [
        caller.client.get(ACCOUNT, headers=wrong | {"X-Forwarded-For": f"203.0.113.{last}"}).status_code
        for last in range(2)
    ]
    assert found == statuses
