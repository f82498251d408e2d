"""Whatever a carrier writes becomes one tree, and paths find things in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub_http_carrier.tree import Unreadable, every, is_path, read, word

TREE = {
    "id": 7,
    "yes": True,
    "none": None,
    "messages": [{"status": "0", "message-id": "a"}, {"status": "1", "message-id": "b"}],
    "one": {"x": "y"},
    "0": "zero",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("id", [7]),
        ("one.x", ["y"]),
        ("messages[0].status", ["0"]),
        ("messages[1].message-id", ["b"]),
        ("messages[*].message-id", ["a", "b"]),
        ("messages[9].status", []),
        ("one[0].x", ["y"]),
        ("one[*].x", ["y"]),
        ("none", []),
        ("missing", []),
        ("id.x", []),
        ("missing|id", [7]),
        ("none|one.x", ["y"]),
        ("0", ["zero"]),
    ],
)
def test_a_path_finds_what_stands_there(path: str, found: list[Any]) -> None:
    """Names, places in lists, all of a list, and the first of two."""
    assert every(TREE, path) == found


@pytest.mark.parametrize("path", ["a", "a.b", "a[0]", "a[*].b-c", "@id", "a.@id", "a|b.c", "#"])
def test_what_is_a_path(path: str) -> None:
    """And nothing more."""
    assert is_path(path)


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a b", "a|", "[0]"])
def test_what_is_no_path(path: str) -> None:
    """A definition that has one is refused."""
    assert not is_path(path)


@pytest.mark.parametrize(
    ("path", "said"), [("id", "7"), ("yes", "true"), ("one", None), ("none", None), ("messages", None), ("", None)]
)
def test_a_word_is_a_text_or_a_number(path: str, said: str | None) -> None:
    """Numbers become texts; tables and lists are none."""
    assert word(TREE, path) == said


def test_xml_is_a_tree_of_elements_and_attributes() -> None:
    """Repeated elements are a list, whatever their namespace."""
    body = b'<r xmlns="urn:x"><status>1</status><m id="a">x</m><m id="b"><n>y</n></m></r>'
    tree = read("xml", body)
    assert tree == {"r": {"status": "1", "m": [{"@id": "a", "#": "x"}, {"@id": "b", "n": "y"}]}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a>",
        b"plain",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ],
)
def test_xml_that_is_none_or_brings_entities_is_not_read(body: bytes) -> None:
    """Nothing is fetched, and nothing grows."""
    with pytest.raises(Unreadable):
        read("xml", body)


def test_a_form_is_a_tree() -> None:
    """Names that come twice are a list."""
    assert read("form", b"a=1&b=x+y&a=2&c=") == {"a": ["1", "2"], "b": "x y", "c": ""}


def test_a_text_is_read_by_the_groups_of_a_pattern() -> None:
    """As of carriers that answer `OK 123`."""
    assert read("text", b"OK 123\n", r"^(?P<code>\w+) (?P<id>\d+)") == {"code": "OK", "id": "123"}


def test_a_text_that_does_not_fit_is_unreadable() -> None:
    """It says something else."""
    with pytest.raises(Unreadable):
        read("text", b"Welcome to nginx", r"^(?P<code>OK|ERR) ")


@given(st.sampled_from(["json", "xml", "form"]), st.binary(max_size=200))
def test_no_bytes_raise_anything_else(form: str, body: bytes) -> None:
    """They are a tree, or unreadable."""
    try:
        tree = read(form, body)
    except Unreadable:
        return
    every(tree, "a[*].b|c[0]")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_the_tree_that_it_is(tree: Any) -> None:
    """Byte order marks or not."""
    assert read("json", b"\xef\xbb\xbf" + json.dumps(tree).encode()) == tree
