"""The OpenAPI document: valid 3.1 as far as its parts go, and true."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from hub.web import answers
from hub.web.schemas import CampaignBody

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Caller

METHODS = {"get", "post", "put", "patch", "delete"}
PATH = "/api/v1/openapi.json"


@pytest.fixture
def document(refused: Caller) -> dict[str, Any]:
    """The document as anybody gets it."""
    content: dict[str, Any] = refused.client.get(PATH).get_json()
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every call: its path, its method, and what is said of it."""
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield path, method, item[method]


def everything_in(node: object) -> Iterator[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything_in(value)


def test_it_lists_exactly_the_routes_there_are(refused: Caller, document: dict[str, Any]) -> None:
    """No more, no less."""
    rules = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in refused.client.application.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/v1/") and rule.rule != PATH and method.lower() in METHODS
    }
    assert {(path, method) for path, method, _ in operations(document)} == rules


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    """With what the specification requires at its root."""
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(document["info"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Inside the document."""
    targets = {node["$ref"] for node in everything_in(document) if isinstance(node.get("$ref"), str)}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert "#/components/schemas/CampaignBody" in targets
    assert targets <= known


def test_every_call_is_described_and_asks_for_a_token(document: dict[str, Any]) -> None:
    """A name of its own, a sentence, the scheme, and parameters for what its path leaves open."""
    found = list(operations(document))
    assert len({call["operationId"] for _, _, call in found}) == len(found)
    for path, _, call in found:
        assert call["summary"]
        assert call["security"] == [{"bearer": []}]
        in_path = {one["name"] for one in call.get("parameters", []) if one["in"] == "path" and one["required"]}
        assert in_path == set(re.findall(r"{(\w+)}", path))
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_no_is_a_problem(document: dict[str, Any]) -> None:
    """With an example, and those that any call may meet on every call."""
    for _, _, call in operations(document):
        assert {"401", "422", "500", "503"} <= set(call["responses"])
        for status, answer in call["responses"].items():
            assert answer["description"]
            if status >= "400":
                (kind,) = answer["content"]
                assert kind == "application/problem+json"
                answers.Problem.model_validate(answer["content"][kind]["example"])


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("AcceptedCampaign", answers.AcceptedCampaign),
        ("Campaign", answers.Campaign),
        ("MessagePage", answers.MessagePage),
        ("Account", answers.Account),
        ("InboundPage", answers.InboundPage),
        ("SuppressionPage", answers.SuppressionPage),
        ("Consent", answers.Consent),
    ],
)
def test_every_yes_has_an_example_that_is_one(document: dict[str, Any], name: str, model: type[Any]) -> None:
    """It is what the call could answer, member by member."""
    contents = [
        answer["content"]["application/json"]
        for _, _, call in operations(document)
        for status, answer in call["responses"].items()
        if status < "300" and "application/json" in answer.get("content", {})
    ]
    examples = [one["example"] for one in contents if one["schema"]["$ref"].endswith(f"/{name}")]
    assert examples
    for example in examples:
        assert model.model_validate(example).model_dump(mode="json") == example


def test_the_example_of_a_campaign_is_accepted(caller: Caller, document: dict[str, Any]) -> None:
    """Who copies it gets a 201."""
    body = document["paths"]["/api/v1/campaigns"]["post"]["requestBody"]["content"]["application/json"]["example"]
    CampaignBody.model_validate(body)
    assert caller.client.post("/api/v1/campaigns", json=body, headers=caller.bearer).status_code == 201


def test_answers_are_as_described(caller: Caller, document: dict[str, Any]) -> None:
    """The members of a real answer are those of its schema."""
    answer = caller.send().get_json()
    schemas = document["components"]["schemas"]
    assert set(answer) == set(schemas["AcceptedCampaign"]["properties"])
    assert set(answer["messages"][0]) == set(schemas["AcceptedMessage"]["properties"])
