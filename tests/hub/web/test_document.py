"""The OpenAPI document: valid 3.1 as far as its parts go, and true."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel
from schemathesis.specs.openapi.definitions import OPENAPI_31

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
    known = {f"#/components/{kind}/{name}" for kind, parts in document["components"].items() for name in parts}
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
        if status < "300" and "application/json" in answer.get("content", ())
    ]
    examples = [one["example"] for one in contents if one["schema"]["$ref"].endswith(f"/{name}")]
    assert examples
    for example in examples:
        assert model.model_validate(example).model_dump(mode="json") == example


def test_it_keeps_to_the_specification(document: dict[str, Any]) -> None:
    """By the meta schema of OpenAPI 3.1."""
    faults = [f"{one.instance_path}: {one.message}" for one in Draft202012Validator(OPENAPI_31).iter_errors(document)]
    assert faults == []


def shown_in(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place of a call that needs an example, and what it is called."""
    for _, _, call in operations(document):
        name = call["operationId"]
        yield from ((f"{name}.{one['name']}", one) for one in call.get("parameters", []))
        parts = [("body", call.get("requestBody", {})), *call["responses"].items()]
        yield from ((f"{name} {part}", one) for part, said in parts for one in said.get("content", {}).values())


def test_every_parameter_request_and_answer_has_an_example(document: dict[str, Any]) -> None:
    """Of every call; bodies of bytes, which have no form, need none."""
    without = [name for name, one in shown_in(document) if "example" not in one and _has_form(one["schema"])]
    assert without == []


def test_every_example_is_of_its_schema(document: dict[str, Any]) -> None:
    """A request's, an answer's, a parameter's."""
    faults = [
        f"{name}: {fault.message}"
        for name, one in shown_in(document)
        if "example" in one
        for fault in _validator(document, one["schema"]).iter_errors(one["example"])
    ]
    assert faults == []


def test_a_calls_own_headers_stand_beside_its_other_parameters(document: dict[str, Any]) -> None:
    """If-Match of an edit whose address names what is edited."""
    edit = document["paths"]["/api/v1/lists/{list_id}"]["patch"]
    assert {one["name"] for one in edit["parameters"]} == {"list_id", "If-Match"}


def _has_form(schema: dict[str, Any]) -> bool:
    return schema.get("format") != "binary"


def _validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


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


def test_no_two_models_have_one_name() -> None:
    """The document knows models by their names: of two with the same, one would stand for both."""
    kinds = [kind for kind in _below(BaseModel) if kind.__module__.startswith("hub.web")]
    assert len(kinds) > 100
    assert [name for name, count in Counter(kind.__name__ for kind in kinds).items() if count > 1] == []


def _below(kind: type[BaseModel]) -> set[type[BaseModel]]:
    return {kind}.union(*map(_below, kind.__subclasses__()))
