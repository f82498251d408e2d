"""The pages for people who write to the API: every call is there, nothing foreign is, and they can be read."""

from __future__ import annotations

import shlex
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html  # type: ignore[import-untyped]  # it ships no hints

from hub.web.publishing import operations_of

if TYPE_CHECKING:
    from .conftest import Caller

PAGES = ["/docs", "/problems", "/problems/not_found"]


def page_of(caller: Caller, path: str) -> Any:
    """A page as a browser reads it."""
    answer = caller.client.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    return html.document_fromstring(answer.get_data(as_text=True))


@pytest.fixture
def document(refused: Caller) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = refused.client.get("/api/v1/openapi.json").get_json()
    return found


def test_every_call_is_on_the_page(refused: Caller, document: dict[str, Any]) -> None:
    """Under its own anchor, with every parameter, its request, and every answer and problem it may give."""
    page = page_of(refused, "/docs")
    assert len(page.findall(".//article")) == len(list(operations_of(document)))
    for said in operations_of(document):
        shown = page.get_element_by_id(said["operationId"])
        names = {cell.text_content() for cell in shown.iterfind(".//tbody/tr/th")}
        assert {one["name"] for one in said.get("parameters", [])} <= names
        assert all(status in shown.text_content() for status in said["responses"])
        assert "curl" in shown.findtext(".//pre/code")


def test_members_of_a_body_are_on_the_page(refused: Caller) -> None:
    """With what they mean."""
    shown = page_of(refused, "/docs").get_element_by_id("createCampaign").text_content()
    assert "outside_window" in shown
    assert "wait for them, or be refused" in shown


def test_a_call_as_typed_in_a_shell_is_one(refused: Caller) -> None:
    """Its words come apart as they should."""
    shown = page_of(refused, "/docs").get_element_by_id("createCampaign").findtext(".//pre/code")
    words = shlex.split(shown.replace("\\\n", ""))
    assert words[:2] == ["curl", "$HUB/api/v1/campaigns"]
    assert "Idempotency-Key: order-4711-ready" in words
    assert words[words.index("--json") + 1].startswith("{")


def test_every_call_sends_one_body(refused: Caller, document: dict[str, Any]) -> None:
    """Where several forms are taken, one of them is shown: curl sends one at a time."""
    bodies = ("--json", "--data-binary", "--form")
    typed = [one.text or "" for one in page_of(refused, "/docs").iterfind(".//pre/code")]
    calls = [one for one in typed if one.startswith("curl ")]
    assert len(calls) == sum(len(item) for item in document["paths"].values())
    assert [one for one in calls if sum(one.count(f" {body} ") for body in bodies) > 1] == []


def test_what_is_asked_of_a_call_is_shown_with_it(refused: Caller) -> None:
    """The messages of a campaign, though all that is in doubt can be had without naming one."""
    shown = page_of(refused, "/docs").get_element_by_id("listMessages").findtext(".//pre/code")
    assert "/api/v1/messages?campaign=01" in shown


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_fetched_from_elsewhere(refused: Caller, path: str) -> None:
    """Every address of the page is the hub's own, there is no script, and the policy allows neither."""
    page = page_of(refused, path)
    links = [address for _, name, address, _ in page.iterlinks()]
    assert links
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in links)
    assert page.findall(".//script") == []
    assert page.xpath("//*[@style or @onclick]") == []
    policy = refused.client.get(path, headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    assert policy.split("; ")[:2] == ["default-src 'none'", "style-src 'self'"]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(refused: Caller, path: str) -> None:
    """To an anchor of the page, or to an address that answers."""
    page = page_of(refused, path)
    anchors = {one.get("id") for one in page.xpath("//*[@id]")}
    targets = {address for _, _, address, _ in page.iterlinks()}
    assert {one[1:] for one in targets if one.startswith("#")} <= anchors
    assert {refused.client.get(one).status_code for one in targets if one.startswith("/")} == {200}


@pytest.mark.parametrize("path", PAGES)
def test_it_can_be_read_by_everybody(refused: Caller, path: str) -> None:
    """A language, a title, headings in order, a main part, room on a phone, ids once, labels."""
    page = page_of(refused, path)
    levels = [int(one.tag[1]) for one in page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")]
    assert page.get("lang") == "en"
    assert page.findtext(".//title")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.findall(".//main")) == 1
    assert page.xpath("//meta[@name='viewport']/@content") == ["width=device-width, initial-scale=1"]
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert page.xpath("//*[@role='region' or self::nav][not(@aria-label)]") == []
    assert page.xpath("//table[not(caption)]") == []


def test_the_stylesheet_is_the_hubs_own(refused: Caller) -> None:
    """It names no other address."""
    answer = refused.client.get("/docs/style.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "url(" not in answer.get_data(as_text=True)
