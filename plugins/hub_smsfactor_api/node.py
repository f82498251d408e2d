"""One tree for whatever form a request has: JSON, XML, a form, a query string.

Clients write `listId`, `list_id` and `listid`: names are compared without capitals, hyphens and underscores. What JSON
puts into a list, XML repeats; a value stands in `{"value": ...}`, in an element's text, or alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from hub_smsfactor_api.statuses import Refused, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VALUE = "value"
_FALSE = frozenset({"", "0", "false", "no", "off", "null"})


@dataclass(frozen=True, slots=True)
class Node:
    """A value, or named parts, or both (an XML element with attributes); each name has all of its parts in order."""

    text: str | None = None
    parts: Mapping[str, tuple[Node, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def all(self, *names: str) -> tuple[Node, ...]:
        """Every part of the first of these names that there is."""
        return next((found for name in names if (found := self.parts.get(fold(name)))), ())

    def one(self, *names: str) -> Node | None:
        """The one part of that name; None without. Raises Refused where there are several that differ."""
        found = self.all(*names)
        if len(set(map(str, found))) > 1:
            raise Refused(Status.DATA, f"{names[0]} is there {len(found)} times with different values; keep one.")
        return found[0] if found else None

    def inner(self, *names: str) -> Node:
        """The part that a document wraps its content in, or this, where a client leaves the wrapping out."""
        return self.one(*names) or self

    def said(self) -> str | None:
        """The value that stands here, or in a part called `value`."""
        if self.text is not None and self.text.strip():
            return self.text
        inner = self.one(VALUE)
        return self.text if inner is None else inner.said()

    def value(self, *names: str) -> str | None:
        """The value of a part, without blanks around it; None where there is none, or it is empty.

        Raises Refused for a part that has other parts instead of a value: what it means is not to be guessed.
        """
        return (self.raw(*names) or "").strip() or None

    def raw(self, *names: str) -> str | None:
        """The value of a part as it was written. Raises Refused as `value` does."""
        found = self.one(*names)
        return _one_value(found, names[0]) if found is not None else None

    def has(self, *names: str) -> bool:
        """Whether a part of one of these names is there, be it empty."""
        return bool(self.all(*names))

    def values(self, *names: str) -> tuple[str, ...]:
        """The values of every part of that name that has one. Raises Refused as `value` does."""
        found = (_one_value(one, names[0]) for one in self.all(*names))
        return tuple(said.strip() for said in found if said and said.strip())

    def flag(self, *names: str) -> bool | None:
        """Whether a part says yes (1) or no (0); None where it is not there."""
        said = self.value(*names)
        return None if said is None else said.lower() not in _FALSE

    def number(self, *names: str, least: int = 0, most: int = 2**31 - 1) -> int | None:
        """The whole number of a part; None where it is not there. Raises Refused for what is none, or out of range."""
        said = self.value(*names)
        if said is None:
            return None
        number = whole_number(said)
        if number is None or not least <= number <= most:
            raise Refused(Status.DATA, f"{names[0]} is to be a whole number from {least} to {most}.")
        return number

    def required(self, *names: str) -> str:
        """The value of a part; raises Refused without."""
        said = self.value(*names)
        if said is None:
            raise Refused(Status.DATA, f"{names[0]} is missing.")
        return said


def _one_value(node: Node, name: str) -> str | None:
    said = node.said()
    if said is None and node.parts:
        raise Refused(Status.DATA, f"{name} is to be a value, not an object of {', '.join(sorted(node.parts))[:80]}.")
    return said


EMPTY = Node()
_LONGEST = 20


def fold(name: str) -> str:
    """A name as it is compared."""
    return name.lower().replace("_", "").replace("-", "")


def whole_number(said: str) -> int | None:
    """The number that a text of digits is; None for any other text."""
    digits = said.removeprefix("-")
    return int(said) if digits.isascii() and digits.isdecimal() and len(said) <= _LONGEST else None


def tree(pairs: Iterable[tuple[str, Node]], text: str | None = None) -> Node:
    """A node of these parts; those of one name come together."""
    parts: dict[str, list[Node]] = {}
    for name, node in pairs:
        parts.setdefault(fold(name), []).append(node)
    return Node(text, MappingProxyType({name: tuple(nodes) for name, nodes in parts.items()}))
