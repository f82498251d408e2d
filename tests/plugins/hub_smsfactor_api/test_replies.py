"""Who may come in and by which way, and what every answer looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from hub.accounts.model import Role, Scope

from .conftest import EMAIL, FRIEND, PASSWORD, Make, Site, replied

if TYPE_CHECKING:
    from collections.abc import MutableMapping

TOKEN = "?token?"
JSON = {"Accept": "application/json"}
LOGIN = {"username": EMAIL, "password": PASSWORD}
A_TEXT = {"message": {"text": "a"}, "recipients": {"gsm": [{"value": FRIEND}]}}
XML_LOGIN = f"<authentification><username>{EMAIL}</username><password>{PASSWORD}</password></authentification>"


def say(site: Site, value: Any) -> Any:
    """A request's part, with the site's token where it stands for one."""
    if isinstance(value, dict):
        return {name: say(site, one) for name, one in value.items()}
    return value.replace(TOKEN, site.hub.token) if isinstance(value, str) else value


@pytest.fixture
def owned(site: Site) -> Site:
    """A site whose owner signs in."""
    site.open()
    return site


@pytest.mark.parametrize(
    ("method", "path", "how"),
    [
        ("GET", "/credits", {"headers": {"Authorization": f"Bearer {TOKEN}"}}),
        ("GET", "/credits", {"headers": {"Authorization": f"bearer  {TOKEN}"}}),
        ("GET", "/credits", {"query_string": {"token": TOKEN}}),
        ("GET", "/credits", {"headers": {"sfusername": EMAIL, "sfpassword": PASSWORD}}),
        ("GET", "/credits", {"query_string": LOGIN}),
        ("GET", "/send", {"query_string": {"token": TOKEN, "text": "Bonjour", "to": FRIEND}}),
        ("GET", "/send", {"query_string": {**LOGIN, "text": "Bonjour", "to": FRIEND}}),
        (
            "POST",
            "/send",
            {"json": {"sms": {"authentication": {"token": TOKEN}, **A_TEXT}}},
        ),
        (
            "POST",
            "/send",
            {"json": {"sms": {"authentication": LOGIN, **A_TEXT}}},
        ),
        (
            "POST",
            "/send",
            {
                "data": f"<sms>{XML_LOGIN}<message><text>a</text></message>"
                f"<recipients><gsm>{FRIEND}</gsm></recipients></sms>"
            },
        ),
    ],
)
def test_every_way_of_saying_who_calls_opens(owned: Site, method: str, path: str, how: dict[str, Any]) -> None:
    """All seven forms that are in use."""
    told = say(owned, how)
    told["headers"] = JSON | told.get("headers", {})
    assert replied(owned.client.open(f"/smsfactor{path}", method=method, **told))["status"] == 1


@pytest.mark.parametrize(
    ("headers", "details"),
    [
        ({"Authorization": "Bearer nonsense"}, "Token invalide"),
        ({}, "Token invalide"),
        ({"sfusername": EMAIL, "sfpassword": "wrong"}, "Utilisateur ou mot de passe incorrect"),
        ({"sfusername": "nobody", "sfpassword": PASSWORD}, "Utilisateur ou mot de passe incorrect"),
    ],
)
def test_who_may_not_come_in_hears_the_recorded_words(owned: Site, headers: dict[str, str], details: str) -> None:
    """Letter for letter, and with HTTP 200."""
    answer = owned.client.get("/smsfactor/credits", headers=JSON | headers)
    said = "Le login et le mot de passe ne correspondent pas"
    assert replied(answer) == {"status": -1, "message": said, "details": details}


def test_wrong_passwords_are_counted(make_site: Make) -> None:
    """After so many, the right one does not open either for a while."""
    site = make_site(HUB_WEB_WRONG_PASSWORDS_PER_HOUR="2")
    site.open()
    wrong = JSON | {"sfusername": EMAIL, "sfpassword": "wrong"}
    for _ in range(2):
        site.client.get("/smsfactor/credits", headers=wrong)
    right = JSON | {"sfusername": EMAIL, "sfpassword": PASSWORD}
    assert replied(site.client.get("/smsfactor/credits", headers=right))["status"] == -99


def test_a_token_to_look_does_not_send(site: Site) -> None:
    """Nor does one to send change lists; the status is that of who may not."""
    rooms = site.hub.core.tokens
    _, look = rooms.make(site.hub.account.id, "look", scope=Scope.READ)
    _, send = rooms.make(site.hub.account.id, "send", scope=Scope.SEND)
    asked = {"text": "Bonjour", "to": FRIEND}
    statuses = [
        replied(site.client.open(f"/smsfactor{path}", method=method, headers=JSON, query_string=query))["status"]
        for method, path, query in (
            ("GET", "/credits", {"token": look.secret}),
            ("GET", "/send", {"token": look.secret, **asked}),
            ("GET", "/send", {"token": send.secret, **asked}),
            ("POST", "/list", {"token": send.secret}),
        )
    ]
    assert statuses == [1, -1, 1, -1]


def test_tokens_and_sub_accounts_are_for_owners(site: Site) -> None:
    """A manager signs in, and does everything else."""
    site.hub.core.users.create(site.hub.account.id, "lea@salon.example", PASSWORD, Role.MANAGER)
    headers = JSON | {"sfusername": "lea@salon.example", "sfpassword": PASSWORD}
    asked = ("/credits", "/blacklist", "/token", "/sub-accounts")
    assert [replied(site.client.get(f"/smsfactor{one}", headers=headers))["status"] for one in asked] == [1, 1, -1, -1]


@pytest.mark.parametrize(
    ("accept", "body", "kind"),
    [
        ("application/json", None, "application/json"),
        ("json", None, "application/json"),
        ("application/xml", None, "application/xml"),
        ("text/xml, */*", "[]", "application/xml"),
        ("application/json, application/xml", None, "application/json"),
        (None, None, "application/xml"),
        (None, "[]", "application/json"),
        ("*/*", None, "application/json"),
        ("*/*", "<a/>", "application/xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9", None, "application/xml"),
    ],
)
def test_a_reply_has_the_form_that_is_asked_for(site: Site, accept: str | None, body: str | None, kind: str) -> None:
    """By Accept, else by the request's own form, else XML."""
    headers = {"Authorization": f"Bearer {site.hub.token}"} | ({"Accept": accept} if accept else {})
    answer = site.client.get("/smsfactor/credits", headers=headers, data=body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)


