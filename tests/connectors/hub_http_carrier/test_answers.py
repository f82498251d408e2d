"""Answers of every form, read: who is meant, what is said, and what is not guessed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_http_carrier.answers import digits_of, read_answer, retry_after_s
from hub_http_carrier.calls import receipts_in, texts_in
from hub_http_carrier.definition import Answer, Verdict, load, preset_names, preset_path
from hub_http_carrier.proofs import Called
from hub_http_carrier.tree import Unreadable
from hub_http_carrier.wire import Reply

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
GROUP = [{"id": "a", "to": "+33639981001", "to_digits": "33639981001"}, {"id": "b", "to": "+1", "to_digits": "1"}]
TAKEN, UNKNOWN, OTHER = Verdict.TAKEN, Verdict.UNKNOWN, Verdict.OTHER


def verdicts(spec: dict[str, Any], body: bytes, group: list[dict[str, str]] = GROUP, status: int = 200) -> list[Any]:
    """Verdict and ids of each message."""
    words = read_answer(Answer.model_validate(spec), Reply(status, {}, body), group, NOW)
    return [(said.verdict, *said.ids) for said in words]


BY_POSITION = {"match": "position", "items": "r", "id": "id", "code": "c", "ok": ["0"]}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"r": [{"c": 0, "id": 1}, {"c": 0, "id": 2}]}', [(TAKEN, "1"), (TAKEN, "2")]),
        (b'{"r": [{"c": 0, "id": 1}, {"c": 9}]}', [(TAKEN, "1"), (OTHER,)]),
        (b'{"r": [{"c": 0, "id": 1}, {"c": 0}]}', [(TAKEN, "1"), (UNKNOWN,)]),
        (b'{"r": [{"c": 0, "id": 1}, {"id": 2}]}', [(TAKEN, "1"), (UNKNOWN,)]),
        (b'{"r": [{"c": 0, "id": 1}]}', [(UNKNOWN,), (UNKNOWN,)]),
        (b'{"r": [{"c": 0, "id": 1}, {"c": 0, "id": 2}, {"c": 0, "id": 3}]}', [(UNKNOWN,), (UNKNOWN,)]),
        (b'{"r": "what"}', [(UNKNOWN,), (UNKNOWN,)]),
        (b"{}", [(UNKNOWN,), (UNKNOWN,)]),
    ],
)
def test_positions_are_believed_where_their_number_is_right(body: bytes, found: list[Any]) -> None:
    """One too few, and nobody knows which."""
    assert verdicts(BY_POSITION, body) == found


@pytest.mark.parametrize(
    ("spec", "body", "found"),
    [
        ({"format": "text", "pattern": r"^OK (?P<id>\w+)", "id": "id"}, b"OK 123\n", (TAKEN, "123")),
        ({"format": "text", "pattern": r"^(?P<c>\d+)", "id": "id", "code": "c", "ok": ["0"]}, b"17 bad", (OTHER,)),
        ({"format": "text", "pattern": r"^OK (?P<id>\w+)", "id": "id"}, b"<html>", (UNKNOWN,)),
        ({"format": "form", "id": "id"}, b"id=7&status=ok", (TAKEN, "7")),
        ({"format": "xml", "id": "response.id"}, b"<response><id>7</id></response>", (TAKEN, "7")),
        (
            {"format": "xml", "id": "response.sms[*].@id"},
            b'<response><sms id="7"/><sms id="8"/></response>',
            (TAKEN, "7", "8"),
        ),
        ({"format": "none", "made_id": "{id}"}, b"whatever", (TAKEN, "a")),
        ({"id": "id"}, b'[{"id": 7}]', (UNKNOWN,)),
        ({"match": "parts", "id": "id"}, b'[{"id": 7}, {"id": 8}]', (TAKEN, "7", "8")),
    ],
)
def test_an_answer_of_any_form_is_read(spec: dict[str, Any], body: bytes, found: tuple[Any, ...]) -> None:
    """By the same paths."""
    assert verdicts(spec, body, GROUP[:1]) == [found]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 5),
        ("", 5),
        ("0", 0),
        ("7", 7),
        ("7200", 3600),
        ("Tue, 10 Mar 2026 10:00:30 GMT", 30),
        ("Tue, 10 Mar 2026 09:00:00 GMT", 0),
        ("Wed, 11 Mar 2026 10:00:00 GMT", 3600),
        ("Tue, 99 Mar 2026 10:00:00 GMT", 5),
        ("-7", 5),
        ("9" * 400, 5),
        ("\x00", 5),
    ],
)
def test_a_wait_is_a_number_or_a_date(header: str | None, seconds: float) -> None:
    """At most an hour; what is neither is five seconds."""
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(("number", "digits"), [("+33 6", "336"), ("00336", "336"), ("336", "336"), ("", "")])
def test_numbers_are_compared_by_their_digits(number: str, digits: str) -> None:
    """However a carrier writes them."""
    assert digits_of(number) == digits


@given(st.sampled_from(preset_names()), st.integers(100, 599), st.binary(max_size=120))
def test_no_answer_raises_anything(preset: str, status: int, body: bytes) -> None:
    """And each message has its word."""
    words = read_answer(load(preset_path(preset)).answer, Reply(status, {}, body), GROUP, NOW)
    assert len(words) == len(GROUP)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "id", "ids", "messages", "validReceivers", "sent", "sid", "from"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(preset_names()), JSON)
def test_no_json_raises_anything(preset: str, tree: Any) -> None:
    """Tables where texts should be, lists where tables should be."""
    body = json.dumps(tree).encode()
    assert len(read_answer(load(preset_path(preset)).answer, Reply(200, {}, body), GROUP, NOW)) == len(GROUP)


@given(st.sampled_from(preset_names()), st.binary(max_size=120) | JSON.map(lambda tree: repr(tree).encode()))
def test_no_call_raises_anything_but_unreadable(preset: str, body: bytes) -> None:
    """What a carrier sends cannot bring the web process down."""
    spec = load(preset_path(preset))
    called = Called("POST", "", body=body, form=(("id", body.decode("latin-1")), ("MessageSid", "1")))
    assert spec.receipts is not None
    assert spec.inbound is not None
    for read in (lambda: receipts_in(spec.receipts, called), lambda: texts_in(spec.inbound, called, "")):
        try:
            read()
        except Unreadable:
            continue
