"""What a carrier writes, as one tree whatever its form, and the small language that finds things in it.

A path is names with dots between them: `messages[0].status`. `[0]` is one item of a list and `[*]` each of them; an
attribute of XML is called `@name`. `a|b` is the first of both that is there. Nothing else is a path.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl

from lxml import etree  # type: ignore[import-untyped]

from hub.plugin_kit import storable

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEP = re.compile(r"([^.\[\]|\s]+)|\[(\d{1,4}|\*)\]")
_ONE = r"[^.\[\]|\s]+(?:\[(?:\d{1,4}|\*)\])*"
_PATH = re.compile(rf"{_ONE}(?:\.{_ONE})*(?:\|{_ONE}(?:\.{_ONE})*)*")
_MOST_FIELDS = 1000
_LONGEST_WORD = 4096


class Unreadable(ValueError):
    """A carrier's words that are not of the form they should be."""


def is_path(text: str) -> bool:
    """Whether a text is a path."""
    return _PATH.fullmatch(text) is not None


def read(form: str, body: bytes, pattern: str = "") -> Any:
    """The tree of a body that is `json`, `form`, `xml`, or `text` by the named groups of `pattern`; `none` is empty.

    Raises Unreadable.
    """
    if form == "none":
        return {}
    if form == "xml":
        return _xml(body)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("it is not UTF-8") from error
    if form == "json":
        return _json(text)
    return pairs(_form(text)) if form == "form" else _matched(text, pattern)


def pairs(found: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and values as a tree: a name that comes several times is a list."""
    tree: dict[str, Any] = {}
    for name, value in found:
        _add(tree, name, value)
    return tree


def every(tree: Any, path: str) -> list[Any]:
    """Everything that stands at a path, in order; the whole tree at an empty one."""
    if not path:
        return [tree]
    for one in path.split("|"):
        found = [tree]
        for name, index in _STEP.findall(one):
            found = [value for value in found for value in _within(value, name, index)]
        if found := [value for value in found if value is not None]:
            return found
    return []


def word(tree: Any, path: str) -> str | None:
    """The first word at a path, as the database can keep it: a text or a number; None where there is none."""
    if not path:
        return None
    return next((said for value in every(tree, path) if (said := as_word(value))), None)


def as_word(value: Any) -> str | None:
    """A text or a number as a text; None for anything else, and for an empty one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return storable(str(value), _LONGEST_WORD) or None
    return None


def _within(value: Any, name: str, index: str) -> list[Any]:
    if name:
        return [value[name]] if isinstance(value, dict) and name in value else []
    items = value if isinstance(value, list) else [value]  # what XML and forms have once could stand there twice
    return items if index == "*" else items[int(index) : int(index) + 1]


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _form(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.strip(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Unreadable("it is not a form, or one with too many fields") from error


def _matched(text: str, pattern: str) -> dict[str, str]:
    found = re.search(pattern, text[:_LONGEST_WORD])
    if found is None:
        raise Unreadable("it does not say what it should")
    return {name: value for name, value in found.groupdict().items() if value is not None}


def _xml(body: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable("it is not XML") from error
    if root.getroottree().docinfo.doctype:
        raise Unreadable("it brings a document type of its own")
    return {_local(root.tag): _element(root)}


def _element(element: Any) -> Any:
    children = [child for child in element if isinstance(child.tag, str)]
    tree: dict[str, Any] = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in children:
        _add(tree, _local(child.tag), _element(child))
    text = (element.text or "").strip()
    if not tree:
        return text
    return {**tree, "#": text} if text else tree


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _add(tree: dict[str, Any], name: str, value: Any) -> None:
    if name not in tree:
        tree[name] = value
    elif isinstance(tree[name], list):
        tree[name].append(value)
    else:
        tree[name] = [tree[name], value]
