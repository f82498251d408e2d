"""A page for every problem: `type` leads to a sentence that says what it means and how it is mended."""

from __future__ import annotations

import ast
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hub
from hub.sms.phone import REASONS
from hub.web import document, json_body, problems, validation
from hub.web.reference import meanings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Caller

ROOT = Path(hub.__file__).parent.parent
NEVER_ANSWERED = {"cli", "config", "testing", "migrations"}
"""Rooms whose refusals a person at the machine reads; no request meets them."""
PLACE_OF_CODE = {"because": 1, "Fault": 1, "problem": 1, "Violation": 0, "_refused": 0, "_fault": 0}
"""Where among a call's arguments its code stands."""
A_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def calls_in(path: Path) -> Iterator[ast.Call]:
    """Every call of a module."""
    yield from (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))


def codes_in(path: Path) -> Iterator[str]:
    """Every code that a module writes where it refuses."""
    for call in calls_in(path):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        place = PLACE_OF_CODE.get(name)
        said = [] if place is None else call.args[place : place + 1]
        said += [one.value for one in call.keywords if one.arg == "code"]
        yield from (one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str))


def codes_of_the_source() -> set[str]:
    """Every code that the hub and its plugins write where they refuse a request."""
    modules = [path for home in ("hub", "plugins") for path in (ROOT / home).rglob("*.py")]
    answered = [path for path in modules if NEVER_ANSWERED.isdisjoint(path.relative_to(ROOT).parts)]
    return {code for path in answered for code in codes_in(path) if A_CODE.fullmatch(code)}


def codes_of_tables() -> set[str]:
    """Every code that stands in a table, or is made of something else."""
    senders = re.findall(r'"(sender_[a-z_]+)"', (ROOT / "hub/sms/sender.py").read_text("utf-8"))
    bodies = re.findall(r'_refused\("([a-z_]+)"', Path(json_body.__file__).read_text("utf-8"))
    classes = re.findall(r'^    code = "([a-z_]+)"', (ROOT / "hub/errors.py").read_text("utf-8"), re.MULTILINE)
    by_status = {HTTPStatus(status).name.lower() for status in (400, 404, 405, 408)}
    kinds = {*problems.STATUS_BY_CODE, *problems.KIND_BY_CODE.values(), *problems.RETRY_BY_CODE}
    forms = {code for code, _ in validation._SAID.values()}
    return {*senders, *bodies, *classes, *by_status, *kinds, *forms, *REASONS, *document._CODES.values()}


def test_every_code_of_the_source_has_a_page() -> None:
    """Who adds a code writes a line into hub/web/problems.toml."""
    found = codes_of_the_source()
    assert "name_taken" in found
    assert found - meanings().keys() == set()


def test_every_code_of_a_table_has_a_page() -> None:
    """Those of numbers, senders, forms and statuses."""
    assert codes_of_tables() - meanings().keys() == set()


def test_every_meaning_is_a_sentence() -> None:
    """Short, and with an end."""
    for code, about in meanings().items():
        assert A_CODE.fullmatch(code)
        assert about.endswith(".")
        assert len(about) <= 200, code


def test_the_type_of_an_answer_leads_to_its_page(refused: Caller) -> None:
    """As a page for a person, and as JSON for who asks for that."""
    problem = refused.get("/api/v1/campaigns/none").get_json()
    page = refused.client.get(problem["type"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert meanings()["not_found"].split(".")[0] in page.get_data(as_text=True)
    said = refused.client.get(problem["type"], headers={"Accept": "application/json"}).get_json()
    assert said == {"code": "not_found", "title": "Not found", "about": meanings()["not_found"]}


@pytest.mark.parametrize("code", ["nonsense", "Not_Found", "%3Cscript%3E"])
def test_what_is_no_code_has_no_page(refused: Caller, code: str) -> None:
    """404, as everywhere."""
    assert refused.client.get(f"/problems/{code}").status_code == 404
