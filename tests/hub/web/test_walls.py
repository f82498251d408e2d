"""The walls around an account: every route there is, with every kind of credential that is not its own.

Routes are read from the application, those of bundled plugins included, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hub.accounts.model import Scope
from hub.contacts.model import NewContact
from hub.events.model import EventType
from hub.plugin_manager import Plugins
from hub.templates.model import Wording
from hub.testing.hub import make_hub

from .conftest import Caller

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from werkzeug.test import TestResponse

    from hub.testing.databases import Databases

PUBLIC = {
    "/api/v1/openapi.json",
    "/docs",
    "/docs/style.css",
    "/problems",
    "/problems/<code>",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/<code:link_code>",
    "/<code:link_code>/",
}
"""What anybody may ask: it says nothing of any account. A route joins this list by a decision, not by itself."""
OF_CARRIERS = "/carriers/"
"""Where carriers call, who know no tokens: each proves itself in a way of its own, and a stranger hears 404 or 403."""
OF_SMSFACTOR = "/<smsfactor:"
"""The SMSFactor API, which says no in a way of its own; its endpoints are walked beside its other tests."""
ELSEWHERE = (OF_CARRIERS, OF_SMSFACTOR)

NOBODYS = "01JZ5Y3X6R8W9T2Q4V7N0KMDBE"
THINGS = {
    "campaign_id": NOBODYS,
    "list_id": "4711",
    "account_id": "4711",
    "token_id": "4711",
    "import_id": "4711",
    "template_id": NOBODYS,
    "user_id": "4711",
    "segment_id": "4711",
    "order_id": "4711",
    "webhook_id": "4711",
    "event_id": NOBODYS,
    "file_id": NOBODYS,
}
"""What paths name that belongs to an account, each with an id that nobody has; a new one joins this table."""
A_POINT = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
"""A GIF of one pixel."""
NO_ID = "%00' OR 1=1"
CHALLENGE = 'Bearer realm="hub"'
BODY = {"purpose": "alert", "text": "Bonjour", "recipients": ["+33612345679"]}
PASSWORD = "quatre mots bien longs"
BODIES: Mapping[str, Any] = {
    "/api/v1/templates": {"name": "Pris", "text": "Bonjour"},
    "/api/v1/templates/<template_id>": {"text": "Pris"},
    "/api/v1/templates/<template_id>/preview": {},
    "/api/v1/campaigns/<campaign_id>": {"send_at": None},
    "/api/v1/campaigns/test": {"text": "Bonjour"},
    "/api/v1/account/test-number": {"number": "0612345679"},
    "/api/v1/account/test-number/confirm": {"code": "042042"},
    "/api/v1/purchase-orders": {"credits": 10, "reference": "BC-2"},
    "/api/v1/webhooks": {"url": "https://shop.example/hub", "types": ["message.settled"]},
    "/api/v1/webhooks/<webhook_id>": {"state": "active"},
    "/api/v1/account/balance-alert": {"threshold": 10, "emails": ["a@salon.example"]},
    "/api/v1/lists": {"name": "Clients"},
    "/api/v1/lists/<list_id>": {"name": "Pris"},
    "/api/v1/lists/<list_id>/contacts": {"contacts": [{"number": "0612345679"}]},
    "/api/v1/lists/<list_id>/contacts/<number>": {"info1": "Pris"},
    "/api/v1/lists/<list_id>/remove": {"numbers": ["0612345679"]},
    "/api/v1/lists/<list_id>/deduplicate": {"against": []},
    "/api/v1/imports/<import_id>": {"header": True},
    "/api/v1/accounts": {"name": "Pris"},
    "/api/v1/accounts/<account_id>": {"locked": True},
    "/api/v1/accounts/<account_id>/transfer": {"credits": -1},
    "/api/v1/tokens": {"name": "pris"},
    "/api/v1/users": {"email": "pris@ailleurs.example", "password": PASSWORD, "role": "owner"},
    "/api/v1/users/<user_id>": {"role": "viewer"},
    "/api/v1/users/<user_id>/password": {"password": "quatre autres mots"},
    "POST /api/v1/users/<user_id>/totp": {"password": PASSWORD},
    "DELETE /api/v1/users/<user_id>/totp": {"password": PASSWORD, "code": "123456"},
    "/api/v1/users/<user_id>/totp/confirm": {"code": "123456"},
    "/api/v1/account/settings": {"language": "fr"},
    "/api/v1/unallocated": {},
    "/api/v1/suppressions/<number>": {"proof": "Oui"},
    "/api/v1/segments": {"list_id": 4711, "name": "Pris", "rule": {"consent": True}},
    "/api/v1/segments/<segment_id>": {"name": "Pris"},
    "/api/v1/segments/count": {"list_id": 4711, "rule": {"consent": True}},
    "/api/v1/suppressions": {"numbers": ["0612345679"]},
    "/api/v1/consents": {
        "consents": [{"number": "0612345679", "notice": "Oui", "given_at": "2026-01-04T08:30:00Z", "source": "website"}]
    },
    "/api/v1/consents/withdraw": {"numbers": ["0612345679"]},
}
"""What a route takes that does not take a campaign: right, so that nothing but whose it is can be wrong.

