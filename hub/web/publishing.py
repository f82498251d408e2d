"""The OpenAPI document as it is served: what is the same of every call is added here, once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Response

from hub.web.document import HEADERS
from hub.web.examples import A_CAMPAIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask_openapi3.openapi import OpenAPI

RATE_HEADERS: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": "How many requests (`q`) a token may make within so many seconds (`w`).",
        "schema": {"type": "string"},
        "example": '"token";q=600;w=60',
    },
    "RateLimit": {
        "description": "How many requests (`r`) this token may still make, and in how many seconds (`t`) the window "
        "ends; of a request that was refused for its pace, in how many it may come again, as `Retry-After` says.",
        "schema": {"type": "string"},
        "example": '"token";r=598;t=41',
    },
}
"""What every answer to a token says (draft-ietf-httpapi-ratelimit-headers-10)."""

_LIKELY: tuple[Any, ...] = (
    True,
    100,
    12,
    "2027-01",
    "2027-01-04",
    "12",
    "+33612345678",
    A_CAMPAIGN,
    "2027-01-04T08:30:00Z",
)
"""One of these is an example of most parameters that have none of their own."""


@dataclass(slots=True)
class Published:
    """The document of an application's API, made when somebody first asks for it: few do, and it takes a while."""

    app: OpenAPI
    _turn: Lock = field(default_factory=Lock)
    _found: dict[str, Any] = field(default_factory=dict)
    _content: str = ""

    def found(self) -> dict[str, Any]:
        """The document."""
        with self._turn:
            if not self._found:
                self._found = completed(self.app.api_doc)
                self._content = json.dumps(self._found, ensure_ascii=False)
            return self._found

    def answer(self) -> Response:
        """The document, to anybody: it says nothing of accounts."""
        self.found()
        return Response(self._content, mimetype="application/json")


def publish(app: OpenAPI, path: str) -> Published:
    """Serve the document of an application's API, and hand it over."""
    published = Published(app)
    app.add_url_rule(path, "hub_openapi", published.answer)
    return published


def completed(found: dict[str, Any]) -> dict[str, Any]:
    """A document with the headers of its calls and answers, and an example of every parameter."""
    parts = found["components"]
    for operation in operations_of(found):
        headers = operation.pop(HEADERS, [])
        if parameters := [*operation.get("parameters", []), *headers]:
            operation["parameters"] = [_exemplified(one, parts["schemas"]) for one in parameters]
        said = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
        for answer in operation["responses"].values():
            answer["headers"] = said | answer.get("headers", {})
    return found | {"components": parts | {"headers": RATE_HEADERS}}


def operations_of(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every call of a document."""
    for item in found["paths"].values():
        yield from (said for method, said in item.items() if method in {"get", "post", "put", "patch", "delete"})


def _exemplified(parameter: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "example" in parameter:
        return parameter
    example = _example_of(parameter["schema"], schemas)
    return parameter if example is None else {**parameter, "example": example}


def _example_of(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A value that a parameter's schema takes; None where none comes to mind."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    own = (schema.get("example"), schema.get("default"), *schema.get("enum", ()))
    parts = (_example_of(one, schemas) for one in schema.get("anyOf", ()))
    likely = (one for one in _LIKELY if _fits(one, schema))
    found = next((one for one in chain(own, parts, likely) if one is not None), None)
    if found is None and schema.get("type") == "array":
        one = _example_of(schema["items"], schemas)
        return None if one is None else [one]
    return found


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, bool):
        return schema.get("type") == "boolean"
    if isinstance(value, str):
        within = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
        return schema.get("type") == "string" and within and re.search(schema.get("pattern", ""), value) is not None
    within = schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return schema.get("type") in {"integer", "number"} and within
