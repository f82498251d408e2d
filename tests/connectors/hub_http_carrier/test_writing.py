"""A request holds what its fields say and nothing that they would like to be."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_http_carrier.definition import Definition
from hub_http_carrier.writing import Unwritable, request_for

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
NASTY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ['","to":"x', "&to=x", "\r\nX-Evil: 1", "../../admin", "?a=b#c", "{password}", "%00", "\x00", "{{", "}"]
)


def definition(**request: Any) -> Definition:
    """A carrier whose request is as given."""
    said = {"url": "https://carrier.example/{account}/send", **request}
    return Definition.model_validate({"name": "x", "request": said, "answer": {"id": "id"}})


def fields(text: str, **others: Any) -> dict[str, Any]:
    """A message with a text, to a carrier with a secret."""
    return {"text": text, "account": "a", "password": "hidden", "to": "+33639981001", "id": "1", **others}


@given(NASTY)
def test_a_text_is_one_string_of_json(text: str) -> None:
    """Whatever it holds: quotes, braces, other fields' names."""
    spec = definition(json={"message": "{text}", "said": "<{text}>"})
    request = request_for(spec, spec.request.url, [fields(text)], NOW)
    wanted = {"message": text, "said": f"<{text}>"} if text else {}
    assert json.loads(request.body) == wanted


@given(NASTY)
def test_a_text_is_one_value_of_a_form(text: str) -> None:
    """& and = are letters of it."""
    spec = definition(form={"Body": "{text}", "To": "{to}"})
    request = request_for(spec, spec.request.url, [fields(text)], NOW)
    wanted = [("Body", text), ("To", "+33639981001")] if text else [("To", "+33639981001")]
    assert parse_qsl(request.body.decode(), keep_blank_values=True) == wanted


@given(NASTY)
def test_a_text_is_one_value_of_a_query(text: str) -> None:
    """And ends where the next begins."""
    spec = definition(method="GET", query={"text": "{text}", "to": "{to}"})
    request = request_for(spec, spec.request.url, [fields(text)], NOW)
    wanted = [("text", text), ("to", "+33639981001")] if text else [("to", "+33639981001")]
    assert parse_qsl(urlsplit(request.url).query, keep_blank_values=True) == wanted


@given(NASTY)
def test_a_field_of_the_path_stays_one_step_of_it(account: str) -> None:
    """Slashes and dots lead nowhere else."""
    spec = definition(form={"a": "b"})
    try:
        request = request_for(spec, spec.request.url, [fields("x", account=account)], NOW)
    except Unwritable:
        return
    parts = urlsplit(request.url)
    assert (parts.netloc, parts.path.count("/"), parts.query, parts.fragment) == ("carrier.example", 2, "", "")


@pytest.mark.parametrize("account", ["", ".", ".."])
def test_a_path_with_nothing_to_say_is_not_asked_for(account: str) -> None:
    """It would be another address."""
    spec = definition(form={"a": "b"})
    with pytest.raises(Unwritable):
        request_for(spec, spec.request.url, [fields("x", account=account)], NOW)


@given(NASTY)
def test_no_value_begins_another_header(text: str) -> None:
    """It stands there as it is, or the message is refused."""
    spec = definition(headers={"X-Text": "{text}"}, form={"a": "b"})
    try:
        request = request_for(spec, spec.request.url, [fields(text)], NOW)
    except Unwritable:
        return
    assert request.headers.get("X-Text", "") == text
    assert not {"\r", "\n", "\x00"} & set("".join(request.headers.values()))


def test_half_of_a_character_is_refused_and_raises_nothing_else() -> None:
    """No encoding has it."""
    for body in ({"json": {"m": "{text}"}}, {"form": {"m": "{text}"}}):
        spec = definition(**body)
        with pytest.raises(Unwritable):
            request_for(spec, spec.request.url, [fields("\ud800")], NOW)


def test_a_request_is_signed_as_the_definition_says() -> None:
    """Over method, path, time and body."""
    auth = {
        "kind": "hmac",
        "header": "X-Sig",
        "timestamp_header": "X-Time",
        "signed": "{method}\n{path}\n{timestamp}\n{body}",
        "prefix": "v1=",
    }
    said = {"url": "https://carrier.example/send", "json": {"m": "{text}"}}
    spec = Definition.model_validate({"name": "x", "auth": auth, "request": said, "answer": {"id": "id"}})
    request = request_for(spec, spec.request.url, [fields("{timestamp}", signing_secret="key")], NOW)
    content = f'POST\n/send\n{int(NOW.timestamp())}\n{{"m":"{{timestamp}}"}}'
    wanted = hmac.new(b"key", content.encode(), hashlib.sha256).hexdigest()
    assert (request.headers["X-Sig"], request.headers["X-Time"]) == (f"v1={wanted}", str(int(NOW.timestamp())))


def test_a_request_does_not_show_its_secrets() -> None:
    """Tracebacks show it so."""
    spec = definition(form={"p": "{password}"})
    request = request_for(spec, spec.request.url, [fields("some words")], NOW)
    assert "hidden" not in repr(request)
    assert "some" not in repr(request)
