"""Merge fields: the places in a text that each recipient fills with a value of their own.

One rule: `#name#` and `[name]` are a field when `name`, in whatever case, is info1 to info4 or a field that the
recipients have. Everything else is text: "[URGENT] call #1" leaves as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMON_FIELDS = frozenset({"info1", "info2", "info3", "info4"})
"""The fields that every recipient may have, whatever the list."""

_OPENING = re.compile(r"#(?=([^#\[\]\n]+)#)|\[(?=([^#\[\]\n]+)\])")
_HASHED_NAME = re.compile(r"#[^\W\d][\w-]*#")
_LIKENESS = 0.75


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart once, to be filled many times.

    `literals` has one string more than `slots`, the field names that stand between them.
    """

    literals: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that the text uses, in order, each once."""
        return tuple(dict.fromkeys(self.slots))

    def render(self, fields: Mapping[str, str]) -> str:
        """The text for one recipient; a missing value is empty, and a value is never searched for fields."""
        if not self.slots:
            return self.literals[0]
        filled = [self.literals[0]]
        for name, literal in zip(self.slots, self.literals[1:], strict=True):
            filled += (fields.get(name, ""), literal)
        return "".join(filled)

    def missing(self, fields: Mapping[str, str]) -> tuple[str, ...]:
        """The fields that this recipient leaves empty."""
        return tuple(name for name in self.names if not fields.get(name, "").strip())


def compile_text(text: str, known_fields: frozenset[str]) -> Template:
    """The template that `text` is to recipients who have `known_fields` (and info1 to info4 always).

    Slots carry a field's name as `known_fields` writes it.
    """
    index = _index(known_fields)
    literals, slots, end = [], [], 0
    for start, name in _candidates(text):
        field = index.get(name) or index.get(_fold(name))
        if field and start >= end:
            literals.append(text[end:start])
            slots.append(field)
            end = start + len(name) + 2
    return Template((*literals, text[end:]), tuple(slots))


def fields_in(text: str) -> tuple[str, ...]:
    """The fields that a text seems to have, before anybody knows its recipients: `#word#`, and info1 to info4."""
    hashed = frozenset(found[1:-1] for found in _HASHED_NAME.findall(text))
    return compile_text(text, hashed).names


def unknown_fields(text: str, known_fields: frozenset[str]) -> tuple[str, ...]:
    """What looks like a field of `text` and is none, as written, with the field that was perhaps meant.

    As in `#nmae# (did you mean #name#?)`. `#word#` always looks like one, unless it is part of a chain of
    hashtags; `[words]` only when they are near the name of a field.
    """
    index = _index(known_fields)
    found = [
        meant
        for literal in compile_text(text, known_fields).literals
        for start, name in _candidates(literal)
        if (meant := _field_like(literal, start, start + len(name) + 2, index))
    ]
    return tuple(dict.fromkeys(found))


def _field_like(text: str, start: int, stop: int, index: dict[str, str]) -> str | None:
    written = text[start:stop]
    near = get_close_matches(_fold(written[1:-1]), index, n=1, cutoff=_LIKENESS)
    if near:
        return f"{written} (did you mean {written[0]}{index[near[0]]}{written[-1]}?)"
    if _HASHED_NAME.fullmatch(written) and not text[stop : stop + 1].isalnum():
        return written
    return None


def _candidates(text: str) -> Iterator[tuple[int, str]]:
    """Where something may be a field, and its name: overlapping, as one `#` may end or begin it."""
    for found in _OPENING.finditer(text):
        yield found.start(), found[1] or found[2]


def _index(known_fields: frozenset[str]) -> dict[str, str]:
    """Field by name, as it is written and in whatever case; the recipients' own win over the common ones."""
    known = sorted(known_fields)
    common = sorted(COMMON_FIELDS)
    return {_fold(name): name for name in (*common, *known)} | {name: name for name in known}


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
