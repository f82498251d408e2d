"""Pages for people who write to the API: the reference, from the OpenAPI document, and a page for each problem.

They are plain HTML with one stylesheet of the hub's own: no script, and nothing of a foreign host.
"""

from __future__ import annotations

import json
import shlex
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, render_template, request

from hub.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.web.publishing import Published

CONTENT_SECURITY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""A page may have the hub's own stylesheet, and nothing else."""
_PAGE = {"Content-Security-Policy": CONTENT_SECURITY}
_AN_HOUR = {"Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a member of a body: its name, where it stands, what it is and what it says."""

    name: str
    place: str
    kind: str
    needed: bool
    about: str
    example: str


@dataclass(frozen=True, slots=True)
class Said:
    """One answer that a call may give; `code` of a problem, `content` is its example."""

    status: str
    about: str
    code: str
    content: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the page shows it."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    members: tuple[Field, ...]
    curl: str
    answers: tuple[Said, ...]
    problems: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The calls of one tag."""

    name: str
    about: str
    calls: tuple[Call, ...]


@cache
def meanings() -> Mapping[str, str]:
    """What each code of a problem means and how it is mended, from `problems.toml`."""
    return tomllib.loads(files("hub.web").joinpath("problems.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Reference:
    """The pages of an OpenAPI document, for anybody: they say nothing of accounts."""

    published: Published

    def blueprint(self) -> Blueprint:
        """`/docs`, its stylesheet, and `/problems/CODE`."""
        routes = Blueprint("hub_reference", __name__, template_folder="templates")
        routes.add_url_rule("/docs", "page", self._page)
        routes.add_url_rule("/docs/style.css", "style", _style)
        routes.add_url_rule("/problems", "problems", _problems)
        routes.add_url_rule("/problems/<code>", "problem", _problem)
        return routes

    def _page(self) -> Response:
        found = self.published.found()
        page = render_template("reference.html", info=found["info"], subjects=subjects_of(found))
        return Response(page, headers=_PAGE | _AN_HOUR)


_ASKED = frozenset({("listMessages", "campaign")})
"""Parameters that may be left out, and that a call is shown with all the same."""


def subjects_of(found: dict[str, Any]) -> tuple[Subject, ...]:
    """The calls of a document, by tag, in its order."""
    calls = [
        (said["tags"][0], _call(found, path, method, said))
        for path, item in found["paths"].items()
        for method, said in item.items()
    ]
    tags = {one["name"]: one.get("description", "") for one in found.get("tags", [])}
    names = dict.fromkeys([*tags, *(tag for tag, _ in calls)])
    return tuple(Subject(name, tags.get(name, ""), tuple(call for tag, call in calls if tag == name)) for name in names)


def _style() -> Response:
    return Response(files("hub.web").joinpath("assets/style.css").read_bytes(), mimetype="text/css", headers=_AN_HOUR)


def _problems() -> Response:
    page = render_template("problems.html", meanings=sorted(meanings().items()))
    return Response(page, headers=_PAGE | _AN_HOUR)


def _problem(code: str) -> Response:
    if code not in meanings():
        raise NotFound("No answer of this hub has that code; /problems lists those that it has.")
    title, about = _title(code), meanings()[code]
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify(code=code, title=title, about=about)
    return Response(render_template("problem.html", code=code, title=title, about=about), headers=_PAGE | _AN_HOUR)


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _call(found: dict[str, Any], path: str, method: str, said: dict[str, Any]) -> Call:
    responses = sorted(said["responses"].items())
    shown = [_said(status, answer) for status, answer in responses]
    return Call(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said["summary"],
        about=said.get("description", ""),
        parameters=tuple(_parameter(one) for one in said.get("parameters", [])),
        members=_members(found, said),
        curl=curl_of(path, method, said),
        answers=tuple(one for one in shown if one.status < "400"),
        problems=tuple(one for one in shown if one.status >= "400"),
    )


def _parameter(one: dict[str, Any]) -> Field:
    needed = one.get("required", False)
    example = one.get("example", "")
    written = example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
    return Field(one["name"], one["in"], _kind(one["schema"]), needed, one.get("description", ""), written)


def _members(found: dict[str, Any], said: dict[str, Any]) -> tuple[Field, ...]:
    content = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = found["components"]["schemas"][_last(schema["$ref"])]
    needed = schema.get("required", [])
    return tuple(
        Field(name, "body", _kind(one), name in needed, one.get("description", ""), "")
        for name, one in schema.get("properties", {}).items()
    )


def _said(status: str, answer: dict[str, Any]) -> Said:
    content: dict[str, Any] = next(iter(answer.get("content", {}).values()), {})
    example = content.get("example", "")
    code = example.get("code", "") if status >= "400" and isinstance(example, dict) else ""
    return Said(status, answer.get("description", ""), code, example if isinstance(example, str) else _pretty(example))


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in a few words."""
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def curl_of(path: str, method: str, said: dict[str, Any]) -> str:
    """A call with its examples, as typed in a shell; `$HUB` and `$TOKEN` are the reader's."""
    parameters = said.get("parameters", [])
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(one.get("example", one["name"])))
    asked = [
        (one["name"], one["example"])
        for one in parameters
        if one["in"] == "query" and _is_asked(said["operationId"], one)
    ]
    query = f"?{urlencode(asked)}" if asked else ""
    lines = [f'curl "$HUB{path}{query}"', '--header "Authorization: Bearer $TOKEN"']
    if method not in {"get", "post"}:
        lines.insert(1, f"--request {method.upper()}")
    if method == "post" and "requestBody" not in said:
        lines.insert(1, "--request POST")
    lines += [
        "--header " + shlex.quote(f"{one['name']}: {one['example']}")
        for one in parameters
        if one["in"] == "header" and "example" in one
    ]
    for kind, content in list(said.get("requestBody", {}).get("content", {}).items())[:1]:  # the others are as good
        lines += _body(kind, content.get("example", {}))
    return " \\\n  ".join(lines)


def _is_asked(call: str, parameter: dict[str, Any]) -> bool:
    return bool(parameter.get("required")) or (call, parameter["name"]) in _ASKED


def _body(kind: str, example: Any) -> list[str]:
    if kind == "application/json":
        written = shlex.quote(json.dumps(example, ensure_ascii=False, indent=2))
        return [f"--json {written}"]
    if kind == "multipart/form-data":
        return [f"--form {shlex.quote(f'{name}=@file')}" for name in (example or {"file": ""})]
    return [f"--header {shlex.quote(f'Content-Type: {kind}')}", "--data-binary @file"]


def _pretty(example: Any) -> str:
    return json.dumps(example, ensure_ascii=False, indent=2)


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
