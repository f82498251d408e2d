from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import RequestRefused
from hub.web.json_body import MAX_DEPTH, read_object

PLAIN_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(PLAIN_TEXT, inner),
    max_leaves=10,
)


def nested(levels: int) -> bytes:
    """An object of that many levels."""
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        (b"", "invalid_json", "body"),
        (b"  \n", "invalid_json", "body"),
        (b'{"text": "Bonj', "invalid_json", "body"),
        (b"text=Bonjour", "invalid_json", "body"),
        (b"{'text': 'Bonjour'}", "invalid_json", "body"),
        (b'{"text": "a"} {}', "invalid_json", "body"),
        (b'\xef\xbb\xbf{"text": "a"}', "invalid_json", "body"),
        (b'["text"]', "object_expected", "body"),
        (b'"text"', "object_expected", "body"),
        (b"null", "object_expected", "body"),
        (b"[" * 100_000, "json_too_deep", "body"),
        (b'{"a":' * 100_000, "json_too_deep", "body"),
        (nested(MAX_DEPTH + 1), "json_too_deep", "body"),
        (b'{"a": NaN}', "number_not_finite", "body"),
        (b'{"a": -Infinity}', "number_not_finite", "body"),
        (b'{"a": 1e999}', "number_not_finite", "body"),
        (b'{"a": {"to": 1, "to": 2}}', "duplicate_key", "to"),
        (b'{"text": "caf\xe9"}', "invalid_utf8", "body"),
        ('{"text": "a"}'.encode("utf-16"), "invalid_utf8", "body"),
        (b'{"a": ' + b"9" * 5000 + b"}", "out_of_range", "body"),
        (rb'{"text": "\ud800"}', "unpaired_surrogate", "text"),
        (rb'{"recipients": [{"to": "1"}, {"to": "\udc00"}]}', "unpaired_surrogate", "recipients[1].to"),
        (rb'{"\ud800": 1}', "unpaired_surrogate", "body"),
        (rb'{"text": "a\u0000b"}', "control_character", "text"),
        (rb'{"text": "\u001b[2J"}', "control_character", "text"),
        (b'{"text": "a\x7f"}', "control_character", "text"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(data: bytes, code: str, field: str) -> None:
    """The code says which rule, the field says where."""
    with pytest.raises(RequestRefused) as refused:
        read_object(data)
    assert [(fault.code, fault.field) for fault in refused.value.faults] == [(code, field)]


def test_the_place_of_a_syntax_error_is_told() -> None:
    """Line and column, as an editor counts them."""
    with pytest.raises(RequestRefused, match="line 2, column 11"):
        read_object(b'{"a": 1,\n"text":   }')


@pytest.mark.parametrize("data", [nested(MAX_DEPTH), rb'{"text": "a\nb\tc\r\n"}', rb'{"text": "\ud83c\udf89"}'])
def test_what_is_unusual_and_right_is_read(data: bytes) -> None:
    """A hundred levels, line ends, and a pair of surrogates that makes one character."""
    assert read_object(data) == json.loads(data)


@settings(max_examples=50)
@given(st.dictionaries(PLAIN_TEXT, VALUES))
def test_every_plain_object_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    """Strictness costs nothing that is right."""
    assert read_object(json.dumps(value).encode()) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_make_the_parser_stumble(data: bytes) -> None:
    """Whatever is sent is an object, or is refused."""
    with suppress(RequestRefused):
        assert isinstance(read_object(data), dict)
