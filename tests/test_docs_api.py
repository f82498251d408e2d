"""docs/api.md leaves no subject of the API out, and calls nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.web.app import create_app

if TYPE_CHECKING:
    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text("utf-8")


@pytest.fixture
def database_url(databases: Databases) -> str:
    """A fresh database: SQLite, for the document is the same on both."""
    return databases.fresh("sqlite")


@pytest.fixture
def paths(hub: TestHub) -> dict[str, dict[str, Any]]:
    """The calls of the API by their paths, without the prefix."""
    document = create_app(hub.core).test_client().get("/api/v1/openapi.json").get_json()
    return {path.removeprefix("/api/v1"): calls for path, calls in document["paths"].items() if path.startswith("/api")}


def typed() -> set[str]:
    """The paths that the page's commands call, with a name in place of what a variable holds."""
    called = re.findall(r"\$API(/[^\s\"?]*)", PAGE)
    return {re.sub(r"\$\w+|\+\d+", "X", path) for path in called}


def named() -> set[str]:
    """The paths that its prose names after a method, as in `GET /statements/2026-12`."""
    return set(re.findall(r"`(?:GET|POST|PATCH|PUT|DELETE) (/[^\s`?]*)", PAGE))


def test_every_subject_has_its_place(paths: dict[str, Any]) -> None:
    """The first part of each path is in a command of the page, or in its prose."""
    subjects = {path.split("/")[1] for path in paths}
    assert len(subjects) > 15
    shown = {path.split("/")[1] for path in typed() | named()}
    assert subjects - shown - {"openapi.json"} == set()


def test_every_command_calls_what_is_there(paths: dict[str, Any]) -> None:
    """By the OpenAPI document."""
    there = [re.compile(re.sub(r"\{\w+\}", r"[^/]+", path)) for path in paths]
    assert len(typed()) > 40
    lost = [path for path in sorted(typed() | named()) if not any(one.fullmatch(path) for one in there)]
    assert lost == []


def test_every_heading_shows_how() -> None:
    """With a command to copy; what needs none is said in words alone."""
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    bare = {part.splitlines()[0] for part in parts if "```" not in part}
    assert bare == {"Repeating without harm", "Words and names"}


def test_the_reference_that_the_hub_serves_is_linked(hub: TestHub) -> None:
    """And it is there."""
    assert "](../hub/web/reference.py)" in PAGE
    assert create_app(hub.core).test_client().get("/docs").status_code == 200