def test_json_has_the_status_first_and_no_blanks(site: Site) -> None:
    """Some clients compare the beginning."""
    answer = site.client.get("/smsfactor/credits", headers=JSON | {"Authorization": f"Bearer {site.hub.token}"})
    assert answer.text == (
        '{"status":1,"message":"OK","credits":"1000","postpaid":"0","postpaid_limit":false,"unlimited":false}'
    )


def test_xml_says_the_same(site: Site) -> None:
    """In a `response`; lists are repeated."""
    site.post("/blacklist", {"blacklist": {"contacts": {"gsm": [{"value": "33612345678"}, {"value": "33612345679"}]}}})
    answer = site.client.get("/smsfactor/blacklist", headers={"Authorization": f"Bearer {site.hub.token}"})
    found = ET.fromstring(answer.data)  # noqa: S314 - the hub's own
    assert (found.tag, found[0].tag, found[0].text) == ("response", "status", "1")
    assert [one.findtext("destination") for one in found.findall("list")] == ["33612345678", "33612345679"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/nothing"), ("DELETE", "/credits"), ("PATCH", "/send"), ("OPTIONS", "/x")],
)
def test_what_is_not_there_is_a_reply_too(site: Site, method: str, path: str) -> None:
    """-5, and never a page."""
    assert site.call(method, path)["status"] == -5


@pytest.mark.parametrize("path", ["//credits", "/credits/", "/Credits", "//credits//", "/%63redits"])
def test_a_path_may_be_written_carelessly(site: Site, path: str) -> None:
    """Doubled slashes lead nowhere else, and capitals do not count."""
    assert site.call("GET", path)["credits"] == "1000"


def test_the_root_is_served_where_it_is_asked_for(make_site: Make) -> None:
    """Under /smsfactor as well; the hub's own addresses stay."""
    site = make_site(HUB_SMSFACTOR_API_MOUNT="/")
    headers = JSON | {"Authorization": f"Bearer {site.hub.token}"}
    for path in ("/credits", "//credits", "/smsfactor/credits", "//smsfactor//credits"):
        answer = site.client.get("/", headers=headers, environ_overrides={"PATH_INFO": path})
        assert replied(answer)["credits"] == "1000", path
    assert site.client.get("/api/v1/account", headers=headers).status_code == 200


def test_the_root_is_the_hubs_own_otherwise(site: Site) -> None:
    """Nobody asked for it."""
    assert site.client.get("/credits").status_code == 404


def test_a_body_that_is_too_large_is_a_reply(make_site: Make) -> None:
    """-7, with the hub's words."""
    site = make_site(HUB_WEB_MAX_BODY_KB="1")
    assert site.call("POST", "/send", {"sms": "x" * 3000})["status"] == -7


def test_a_fault_of_the_hub_is_a_reply(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """-99, without a word of what went wrong inside."""

    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hub.accounts.service.Accounts.balance", stumble)
    reply = site.get("/credits")
    assert (reply["status"], "ZeroDivision" in str(reply)) == (-99, False)


def test_the_integration_that_calls_is_logged(site: Site, logs: list[MutableMapping[str, Any]]) -> None:
    """By the number in X-application; no secret stands beside it."""
    site.call("GET", "/credits", headers={"X-application": "12"})
    (line,) = [one for one in logs if one["event"] == "smsfactor_call"]
    assert (line["application"], line["account"]) == ("12", site.hub.account.id)
    assert site.hub.token not in str(logs)
