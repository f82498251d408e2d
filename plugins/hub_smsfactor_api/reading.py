"""Read a request's content, whatever its headers call it: by its first character it is JSON, XML or a form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lxml import etree  # type: ignore[import-untyped]

from hub_smsfactor_api.node import EMPTY, Node, fold, tree
from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LEVELS = 50
MOST_FIELDS = 20_000
_MARK = "\ufeff"
_WHOLE = re.compile(r"[{\[<]")
_FORM = re.compile(r"[^=&\s<>{}]+=")
_STEP = re.compile(r"(?:^|\[)([^\[\]]*)(?:\]|(?=\[)|$)")
"""A step of a name as in `sms[recipients][gsm][0][value]`."""


class Form(Enum):
    """What a document is written in, and what a reply is."""

    JSON = "application/json"
    XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Document:
    """What a request's body says; `form` is None where it says nothing, or is a plain form."""

    content: Node = EMPTY
    form: Form | None = None


def read_document(data: bytes, kind: str, charset: str | None = None) -> Document:
    """What a body says. `kind` is its content type, believed only where the content does not tell.

    Raises Refused: -6 for what is nearly JSON, -2 for what is nearly XML, or nothing that can be read.
    """
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        charset = "utf-16"
    text = _decoded(data, charset).removeprefix(_MARK).strip()
    if not text:
        return Document()
    if text[0] in "{[":
        return Document(read_json(text), Form.JSON)
    if text[0] == "<":
        return Document(read_xml(text), Form.XML)
    if text in {"null", '""', "false"}:
        return Document(form=Form.JSON)
    if "json" in kind:
        raise Refused(Status.JSON, "The body is not JSON; send one object, in braces.")
    if _FORM.match(text) and "xml" not in kind:
        return _read_form(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    raise Refused(Status.XML, "The body is neither XML nor JSON.")


def read_fields(pairs: Iterable[tuple[str, str]]) -> Document:
    """What the fields of a form say: one of them may hold the document."""
    return _read_form(list(pairs))


def read_query(pairs: Iterable[tuple[str, str]]) -> Node:
    """What a query string says."""
    return tree((_bare(name), Node(value)) for name, value in pairs)


def read_json(text: str) -> Node:
    """A JSON document as a tree; a list in it is its members, one after the other."""
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        raise Refused(Status.JSON, f"The body is not JSON{where}.") from None
    if isinstance(found, _Members):
        return _node(found, 1)
    members = [_node(one, 1) for one in found if one not in ([], None)]
    if len(members) > 1:
        raise Refused(Status.JSON, "The body is a list of several documents; send one object.")
    return members[0] if members else EMPTY


def read_xml(text: str) -> Node:
    """An XML document as a tree, its root element in it by its name. Nothing that it names is fetched or expanded."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(_DECLARATION.sub("", text, count=1).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Status.XML, f"The body is not XML: {_xml_fault(error)}.") from None
    if root.getroottree().docinfo.doctype:
        raise Refused(Status.XML, "A document with a DOCTYPE is not read; leave that out.")
    return tree([(_local(root), _element(root, 1))])


def _xml_fault(error: Exception) -> str:
    """What is wrong with it, without the parser's advice to programmers."""
    said = str(error).partition(", use XML_PARSE_HUGE")[0]
    return said[:200].rstrip(".")


_DECLARATION = re.compile(r"^<\?xml[^>]*\?>")


def _decoded(data: bytes, charset: str | None) -> str:
    """The text that bytes are: of the charset that is named, else UTF-8, else what Western clients wrote before."""
    for one in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return data.decode(one)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _read_form(pairs: Iterable[tuple[str, str]]) -> Document:
    fields: list[tuple[str, Node]] = []
    for name, value in pairs:
        said = value.strip().removeprefix(_MARK).strip()
        if said and _WHOLE.match(said) and not name.lower().startswith(("text", "message")):
            whole = read_document(said.encode("utf-8", "replace"), "")
            if whole.form is not None:
                others = [field for field in fields if fold(field[0]) not in whole.content.parts]
                wrapped = [] if fold(name) in whole.content.parts else [(name, whole.content)]
                return Document(tree([*others, *wrapped, *_flat(whole.content)]), whole.form)
        fields.append((_bare(name), Node(value)))
    return Document(_nested(pairs) or tree(fields))


def _nested(pairs: Iterable[tuple[str, str]]) -> Node | None:
    """What PHP's `sms[message][text]` make together; None where no field is named so."""
    named = [(_STEP.findall(name), value) for name, value in pairs]
    if not any(len(steps) > 1 and not steps[-1].isdecimal() for steps, _ in named):
        return None
    return _gathered([(steps or [name], value) for (steps, value), (name, _) in zip(named, pairs, strict=True)], 1)


def _gathered(named: list[tuple[list[str], str]], level: int) -> Node:
    """A node of fields by the steps of their names; numbers count the members of a list."""
    below: dict[str, list[tuple[list[str], str]]] = {}
    parts: list[tuple[str, Node]] = []
    for (first, *rest), value in named:
        if rest:
            below.setdefault(first, []).append((rest, value))
        else:
            parts.append((first, Node(value)))
    for name, inner in below.items():
        parts += [(name, node) for node in _members(inner, level + 1)]
    return tree(parts)


def _members(named: list[tuple[list[str], str]], level: int) -> list[Node]:
    """The nodes that stand in the place of one name: one, or each member of a list."""
    if level > MOST_LEVELS:
        raise Refused(Status.DATA, f"The form nests more than {MOST_LEVELS} levels.")
    if not all(steps[0].isdecimal() or not steps[0] for steps, _ in named):
        return [_gathered(named, level)]
    members: dict[str, list[tuple[list[str], str]]] = {}
    found: list[Node] = []
    for (place, *rest), value in named:
        if rest:
            members.setdefault(place, []).append((rest, value))
        else:
            found.append(Node(value))
    return [*found, *(one for inner in members.values() for one in _members(inner, level + 1))]


def _flat(content: Node) -> list[tuple[str, Node]]:
    return [(name, node) for name, nodes in content.parts.items() for node in nodes]


def _bare(name: str) -> str:
    """PHP's `to[]` and `to[0]` are `to`."""
    return name.partition("[")[0] if name.endswith("]") else name


class _Members(list[tuple[str, Any]]):
    """The members of a JSON object in their order, those that come twice as well."""


def _node(value: object, level: int) -> Node:
    if level > MOST_LEVELS:
        raise Refused(Status.JSON, f"The body nests more than {MOST_LEVELS} levels.")
    if isinstance(value, _Members):
        return tree((name, node) for name, one in value for node in _several(one, level + 1))
    if value is None:
        return EMPTY
    if isinstance(value, bool):
        return Node(str(int(value)))
    return Node(str(value))


def _several(value: object, level: int) -> list[Node]:
    """The parts that a member is: of a list each one, and of an object with numbers for names, which is PHP's list."""
    if level > MOST_LEVELS:
        raise Refused(Status.JSON, f"The body nests more than {MOST_LEVELS} levels.")
    if isinstance(value, _Members):
        if value and all(name.isdecimal() for name, _ in value):
            return [node for _, one in value for node in _several(one, level + 1)]
        return [_node(value, level)]
    if isinstance(value, list):
        return [node for one in value for node in _several(one, level + 1)]
    return [] if value is None else [_node(value, level)]


def _constant(name: str) -> str:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Members, parse_int=str, parse_float=str, parse_constant=_constant, strict=False
)


def _element(element: Any, level: int) -> Node:
    if level > MOST_LEVELS:
        raise Refused(Status.XML, f"The body nests more than {MOST_LEVELS} levels.")
    inner = [(_local(one), _element(one, level + 1)) for one in element if isinstance(one.tag, str)]
    words = "".join([element.text or "", *(one.tail or "" for one in element)])
    attributes = [(str(name).rpartition("}")[2], Node(value)) for name, value in element.attrib.items()]
    return tree([*attributes, *inner], words if words.strip() or not inner else None)


def _local(element: Any) -> str:
    """The name of an element, without its namespace."""
    return str(element.tag).rpartition("}")[2]
