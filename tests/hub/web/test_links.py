"""Links in REST: campaigns bring them, and say who followed them."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest

from .serving import LOCALHOST, SOON_S, running, until

if TYPE_CHECKING:
    from pathlib import Path

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

    from .conftest import Caller

LINK = "https://shop.example/colis/42"
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"}


@pytest.fixture
def hub(make: HubMaker) -> TestHub:
    """A hub with a web address."""
    return make(settings={"HUB_LINKS_DOMAIN": "t.example.net"})


@pytest.fixture
def campaign(caller: Caller) -> str:
    """A campaign to two people, of whom one followed the link twice and a program once."""
    sent = caller.send("+33612345678", "+33612345679", text="Ici: <-short->", links=[LINK]).get_json()
    caller.hub.drain()
    caller.hub.clock.advance(seconds=60)
    code = sent["messages"][0]["text"].rpartition("/")[2]
    for agent in (PHONE, PHONE, {"User-Agent": "curl/8"}):
        caller.client.get(f"/{code}", headers=agent)
    caller.hub.core.click_work.collect()
    return str(sent["id"])


def test_links_are_listed_with_their_clicks(caller: Caller, campaign: str) -> None:
    """People and programs apart."""
    (item,) = caller.get("/api/v1/links").get_json()["items"]
    figures = {name: item[name] for name in ("recipients", "clicks", "people", "others")}
    assert (item["campaign_id"], item["url"]) == (campaign, LINK)
    assert figures == {"recipients": 2, "clicks": 2, "people": 1, "others": 1}


def test_clicks_are_listed_page_by_page(caller: Caller, campaign: str) -> None:
    """The latest first, each once."""
    seen, cursor = [], None
    while True:
        query = {"limit": 2, "campaign": campaign} | ({"cursor": cursor} if cursor else {})
        page = caller.get("/api/v1/clicks", **query).get_json()
        seen += [one["visitor"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["scanner", "person", "person"]


def test_clicks_of_one_number_or_of_people_only_can_be_asked_for(caller: Caller, campaign: str) -> None:
    """As people write numbers."""
    asked = ({"number": "06 12 34 56 78", "visitor": "person"}, {"number": "0612345679"}, {"campaign": campaign})
    assert [len(caller.get("/api/v1/clicks", **one).get_json()["items"]) for one in asked] == [2, 0, 3]


def test_the_people_who_clicked_are_listed(caller: Caller, campaign: str) -> None:
    """With how often."""
    items = caller.get(f"/api/v1/campaigns/{campaign}/clickers").get_json()["items"]
    assert [(one["number"], one["clicks"]) for one in items] == [("+33612345678", 2)]


def test_a_report_counts_clicks_and_those_who_clicked(caller: Caller, campaign: str) -> None:
    """Without programs."""
    report = caller.get(f"/api/v1/campaigns/{campaign}/report").get_json()
    assert (report["clicks"], report["clickers"]) == (2, 1)


def test_another_accounts_links_are_nobodys(caller: Caller, campaign: str) -> None:
    """Neither listed nor found."""
    _, stranger = caller.hub.core.accounts.create("Autre", "FR")
    caller.hub.token = stranger.secret
    assert [caller.get(f"/api/v1/{path}").get_json()["items"] for path in ("links", "clicks")] == [[], []]
    assert caller.get(f"/api/v1/campaigns/{campaign}/clickers").status_code == 404


def test_simulating_has_the_figures_of_sending(caller: Caller) -> None:
    """At the border of a segment too."""
    room = 160 - len("t.example.net/1234567")
    found = []
    for length in (room, room + 1):
        body: dict[str, Any] = {
            "purpose": "alert",
            "text": "x" * length + "<-short->",
            "recipients": ["0612345678"],
            "links": [LINK],
        }
        foreseen = caller.client.post("/api/v1/campaigns/simulate", json=body, headers=caller.bearer).get_json()
        found.append((foreseen["segments"], caller.send(**body).get_json()["segments"]))
    assert found == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("links", "code"),
    [([], "link_count"), (["ftp://a.example/"], "link_form"), (["https://t.example.net/a"], "link_denied")],
)
def test_what_is_wrong_with_links_is_said_by_its_code(caller: Caller, links: list[str], code: str) -> None:
    """Nothing is stored."""
    answer = caller.send(text="Ici: <-short->", links=links)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)


GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


def test_a_file_is_uploaded_listed_and_deleted(caller: Caller) -> None:
    """By its content, under an id."""
    answer = caller.client.post("/api/v1/files?filename=a.gif", data=GIF, headers=caller.bearer)
    made = answer.get_json()
    assert (answer.status_code, made["kind"], made["link"]) == (201, "gif", f"file:{made['id']}")
    assert [one["id"] for one in caller.get("/api/v1/files").get_json()["items"]] == [made["id"]]
    path = answer.headers["Location"]
    assert caller.client.delete(path, headers=caller.bearer).status_code == 204
    assert caller.get(path).status_code == 404


def test_what_is_no_picture_is_refused_whatever_it_is_called(caller: Caller) -> None:
    """With the code of its reason."""
    answer = caller.client.post("/api/v1/files?filename=a.png", data=b"<html>", headers=caller.bearer)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "file_kind")


@pytest.mark.slow
def test_a_running_server_keeps_clicks_by_itself(tmp_path: Path, databases: Databases) -> None:
    """Within seconds, and once."""
    with running(tmp_path, databases, HUB_LINKS_DOMAIN="t.example.net") as server:
        body = {"purpose": "alert", "text": "<-short->", "recipients": ["0612345678"], "links": [LINK]}
        _, content, _ = server.post(json.dumps(body).encode())
        code = content["messages"][0]["text"].rpartition("/")[2]
        with closing(HTTPConnection(LOCALHOST, server.port, timeout=SOON_S)) as client:
            client.request("GET", f"/{code}", headers=PHONE)
            assert client.getresponse().headers["Location"] == LINK
        links, mine = server.hub.core.links, server.hub.account.id
        assert until(lambda: bool(links.clicks(mine)))
        assert len(links.clicks(mine)) == 1
