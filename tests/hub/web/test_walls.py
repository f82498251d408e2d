"""The walls around an account: every route there is, with every kind of credential that is not its own.

Routes are read from the application, those of bundled plugins included, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hub.plugin_manager import Plugins
from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug.test import TestResponse

    from hub.testing.databases import Databases

PUBLIC = {"/api/v1/openapi.json", "/health/live", "/health/ready", "/metrics"}
"""What anybody may ask: it says nothing of any account. A route joins this list by a decision, not by itself."""
OF_CARRIERS = "/carriers/"
"""Where carriers call, who know no tokens: each proves itself in a way of its own, and a stranger hears 404 or 403."""

NOBODYS = "01JZ5Y3X6R8W9T2Q4V7N0KMDBE"
NO_ID = "%00' OR 1=1"
CHALLENGE = 'Bearer realm="hub"'
BODY = {"purpose": "alert", "text": "Bonjour", "recipients": ["+33612345679"]}
QUERIES: Mapping[str, Mapping[str, str]] = {"/api/v1/messages": {"campaign": "{campaign}"}}
"""The parameters that a route takes beside its path; a route that names a campaign there stands here."""


@dataclass(frozen=True)
class Route:
    """A method and the template of a path."""

    method: str
    rule: str

    @property
    def names_a_campaign(self) -> bool:
        """Whether somebody else's campaign can be asked for."""
        return "<campaign_id>" in self.rule or self.rule in QUERIES


@dataclass
class Walls:
    """A hub with two accounts, and a campaign of the first."""

    owner: Caller
    stranger: str
    campaign: str

    @property
    def routes(self) -> list[Route]:
        """Every route of the application."""
        rules = self.owner.client.application.url_map.iter_rules()
        return [Route(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]

    @property
    def closed(self) -> list[Route]:
        """Those that not everybody may ask."""
        return [one for one in self.routes if one.rule not in PUBLIC and not one.rule.startswith(OF_CARRIERS)]

    def ask(self, route: Route, headers: dict[str, str], campaign: str = NOBODYS) -> TestResponse:
        """Ask a route for a campaign, or to make one."""
        query = {name: value.format(campaign=campaign) for name, value in QUERIES.get(route.rule, {}).items()}
        body = BODY if route.method in {"POST", "PUT", "PATCH"} else None
        path = route.rule.replace("<campaign_id>", campaign).replace("<number>", "+33612345679")
        assert "<" not in path, f"{route.rule} has a part that this test cannot fill"
        named = {"X-Request-Id": "same", **headers}
        return self.owner.client.open(path, method=route.method, query_string=query, headers=named, json=body)


@pytest.fixture(scope="module")
def walls(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walls]:
    """A hub with every bundled plugin; nothing that these tests ask for is carried out on it."""
    settings = {"HUB_WEB_WRONG_TOKENS_PER_MINUTE": "1000", "HUB_WEB_REQUESTS_PER_MINUTE": "1000"}
    folder, url = tmp_path_factory.mktemp("walls"), databases.fresh("sqlite")
    owner = Caller(make_hub(folder, url, settings=settings, plugins=Plugins.load()))
    _, token = owner.hub.core.accounts.create("Autre", "FR", credits_=10)
    yield Walls(owner, token.secret, owner.send("+33612345679").get_json()["id"])
    owner.hub.core.close()


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def revoked(walls: Walls) -> dict[str, str]:
    """A token of the owner's that was revoked."""
    accounts, account = walls.owner.hub.core.accounts, walls.owner.hub.account.id
    token = accounts.add_token(account, "old")
    accounts.revoke_token(account, token.hint)
    return bearer(token.secret)


def locked(walls: Walls) -> dict[str, str]:
    """A token of an account that was locked."""
    accounts = walls.owner.hub.core.accounts
    account, token = accounts.create(f"Verrou {len(accounts.all())}", "FR", credits_=5)
    accounts.lock(account.id, locked=True)
    return bearer(token.secret)


STRANGERS: Mapping[str, Any] = {
    "none": lambda _: {},
    "empty": lambda _: {"Authorization": ""},
    "no token": lambda _: {"Authorization": "Bearer "},
    "basic": lambda _: {"Authorization": "Basic dXNlcjpwYXNz"},
    "bare": lambda walls: {"Authorization": walls.owner.hub.token},
    "wrong": lambda _: bearer("hub_live_" + "A" * 43),
    "half": lambda walls: bearer(walls.owner.hub.token[:-1]),
    "not ASCII": lambda _: {"Authorization": "Bearer \u00e9\u00e9"},
    "very long": lambda _: bearer("x" * 4000),
    "two": lambda walls: bearer(f"{walls.owner.hub.token}, {walls.owner.hub.token}"),
    "revoked": revoked,
    "locked": locked,
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_route_opens_to_who_is_not_known(walls: Walls, stranger: str) -> None:
    """(B30) 401 on every one of them, with the challenge, alike for a campaign that is and one that never was."""
    headers = STRANGERS[stranger](walls)
    assert len(walls.closed) >= 5
    for route in walls.closed:
        answers = [walls.ask(route, headers, campaign) for campaign in (walls.campaign, NOBODYS)]
        assert [(a.status_code, a.headers["WWW-Authenticate"]) for a in answers] == [(401, CHALLENGE)] * 2, route
        assert answers[0].data == answers[1].data, route
    assert len(walls.owner.hub.core.campaigns.latest()) == 1


def test_another_accounts_campaign_is_as_if_it_never_was(walls: Walls) -> None:
    """(B30) 404 on every route that names one, byte for byte that of a campaign that does not exist, or of no id."""
    named = [route for route in walls.routes if route.names_a_campaign]
    assert len(named) >= 3
    for route in named:
        answers = [walls.ask(route, bearer(walls.stranger), one) for one in (walls.campaign, NOBODYS, NO_ID)]
        assert [(answer.status_code, answer.get_json()["code"]) for answer in answers] == [(404, "not_found")] * 3
        assert len({answer.data for answer in answers}) == 1, route
        assert walls.campaign not in answers[0].text


def test_what_anybody_may_ask_says_nothing_of_an_account(walls: Walls) -> None:
    """Neither a name, nor a token, nor a campaign, nor a number."""
    assert {route.rule for route in walls.routes} >= PUBLIC
    secrets = (walls.owner.hub.token, walls.campaign, "Autre", "612345679")
    for route in walls.routes:
        if route.rule in PUBLIC:
            said = walls.owner.client.open(route.rule, method=route.method).text
            assert [secret for secret in secrets if secret in said] == [], route


def test_an_account_in_the_body_is_no_way_in(walls: Walls) -> None:
    """Who sends is who the token belongs to; the body has no say, and no field for it."""
    for field in ("account", "account_id"):
        body = BODY | {field: walls.owner.hub.account.id}
        answer = walls.owner.client.post("/api/v1/campaigns", json=body, headers=bearer(walls.stranger))
        assert (answer.status_code, answer.get_json()["code"]) == (422, "unknown_field")


def test_one_key_of_two_accounts_is_two_keys(caller: Caller) -> None:
    """(B29, B30) Neither learns what the other did under it, nor is kept from using it."""
    _, token = caller.hub.core.accounts.create("Autre", "FR", credits_=10)
    first = caller.send(headers={"Idempotency-Key": "k"})
    caller.hub.token = token.secret
    second = caller.send(text="Autre chose", headers={"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code, second.headers.get("Idempotent-Replayed")) == (201, 201, None)
    assert first.get_json()["id"] != second.get_json()["id"]