A route whose methods take different bodies stands there with each method before it.
"""
SPANS: Mapping[str, Mapping[str, str]] = {
    rule: {"from": "2026-10-01", "to": "2026-10-31"} for rule in ("/api/v1/consumption", "/api/v1/consumption/csv")
}
"""What else a route asks for beside its path."""
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

    @property
    def names_a_thing(self) -> bool:
        """Whether something of somebody else's can be asked for."""
        return self.names_a_campaign or any(f"<{name}>" in self.rule for name in THINGS)


@dataclass
class Walls:
    """A hub with two accounts; the first has a campaign, a list, a token and two sub-accounts with theirs."""

    owner: Caller
    stranger: str
    campaign: str
    things: Mapping[str, str]
    child: str
    sibling: str

    @property
    def routes(self) -> list[Route]:
        """Every route of the application."""
        rules = self.owner.client.application.url_map.iter_rules()
        return [Route(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]

    @property
    def closed(self) -> list[Route]:
        """Those that not everybody may ask."""
        return [one for one in self.routes if one.rule not in PUBLIC and not one.rule.startswith(ELSEWHERE)]

    def ask(self, route: Route, headers: dict[str, str], things: Mapping[str, str] = THINGS) -> TestResponse:
        """Ask a route for these things, or to make one."""
        campaign = things["campaign_id"]
        query = {name: value.format(campaign=campaign) for name, value in QUERIES.get(route.rule, {}).items()}
        query |= SPANS.get(route.rule, {})
        own = BODIES.get(f"{route.method} {route.rule}", BODIES.get(route.rule))
        takes_body = route.method in {"POST", "PUT", "PATCH"} or (route.method == "DELETE" and own is not None)
        body = (BODY if own is None else own) if takes_body else None
        path = route.rule.replace("<number>", "+33612345679").replace("<month>", "2026-10")
        for name, value in things.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, f"{route.rule} has a part that this test cannot fill"
        named = {"X-Request-Id": "same", **headers}
        return self.owner.client.open(path, method=route.method, query_string=query, headers=named, json=body)


@pytest.fixture(scope="module")
def walls(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walls]:
    """A hub with every bundled plugin; nothing that these tests ask for is carried out on it."""
    settings = {"HUB_WEB_WRONG_TOKENS_PER_MINUTE": "100000", "HUB_WEB_REQUESTS_PER_MINUTE": "100000"}
    folder, url = tmp_path_factory.mktemp("walls"), databases.fresh("sqlite")
    owner = Caller(make_hub(folder, url, settings=settings, plugins=Plugins.load()))
    core, mine = owner.hub.core, owner.hub.account.id
    _, stranger = core.accounts.create("Autre", "FR", credits_=10)
    child, sibling = (core.children.create(mine, name, credits_=5) for name in ("Lyon", "Nantes"))
    clients = core.lists.create(mine, "Les miens")
    core.lists.put(mine, clients.id, [NewContact("+33612345679", "Nina")])
    made, _ = core.tokens.make(mine, "caisse")
    file = core.imports.upload(mine, clients.id, "clients.csv", [b"0612345679"], 1024)
    core.import_work.work_next()
    campaign = owner.send("+33612345679").get_json()["id"]
    person = core.users.create(mine, "nina@salon.example", PASSWORD)
    template = core.templates.create(mine, Wording("Rendez-vous", "Bonjour"))
    order = core.orders.make(mine, 10, "BC-1")
    hook = core.webhooks.create(mine, "https://shop.example/hub", [EventType("message.settled")])
    segment = core.segments.create(mine, clients.id, "D'accord", {"consent": True})
    hosted = core.files.keep(mine, "point.gif", A_POINT)
    things = {
        "list_id": str(clients.id),
        "account_id": str(sibling.id),
        "token_id": str(made.id),
        "template_id": template.id,
        "import_id": str(file.id),
        "user_id": str(person.id),
        "segment_id": str(segment.id),
        "order_id": str(order.id),
        "webhook_id": str(hook.webhook.id),
        "event_id": NOBODYS,
        "file_id": hosted.id,
    }
    tokens = [core.tokens.make(one.id, "sien")[1].secret for one in (child, sibling)]
    yield Walls(owner, stranger.secret, campaign, {"campaign_id": campaign, **things}, *tokens)
    owner.hub.core.close()


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def revoked(walls: Walls) -> dict[str, str]:
    """A token of the owner's that was revoked."""
    tokens, account = walls.owner.hub.core.tokens, walls.owner.hub.account.id
    _, token = tokens.make(account, "old")
    tokens.revoke_ending(account, token.hint)
    return bearer(token.secret)


def expired(walls: Walls) -> dict[str, str]:
    """A token of the owner's whose time is over."""
    hub = walls.owner.hub
    _, token = hub.core.tokens.make(hub.account.id, "brief", expires_at=hub.clock.now() + timedelta(seconds=1))
    hub.clock.advance(seconds=2)
    return bearer(token.secret)


def elsewhere(walls: Walls) -> dict[str, str]:
    """A token of the owner's that is for other addresses than the caller's."""
    hub = walls.owner.hub
    return bearer(hub.core.tokens.make(hub.account.id, "office", networks=["192.0.2.0/24"])[1].secret)


def under_a_locked_parent(walls: Walls) -> dict[str, str]:
    """A token of a sub-account whose parent was locked."""
    core = walls.owner.hub.core
    parent, _ = core.accounts.create(f"Groupe {len(core.accounts.all())}", "FR")
    child = core.children.create(parent.id, f"Filiale {parent.id}")
    core.accounts.lock(parent.id, locked=True)
    return bearer(core.tokens.make(child.id, "x")[1].secret)


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
    "expired": expired,
    "elsewhere": elsewhere,
    "parent locked": under_a_locked_parent,
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_route_opens_to_who_is_not_known(walls: Walls, stranger: str) -> None:
    """(B30) 401 on every one of them, with the challenge, alike for a campaign that is and one that never was."""
    headers = STRANGERS[stranger](walls)
    assert len(walls.closed) >= 5
    for route in walls.closed:
        answers = [walls.ask(route, headers, things) for things in (walls.things, THINGS)]
        assert [(a.status_code, a.headers["WWW-Authenticate"]) for a in answers] == [(401, CHALLENGE)] * 2, route
        assert answers[0].data == answers[1].data, route
    assert len(walls.owner.hub.core.campaigns.latest()) == 1


def known_of(walls: Walls) -> Any:
    """All that the owner has, as it stands."""
    core, mine = walls.owner.hub.core, walls.owner.hub.account.id
    clients = int(walls.things["list_id"])
    return (
        core.campaigns.latest(),
        core.lists.all(mine),
        core.lists.contacts(mine, clients),
        [replace(one, last_used_at=None) for one in core.tokens.all(mine)],
        core.children.all(mine),
        core.templates.page(mine),
        core.accounts.balance(mine),
        core.imports.latest(mine),
        core.users.sign_in("nina@salon.example", PASSWORD),
        core.users.all(mine),
        core.files.latest(mine),
    )


@pytest.mark.parametrize("who", ["stranger", "child", "sibling"])
def test_another_accounts_things_are_as_if_they_never_were(walls: Walls, who: str) -> None:
    """404 on every route that names one, as for one that nobody has; and nothing of them is changed."""
    named = [route for route in walls.routes if route.names_a_thing]
    before, token = known_of(walls), getattr(walls, who)
    assert len(named) >= 15
    for route in named:
        theirs, nobodys = (walls.ask(route, bearer(token), things) for things in (walls.things, THINGS))
        assert (theirs.status_code, theirs.get_json()["code"]) == (404, "not_found"), route
        assert theirs.data == nobodys.data, route
    assert known_of(walls) == before


def test_nobody_acts_for_an_account_that_is_not_a_sub_account_of_theirs(walls: Walls) -> None:
    """Neither for a stranger's, nor for a sibling, nor for the parent; not even to look."""
    core, mine = walls.owner.hub.core, walls.owner.hub.account.id
    children = [one.id for one in core.children.all(mine)]
    for token, others in ((walls.stranger, [mine, *children]), (walls.child, [mine, *children])):
        for other in (*map(str, others), "4711", "", "x", "\uff11"):
            headers = {**bearer(token), "Hub-Account": other.encode().decode("latin-1")}
            answer = walls.owner.client.get("/api/v1/account", headers=headers)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found"), other


def test_a_parent_acts_for_its_sub_account(walls: Walls) -> None:
    """With its own token, and the header that names it."""
    child = walls.owner.hub.core.children.all(walls.owner.hub.account.id)[0]
    headers = {**walls.owner.bearer, "Hub-Account": str(child.id)}
    assert walls.owner.client.get("/api/v1/account", headers=headers).get_json()["name"] == child.name


SENDING = {
    ("POST", "/api/v1/campaigns"),
    ("POST", "/api/v1/campaigns/simulate"),
    ("POST", "/api/v1/campaigns/test"),
    ("PATCH", "/api/v1/campaigns/<campaign_id>"),
    ("POST", "/api/v1/campaigns/<campaign_id>/cancel"),
}


WHOLE = {"/api/v1/people/<number>"}
"""What is looked at with a token for everything only: it is all that is known of a person."""


@pytest.mark.parametrize("scope", [Scope.READ, Scope.SEND])
def test_a_token_does_what_it_is_for_and_nothing_else(walls: Walls, scope: Scope) -> None:
    """403 on every other route, before anything is looked at."""
    hub = walls.owner.hub
    token = hub.core.tokens.make(hub.account.id, "narrow", scope=scope)[1].secret
    before = known_of(walls)
    for route in (one for one in walls.closed if one.rule.startswith("/api/v1/")):
        reads = route.method == "GET" and route.rule not in WHOLE
        is_for_it = reads if scope is Scope.READ else (route.method, route.rule) in SENDING
        answer = walls.ask(route, bearer(token))
        if not is_for_it:
            assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing"), route
        elif route.method == "GET":
            assert answer.status_code in {200, 404}, route
    assert known_of(walls)[1:6] == before[1:6]


def test_another_accounts_campaign_is_as_if_it_never_was(walls: Walls) -> None:
    """(B30) 404 on every route that names one, byte for byte that of a campaign that does not exist, or of no id."""
    named = [route for route in walls.routes if route.names_a_campaign]
    assert len(named) >= 3
    for route in named:
        asked = [{**THINGS, "campaign_id": one} for one in (walls.campaign, NOBODYS, NO_ID)]
        answers = [walls.ask(route, bearer(walls.stranger), things) for things in asked]
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
